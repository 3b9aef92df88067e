import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from './clock.ts';
import type { Config } from './config/config.ts';
import { openIdentityKey } from './control/identity-key.ts';
import { type ProbeQuestion, probeKey } from './control/probe.ts';
import { buildSnapshot } from './control/snapshot.ts';
import { KeyPool } from './key-pool/key-pool.ts';
import { type Log, silentLog } from './log.ts';
import type { ExchangeRecord } from './model/exchange.ts';
import type { Provider } from './model/provider.ts';
import type { Snapshot } from './model/snapshot.ts';
import { adapterFor } from './providers/preset-adapter.ts';
import { presetFor } from './providers/presets.ts';
import { askUpstream } from './proxy/ask-upstream.ts';
import { ObjectHomes } from './proxy/object-homes.ts';
import { RequestProxy } from './proxy/proxy.ts';
import { joinTarget } from './proxy/route-request.ts';
import { breakOffConnections, createProxyServer } from './proxy/server.ts';
import { proxySettings, UpstreamClient } from './proxy/upstream-client.ts';
import { type Random, systemRandom } from './random.ts';

export interface RotatoOptions {
  readonly config: Config;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
  /** Called once for each request that reached the socket, when it is over. */
  readonly record?: (record: ExchangeRecord) => void;
  /** Where `HTTPS_PROXY` and its like are read from. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface Rotato {
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
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
  const identityKey = openIdentityKey(config.dataDir);
  let snapshot: Snapshot = buildSnapshot(config, 0, identityKey);
  let draining = false;
  const upstream = new UpstreamClient(clock, proxySettings(options.env ?? process.env));
  const validate = (keyId: string) => validateKey({ snapshot, upstream, clock }, keyId);
  const pool = new KeyPool({ clock, random, validate });
  pool.configure(snapshot.providers.values());
  const proxy = new RequestProxy({
    snapshot: () => snapshot,
    pool,
    upstream,
    homes: new ObjectHomes(),
    adapterOf,
    adapterOfWire: (wire) => adapterFor(presetFor(null, wire)),
    record,
    clock,
    random,
    log,
    draining: () => draining,
  });
  const handlers = {
    handle: proxy.handle.bind(proxy),
    handleUpgrade: proxy.handleUpgrade.bind(proxy),
    record,
    clock,
  };
  const servers = await listen(config, () => createProxyServer(handlers));
  const addresses = servers.map(addressOf);
  return {
    addresses,
    url: urlOf(addresses[0] as { host: string; port: number }),
    apply(next) {
      snapshot = buildSnapshot(next, snapshot.version, identityKey);
      pool.configure(snapshot.providers.values());
    },
    async close({ drainMs = config.limits.drainMs } = {}) {
      draining = true;
      await Promise.all(servers.map((server) => drain(server, drainMs, clock)));
      pool.close();
      await upstream.close();
    },
  };
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

/** All addresses share one port: with `port: 0`, the one the first was given. */
async function listen(config: Config, create: () => Server): Promise<Server[]> {
  const servers: Server[] = [];
  let { port } = config.listen;
  try {
    for (const host of config.listen.addresses) {
      const server = create();
      const optional = servers.length > 0 && host === '::1';
      if (!(await listenOn(server, host, port, optional))) continue;
      servers.push(server);
      port = addressOf(server).port;
    }
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
  return servers;
}

/** False for an optional address that this machine does not have. */
function listenOn(server: Server, host: string, port: number, optional: boolean): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const absent = error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT';
      if (optional && absent) resolve(false);
      else reject(error);
    });
    server.listen({ host, port }, () => {
      server.removeAllListeners('error');
      resolve(true);
    });
  });
}

function addressOf(server: Server): { host: string; port: number } {
  const { address, port } = server.address() as AddressInfo;
  return { host: address, port };
}

function urlOf({ host, port }: { host: string; port: number }): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function drain(server: Server, drainMs: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cut = clock.setTimer(drainMs, () => breakOffConnections(server));
    server.close(() => {
      cut.cancel();
      resolve();
    });
    server.closeIdleConnections();
  });
}
