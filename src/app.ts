import { join } from 'node:path';
import { type Clock, systemClock } from './clock.ts';
import type { Config } from './config/config.ts';
import { openIdentityKey } from './control/identity-key.ts';
import { MemoryKeeper } from './control/memory-keeper.ts';
import { tellOperator } from './control/operator-events.ts';
import { type ProbeQuestion, probeKey } from './control/probe.ts';
import { buildSnapshot } from './control/snapshot.ts';
import { KeyPool } from './key-pool/key-pool.ts';
import type { PoolEvent } from './key-pool/pool-events.ts';
import { type Log, silentLog } from './log.ts';
import type { ExchangeRecord } from './model/exchange.ts';
import type { Provider } from './model/provider.ts';
import type { Snapshot } from './model/snapshot.ts';
import { adapterFor } from './providers/preset-adapter.ts';
import { presetFor } from './providers/presets.ts';
import { askUpstream } from './proxy/ask-upstream.ts';
import { CALLER_TIMEOUTS, type CallerTimeouts } from './proxy/caller-timeouts.ts';
import { type Address, addressOf, drain, listen, urlOf } from './proxy/listen.ts';
import { ObjectHomes } from './proxy/object-homes.ts';
import { RequestProxy } from './proxy/proxy.ts';
import { joinTarget } from './proxy/route-request.ts';
import { createProxyServer } from './proxy/server.ts';
import { proxySettings, UpstreamClient } from './proxy/upstream-client.ts';
import { type Random, systemRandom } from './random.ts';
import { MemoryFile } from './store/memory-file.ts';

export interface RotatoOptions {
  readonly config: Config;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
  /** Called once for each request that reached the socket, when it is over. */
  readonly record?: (record: ExchangeRecord) => void;
  /** How long callers may keep silent; tests are less patient. */
  readonly callerTimeouts?: CallerTimeouts;
  /** Where `HTTPS_PROXY` and its like are read from. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface Rotato {
  readonly addresses: readonly Address[];
  /** Of the first address. */
  readonly url: string;
  /** Puts a new configuration in force; what runs finishes with what it began with. `listen` is not looked at. */
  apply(config: Config): void;
  /** Takes no new request, lets those that run finish for at most `drainMs`, then breaks them off visibly. */
  close(options?: { drainMs?: number }): Promise<void>;
}

/** Wires everything together and listens. Throws when an address cannot be had. */
export async function startRotato(options: RotatoOptions): Promise<Rotato> {
  const { config, clock = systemClock, random = systemRandom, log = silentLog, record = () => {} } = options;
  const timeouts = options.callerTimeouts ?? CALLER_TIMEOUTS;
  const identityKey = openIdentityKey(config.dataDir);
  let snapshot: Snapshot = buildSnapshot(config, 0, identityKey);
  const leaving = new AbortController();
  const upstream = new UpstreamClient(clock, proxySettings(options.env ?? process.env));
  const validate = (keyId: string) => validateKey({ snapshot, upstream, clock }, keyId);
  const onEvent = (event: PoolEvent) => tellOperator(log, event, snapshot);
  const pool = new KeyPool({ clock, random, validate, onEvent });
  pool.configure(snapshot.providers.values());
  const homes = new ObjectHomes();
  const memory = recall({ pool, homes, clock, log }, join(config.dataDir, 'pool-memory.json'));
  const recordExchange = (exchange: ExchangeRecord) => {
    memory.touch();
    record(exchange);
  };
  const proxy = new RequestProxy({
    snapshot: () => snapshot,
    pool,
    upstream,
    homes,
    adapterOf,
    adapterOfWire: (wire) => adapterFor(presetFor(null, wire)),
    record: recordExchange,
    clock,
    random,
    log,
    leaving: leaving.signal,
    timeouts,
  });
  const handlers = {
    handle: proxy.handle.bind(proxy),
    handleUpgrade: proxy.handleUpgrade.bind(proxy),
    record: recordExchange,
    clock,
    timeouts,
  };
  const servers = await listen(config.listen.addresses, config.listen.port, () => createProxyServer(handlers));
  const addresses = servers.map(addressOf);
  return {
    addresses,
    url: urlOf(addresses[0] as Address),
    apply(next) {
      snapshot = buildSnapshot(next, snapshot.version, identityKey);
      pool.configure(snapshot.providers.values());
    },
    async close({ drainMs = config.limits.drainMs } = {}) {
      leaving.abort();
      await Promise.all(servers.map((server) => drain(server, drainMs, clock)));
      pool.close();
      await upstream.close();
      await memory.close();
    },
  };
}

interface Learned {
  readonly pool: KeyPool;
  readonly homes: ObjectHomes;
  readonly clock: Clock;
  readonly log: Log;
}

/** Puts back what an earlier run learned, and keeps what this one does. */
function recall({ pool, homes, clock, log }: Learned, path: string): MemoryKeeper {
  const file = new MemoryFile(path);
  const stored = file.load((text) => log.warn(text));
  if (isRecord(stored)) {
    for (const warning of pool.restore(stored.pool)) log.warn(warning);
    homes.restore(stored.homes);
  }
  return new MemoryKeeper({ file, clock, log, collect: () => ({ pool: pool.remember(), homes: homes.list() }) });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function adapterOf(provider: Provider) {
  return adapterFor(presetFor(provider.preset === 'custom' ? null : provider.preset, provider.wire));
}

/** For the pool: whether a key that was refused is genuine, or null when the provider's free call did not tell. */
async function validateKey(
  { snapshot, upstream, clock }: { snapshot: Snapshot; upstream: UpstreamClient; clock: Clock },
  keyId: string,
): Promise<boolean | null> {
  for (const provider of snapshot.providers.values()) {
    const key = provider.keys.find(({ id }) => id === keyId);
    if (key === undefined) continue;
    const ask = ({ method, path, headers }: ProbeQuestion) => {
      const url = key.baseUrl ?? provider.baseUrl;
      const target = joinTarget(url.path, path);
      return askUpstream(upstream, { provider, url, method, target, headers, ...NOBODY_WAITS });
    };
    const validity = await probeKey({ clock, adapterOf, ask }, provider, key);
    return validity === 'unknown' ? null : validity !== 'invalid';
  }
  return null;
}

const NOBODY_WAITS = { body: null, signal: new AbortController().signal, onSent: () => {} };
