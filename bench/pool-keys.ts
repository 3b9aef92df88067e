import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { startRotato } from '../src/app.ts';
import { systemClock } from '../src/clock.ts';
import type { Config } from '../src/config/config.ts';
import { loadConfig } from '../src/config/load.ts';
import { openIdentityKey } from '../src/control/identity-key.ts';
import { SettingsMerger } from '../src/control/settings-merger.ts';
import { buildSnapshot, PRESET_CATALOG } from '../src/control/snapshot.ts';
import { NOTHING_STORED, StoredState } from '../src/control/stored-state.ts';
import { KeyPool } from '../src/key-pool/key-pool.ts';
import type { Demand } from '../src/model/demand.ts';
import { seededRandom } from '../src/random.ts';
import { type SimulatedProvider, startSimulatedProvider } from '../src/simulator/simulated-provider.ts';
import { HttpCaller } from './pool-call.ts';

export const KEYS = 20_000;
const FEW_KEYS = 10;
const ROUNDS = 40_000;
const WARM_UP_ROUNDS = 4_000;
const REQUESTS = 1_000;
const WARM_UP_REQUESTS = 200;
const USAGE = { inputTokens: 10, outputTokens: 20, cachedInputTokens: null, reasoningTokens: null };

export interface KeysMeasured {
  readonly keys: number;
  /** Acquire, sent, settle: in the pool alone, in real microseconds. */
  readonly medianMicroseconds: number;
  /** One request after the other over HTTP, in real milliseconds, and the same with ten keys. */
  readonly httpMedianMs: number;
  readonly httpMedianOfFewMs: number;
}

/** Not a matter of limits: how long the choice among so many keys takes. In real time. */
export async function measureKeys(seed: number): Promise<KeysMeasured> {
  await using provider = await startSimulatedProvider({
    groups: Array.from({ length: KEYS }, (_, at) => ({ name: `org-${at}`, keys: [secretOf(at)] })),
    random: seededRandom(seed),
    requestLogSize: 0,
  });
  const folder = await mkdtemp(join(tmpdir(), 'rotato-bench-'));
  try {
    const many = await configOf(folder, provider, KEYS);
    const medianMicroseconds = await poolMedianMicroseconds(many, seed);
    const httpMedianMs = await httpMedian(many, seed);
    const httpMedianOfFewMs = await httpMedian(await configOf(folder, provider, FEW_KEYS), seed);
    return { keys: KEYS, medianMicroseconds, httpMedianMs, httpMedianOfFewMs };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function secretOf(at: number): string {
  return `sk-bench-${String(at).padStart(6, '0')}`;
}

async function configOf(folder: string, provider: SimulatedProvider, count: number): Promise<Config> {
  const keys = Array.from({ length: count }, (_, at) => ({ key: secretOf(at), limits: [{ model: '*', rpm: 500 }] }));
  const bench = { preset: 'openai', baseUrl: provider.baseUrls.openai, allowPrivateAddress: true, keys };
  const file = { listen: { host: '127.0.0.1', port: 0 }, providers: { bench } };
  await writeFile(join(folder, 'rotato.json'), JSON.stringify(file));
  return loadConfig({ flags: { data: join(folder, 'data') }, env: {}, cwd: folder, presets: PRESET_CATALOG });
}

async function poolMedianMicroseconds(config: Config, seed: number): Promise<number> {
  const merger = new SettingsMerger(openIdentityKey(config.dataDir), PRESET_CATALOG);
  const snapshot = buildSnapshot(merger.merge(config, new StoredState(NOTHING_STORED)), 0);
  const pool = new KeyPool({ clock: systemClock, random: seededRandom(seed) });
  pool.configure(snapshot.providers.values());
  const demand: Demand = {
    provider: 'bench',
    model: 'sim-large',
    tokens: { bodyBytes: 100, maxOutputTokens: 64 },
    client: 'all',
    groups: null,
    priority: 'interactive',
    deadline: Number.POSITIVE_INFINITY,
    affinity: null,
    homeGroup: null,
    tried: [],
    signal: new AbortController().signal,
  };
  const tookMs: number[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    const startedAt = performance.now();
    const lease = await pool.acquire(demand);
    if (lease.kind === 'refusal') throw new Error(`refused: ${lease.binding}`);
    lease.sent();
    lease.settle({ kind: 'served', usage: USAGE });
    if (round >= WARM_UP_ROUNDS) tookMs.push(performance.now() - startedAt);
  }
  pool.close();
  return median(tookMs) * 1_000;
}

async function httpMedian(config: Config, seed: number): Promise<number> {
  const rotato = await startRotato({ config, env: {}, random: seededRandom(seed) });
  const http = new HttpCaller('openai', systemClock);
  const tookMs: number[] = [];
  for (let nth = 0; nth < WARM_UP_REQUESTS + REQUESTS; nth++) {
    const startedAt = performance.now();
    const to = { baseUrl: `${rotato.url}/bench`, credential: 'any' };
    const { status } = await http.post(to, { client: 'all', promptTokens: 5, patient: true });
    if (status !== 200) throw new Error(`answered with ${status}`);
    if (nth >= WARM_UP_REQUESTS) tookMs.push(performance.now() - startedAt);
  }
  await http.close();
  await rotato.close({ drainMs: 0 });
  return median(tookMs);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return ((sorted[middle] ?? 0) + (sorted[sorted.length % 2 === 1 ? middle : middle - 1] ?? 0)) / 2;
}
