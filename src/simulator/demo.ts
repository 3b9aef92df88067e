import { type Clock, scaledClock } from '../clock.ts';
import { type Random, seededRandom } from '../random.ts';
import { type DemoRow, demoTable, duration } from './demo-table.ts';
import { leastTimeFor } from './optimum.ts';
import type { SimulatedGroup } from './provider-options.ts';
import { type SimulatedProvider, startSimulatedProvider } from './simulated-provider.ts';
import type { SimulatedLimit } from './windows.ts';

/** What the demo needs of a rotato; `providers` is that part of a configuration file, already parsed. */
export type StartRotato = (input: {
  readonly clock: Clock;
  readonly random: Random;
  readonly providers: Readonly<Record<string, unknown>>;
}) => Promise<{ readonly url: string; close(): Promise<void> }>;

export interface DemoOptions {
  readonly startRotato: StartRotato;
  /** Where the table goes; on a terminal, progress as well. */
  readonly out: { write(text: string): unknown; readonly isTTY?: boolean | undefined };
  readonly json: boolean;
  /** How long, in real time, a row may have to wait for its limits; the row's clock is sped up to fit. */
  readonly longestRowMs?: number;
}

export interface DemoReport {
  readonly requestsAMinutePerKey: number;
  readonly latencyMs: { readonly from: number; readonly to: number };
  readonly rows: readonly DemoRow[];
  /** Every request that went through rotato was answered, and no caller saw a 429. */
  readonly passed: boolean;
}

const REQUESTS = 100;
const KEY_COUNTS: readonly number[] = [1, 5, 10];
const RPM = 20;
const LIMIT: SimulatedLimit = { model: '*', rpm: RPM, window: 'refill' };
const AMPLE: SimulatedLimit = { model: '*', rpm: 100 * REQUESTS };
const LATENCY_MS = { from: 200, to: 400 };
/** One key needs four minutes for a hundred requests; nobody watches a demo that long. */
const LONGEST_ROW_MS = 14_000;
const SEED = 20_26;
const MODEL = 'sim-large';
const FIRST_KEY = 'sk-demo-1';

/** Needs no keys and no configuration: simulated provider and rotato run on this machine, on one clock. */
export async function runDemo(options: DemoOptions): Promise<DemoReport> {
  const { startRotato, out, json, longestRowMs = LONGEST_ROW_MS } = options;
  const stage: Stage = {
    startRotato,
    longestRowMs,
    progress: (text) => {
      if (!json && out.isTTY) out.write(`\r\u001b[K${text}`);
    },
  };
  if (!json) out.write(INTRODUCTION);
  await rehearse(stage);
  const rows = [await measureDirect(stage)];
  for (const count of KEY_COUNTS) rows.push(await measureRotato(stage, count));
  stage.progress('');
  const through = rows.filter(({ proxy }) => proxy);
  const passed = through.every((row) => row.completed === REQUESTS && row.rateLimitedAtCaller === 0);
  const report = { requestsAMinutePerKey: RPM, latencyMs: LATENCY_MS, rows, passed };
  out.write(json ? `${JSON.stringify(report, null, 2)}\n` : `${demoTable(rows)}\n${conclusion(report)}`);
  return report;
}

interface Stage {
  readonly startRotato: StartRotato;
  readonly longestRowMs: number;
  progress(text: string): void;
}

const INTRODUCTION = `${REQUESTS} requests at once, to a simulated provider whose keys allow ${RPM} requests a minute each.
Provider and rotato share one clock. Where the limit demands minutes, that clock runs faster than
yours, as the last column says; every time in the table is on that clock.

`;

function conclusion({ rows, passed }: DemoReport): string {
  const alone = rows.find(({ proxy }) => !proxy);
  const one = rows.find(({ proxy, keys }) => proxy && keys === 1);
  if (!passed || alone === undefined || one === undefined) {
    return 'Not every request through rotato was answered. That should not happen: please report it with this table.\n';
  }
  return `Without a proxy, ${alone.rateLimitedAtCaller} of ${alone.requests} calls failed. Through rotato none did: a call waits until a key has room,
with one key ${duration(one.totalMs)} for all of them where ${duration(one.optimumMs)} is the best possible, and more keys wait less.
"429 provoked" are refusals by the provider: rotato knows the limits and does not run into them.

Next: start "rotato", give it your own keys, and point your SDK's base URL at it.
To go on trying without keys: "rotato simulate".
`;
}

function groupsOf(count: number, limits: readonly SimulatedLimit[]): SimulatedGroup[] {
  return Array.from({ length: count }, (_, at) => ({ name: `org-${at + 1}`, keys: [`sk-demo-${at + 1}`], limits }));
}

/** As a configuration file has it. The patience is long enough for the last of a hundred requests to one key. */
function configurationOf(provider: SimulatedProvider): Record<string, unknown> {
  const { groups, baseUrls } = provider;
  return {
    openai: {
      preset: 'openai',
      baseUrl: baseUrls.openai,
      allowPrivateAddress: true,
      maxWait: '10m',
      groups: Object.fromEntries(groups.map(({ name, limits }) => [name, { limits }])),
      keys: groups.flatMap(({ name, keys }) => keys.map((key) => ({ key, label: name, group: name }))),
    },
  };
}

/** The provider of one row, the clock it shares with rotato, and what its limits allow at best. */
interface Scene {
  readonly provider: SimulatedProvider;
  readonly clock: Clock;
  readonly speed: number;
  readonly optimumMs: number;
}

async function openScene(groups: readonly SimulatedGroup[], longestRowMs: number): Promise<Scene> {
  // No answer comes sooner than the shortest latency, whatever the draw.
  const call = { model: MODEL, inputTokens: 0, outputTokens: 0, latencyMs: LATENCY_MS.from };
  const optimumMs = leastTimeFor(
    REQUESTS,
    groups.map(({ limits = [] }) => ({ limits })),
    call,
  );
  const speed = Math.max(1, Math.ceil(optimumMs / longestRowMs));
  const clock = scaledClock(speed);
  const latency = { kind: 'uniform', ...LATENCY_MS } as const;
  const provider = await startSimulatedProvider({ groups, clock, random: seededRandom(SEED), latency });
  return { provider, clock, speed, optimumMs };
}

/** One round that is not measured: the first use of any code is slower, and none of the rows should pay for it. */
async function rehearse(stage: Stage): Promise<void> {
  const scene = await openScene(groupsOf(1, [AMPLE]), stage.longestRowMs);
  await using provider = scene.provider;
  await throughRotato(stage, scene, 'warming up');
  await send(stage, scene, { url: provider.baseUrls.openai, key: FIRST_KEY, name: 'warming up' });
}

async function measureDirect(stage: Stage): Promise<DemoRow> {
  const name = '1 key, no proxy';
  // Nobody waits in this row, so there is nothing to speed up.
  const scene = await openScene(groupsOf(1, [LIMIT]), Number.POSITIVE_INFINITY);
  await using provider = scene.provider;
  const sent = await send(stage, scene, { url: provider.baseUrls.openai, key: FIRST_KEY, name });
  return rowOf(scene, { name, proxy: false }, sent);
}

async function measureRotato(stage: Stage, count: number): Promise<DemoRow> {
  const name = `${count} ${count === 1 ? 'key' : 'keys'}, rotato`;
  const scene = await openScene(groupsOf(count, [LIMIT]), stage.longestRowMs);
  await using _ = scene.provider;
  return rowOf(scene, { name, proxy: true }, await throughRotato(stage, scene, name));
}

async function throughRotato(stage: Stage, scene: Scene, name: string): Promise<Sent> {
  const { clock, provider } = scene;
  const rotato = await stage.startRotato({ clock, random: seededRandom(SEED), providers: configurationOf(provider) });
  try {
    return await send(stage, scene, { url: `${rotato.url}/openai`, key: 'any', name });
  } finally {
    await rotato.close();
  }
}

interface Sent {
  readonly statuses: readonly (number | null)[];
  readonly latenciesMs: readonly number[];
  readonly totalMs: number;
}

interface Errand {
  /** What an OpenAI SDK would take as its base URL. */
  readonly url: string;
  readonly key: string;
  readonly name: string;
}

/** All requests at once, each over real HTTP, none of them tried twice. */
async function send({ progress }: Stage, { clock }: Scene, { url, key, name }: Errand): Promise<Sent> {
  const startedAt = clock.now();
  const latenciesMs: number[] = [];
  const statuses = await Promise.all(
    Array.from({ length: REQUESTS }, async (_, at) => {
      const status = await ask(url, key, `question ${at + 1}`);
      if (status === 200) latenciesMs.push(clock.now() - startedAt);
      progress(`${name}: ${latenciesMs.length} of ${REQUESTS} answered after ${duration(clock.now() - startedAt)}`);
      return status;
    }),
  );
  return { statuses, latenciesMs, totalMs: clock.now() - startedAt };
}

/** The status of a whole answer; null when none came. */
async function ask(url: string, key: string, content: string): Promise<number | null> {
  try {
    const answer = await fetch(`${url}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: MODEL, messages: [{ role: 'user', content }] }),
    });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    // A broken connection is a result like any other: the table counts it as failed.
    return null;
  }
}

function rowOf(scene: Scene, { name, proxy }: { name: string; proxy: boolean }, sent: Sent): DemoRow {
  const { statuses, latenciesMs, totalMs } = sent;
  const { provider, speed, optimumMs } = scene;
  const completed = latenciesMs.length;
  const rateLimitedAtCaller = statuses.filter((status) => status === 429).length;
  return {
    name,
    keys: provider.groups.length,
    proxy,
    requests: statuses.length,
    completed,
    rateLimitedAtCaller,
    rateLimitedUpstream: provider.counters.rateLimited,
    failed: statuses.length - completed - rateLimitedAtCaller,
    averageLatencyMs: completed === 0 ? null : latenciesMs.reduce((sum, ms) => sum + ms, 0) / completed,
    totalMs,
    optimumMs,
    speed,
  };
}
