import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { createAdmin } from './admin/admin.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Config } from './config/config.ts';
import { openIdentityKey } from './control/identity-key.ts';
import { LocalOperator } from './control/local-operator.ts';
import { MemoryKeeper } from './control/memory-keeper.ts';
import type { BuiltInClient, Operator } from './control/operator.ts';
import { PoolSync } from './control/pool-sync.ts';
import type { ProbeQuestion } from './control/probe.ts';
import { Prober } from './control/prober.ts';
import { digestOf, newSecret } from './control/secrets.ts';
import { SettingsInForce } from './control/settings-in-force.ts';
import { SettingsMerger } from './control/settings-merger.ts';
import { PRESET_CATALOG } from './control/snapshot.ts';
import { KeyPool } from './key-pool/key-pool.ts';
import { type Log, silentLog } from './log.ts';
import type { ExchangeRecord } from './model/exchange.ts';
import type { Provider, Wire } from './model/provider.ts';
import type { RequestLog } from './model/request-log.ts';
import type { Secret } from './model/secret.ts';
import { adapterFor } from './providers/preset-adapter.ts';
import { presetFor } from './providers/presets.ts';
import { askUpstream } from './proxy/ask-upstream.ts';
import { CALLER_TIMEOUTS, type CallerTimeouts } from './proxy/caller-timeouts.ts';
import { type Address, addressOf, drain, listen, urlOf } from './proxy/listen.ts';
import { ObjectHomes } from './proxy/object-homes.ts';
import { RequestProxy } from './proxy/proxy.ts';
import { joinTarget } from './proxy/route-request.ts';
import { createProxyServer, type ServerHandlers } from './proxy/server.ts';
import { proxySettings, UpstreamClient } from './proxy/upstream-client.ts';
import { type Random, systemRandom } from './random.ts';
import { DataDirLock } from './store/data-dir-lock.ts';
import { MemoryFile } from './store/memory-file.ts';
import { openSettingsStore } from './store/sqlite-settings-store.ts';
import type { LogSettings } from './usage/log-messages.ts';
import { Recorder } from './usage/recorder.ts';
import { WorkerRequestLog } from './usage/worker-request-log.ts';

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
  /** Of the program, as operators are shown it. */
  readonly version?: string;
  /** Where the built panel lies; by default where the build puts it. */
  readonly panelFolder?: string;
  /** Told every credential there is, at once and whenever that changes, so that none is ever logged. */
  readonly protect?: (secrets: readonly Secret[]) => void;
}

export interface Rotato {
  readonly addresses: readonly Address[];
  /** Of the first address. */
  readonly url: string;
  readonly operator: Operator;
  /** Null where the configuration switches it off. */
  readonly requestLog: OpenRequestLog | null;
  /** Puts a new configuration in force; what runs finishes with what it began with. `listen` is not looked at. */
  apply(config: Config): void;
  /** Takes no new request, lets those that run finish for at most `drainMs`, then breaks them off visibly. */
  close(options?: { drainMs?: number }): Promise<void>;
}

/**
 * Wires everything together and listens. Throws when an address cannot be had, and `bad-configuration` when the data
 * directory cannot be used; then nothing is left open.
 */
export async function startRotato(options: RotatoOptions): Promise<Rotato> {
  await using opened = new AsyncDisposableStack();
  const { config, clock = systemClock } = options;
  const settings = await openSettings(config, opened);
  const { inForce } = settings;
  const leaving = new AbortController();
  const handlers = assemble(options, settings, { opened, leaving: leaving.signal });
  const servers = await listen(config.listen.addresses, config.listen.port, () => createProxyServer(handlers));
  const addresses = servers.map(addressOf);
  const url = urlOf(addresses[0] as Address);
  settings.lock.describe(url);
  const rest = opened.move();
  return {
    addresses,
    url,
    operator: handlers.operator,
    requestLog: handlers.requestLog,
    apply: (next) => inForce.replaceFile(next),
    async close({ drainMs = inForce.settings.config.limits.drainMs } = {}) {
      leaving.abort();
      handlers.admin.close();
      await Promise.all(servers.map((server) => drain(server, drainMs, clock)));
      await rest.disposeAsync();
    },
  };
}

/** Everything between the settings and the sockets. What has to be closed goes on the stack. */
function assemble(
  options: RotatoOptions,
  settings: Settings,
  { opened, leaving }: { readonly opened: AsyncDisposableStack; readonly leaving: AbortSignal },
) {
  const { config, clock = systemClock, random = systemRandom, log = silentLog, version = '' } = options;
  const { inForce } = settings;
  const upstream = new UpstreamClient(clock, proxySettings(options.env ?? process.env));
  opened.defer(() => upstream.close());
  const prober = new Prober({ clock, adapterOf, ask: (question) => askProvider(upstream, question) });
  const pool = new KeyPool({
    clock,
    random,
    validate: (keyId) => prober.isGenuine(inForce.snapshot, keyId),
    onEvent: (event) => operator.hear(event),
  });
  opened.defer(() => pool.close());
  const homes = new ObjectHomes();
  const renamed = (from: string, to: string) => {
    pool.rename(from, to);
    homes.rename(from, to);
  };
  const operator = new LocalOperator({ ...settings, pool, prober, clock, log, version, renamed });
  opened.defer(() => operator.close());
  const memory = recall({ pool, homes, clock, log }, join(config.dataDir, 'pool-memory.json'), settings);
  opened.defer(() => memory.close());
  if (options.protect !== undefined) protectSecrets(settings, options.protect);
  const requestLog = openRequestLog(settings, log, opened);
  const record = (exchange: ExchangeRecord) => {
    memory.touch();
    operator.record(exchange);
    requestLog?.recorder.record(exchange);
    options.record?.(exchange);
  };
  const timeouts = options.callerTimeouts ?? CALLER_TIMEOUTS;
  const snapshot = () => inForce.snapshot;
  const adapterOfWire = (wire: Wire) => adapterFor(presetFor(null, wire));
  const relaying = { snapshot, pool, upstream, homes, adapterOf, adapterOfWire, record, clock, random, log };
  const proxy = new RequestProxy({ ...relaying, leaving, timeouts });
  const { panelFolder } = options;
  const admin = createAdmin({
    operator,
    snapshot,
    clock,
    log,
    version,
    ...(panelFolder !== undefined && { panelFolder }),
  });
  const handle: ServerHandlers['handle'] = (request, reply, continueFirst = false) => {
    if (!admin.serves(request.url ?? '')) return proxy.handle(request, reply, continueFirst);
    if (continueFirst) reply.writeContinue();
    admin.handle(request, reply);
  };
  const handleUpgrade = proxy.handleUpgrade.bind(proxy);
  return { operator, admin, requestLog, handle, handleUpgrade, record, clock, timeouts };
}

interface Settings {
  readonly lock: DataDirLock;
  readonly identityKey: Buffer;
  readonly inForce: SettingsInForce;
  readonly builtInClients: ReadonlyMap<BuiltInClient, { readonly name: string; readonly secret: Secret }>;
}

/** What is kept in the data directory, which from now on is this process's alone. */
async function openSettings(config: Config, opened: AsyncDisposableStack): Promise<Settings> {
  const { dataDir, masterKey, masterKeyFile } = config;
  const lock = DataDirLock.take(dataDir);
  opened.defer(() => lock.release());
  const identityKey = openIdentityKey(dataDir);
  const store = await openSettingsStore({ dataDir, masterKey, masterKeyFile });
  opened.defer(() => store.close());
  const builtInClients = new Map([['panel', { name: 'rotato panel', secret: newSecret('panel') }]] as const);
  const ownClients = [...builtInClients.values()].map(({ name, secret }) => ({
    name,
    digest: digestOf(secret.reveal()),
    providers: null,
    groups: null,
  }));
  const merger = new SettingsMerger(identityKey, PRESET_CATALOG);
  const inForce = await SettingsInForce.open({ store, merger, config, ownClients });
  opened.defer(() => inForce.close());
  return { lock, identityKey, inForce, builtInClients };
}

export interface OpenRequestLog {
  readonly recorder: Recorder;
  /** What the recorder has written. */
  readonly reader: RequestLog;
}

/**
 * Keeps the story of every request in the data directory. Disks know only real time, whatever clock the rest goes by.
 */
function openRequestLog({ inForce }: Settings, log: Log, opened: AsyncDisposableStack): OpenRequestLog | null {
  const { config } = inForce.settings;
  if (!config.log.enabled) return null;
  let settings = logSettings(inForce);
  const recorder = new Recorder({ settings, clock: systemClock, log });
  opened.defer(() => recorder.close());
  const reader = new WorkerRequestLog(config.dataDir);
  opened.defer(() => reader.close());
  inForce.onSwap(() => {
    const next = logSettings(inForce);
    if (isDeepStrictEqual(next, settings)) return;
    settings = next;
    recorder.apply(next);
  });
  return { recorder, reader };
}

function logSettings({ settings: { config }, snapshot }: SettingsInForce): LogSettings {
  const { dataDir, log, prices } = config;
  const homes = [...snapshot.providers.values()].map((provider) => {
    const { baseUrl } = presetOf(provider);
    return [provider.name, baseUrl ?? `${provider.baseUrl.origin}${provider.baseUrl.path}`];
  });
  return {
    folder: dataDir,
    keptMs: log.keptMs,
    maxBytes: log.maxBytes,
    maxLineBytes: log.lines ? log.maxLineBytes : null,
    prices: { own: prices, apiUrls: Object.fromEntries(homes) },
  };
}

/** Tells of every credential in force, now and whenever there are others. */
function protectSecrets({ inForce, builtInClients }: Settings, protect: (secrets: readonly Secret[]) => void): void {
  let known: readonly Secret[] = [];
  const own = [...builtInClients.values()].map(({ secret }) => secret);
  const look = () => {
    const { config, providers } = inForce.settings;
    const written = [
      ...config.clients.map(({ key }) => key),
      config.telegram?.token,
      config.adminPassword,
      config.masterKey,
    ];
    const keys = providers.flatMap((provider) => provider.keys.map(({ secret }) => secret));
    const secrets = [...own, ...written, ...keys].filter((secret) => secret !== null && secret !== undefined);
    if (secrets.length === known.length && secrets.every((secret, at) => secret === known[at])) return;
    known = secrets;
    protect(secrets);
  };
  look();
  inForce.onSwap(look);
}

interface Learned {
  readonly pool: KeyPool;
  readonly homes: ObjectHomes;
  readonly clock: Clock;
  readonly log: Log;
}

/** Sets the pool up, puts back what an earlier run learned, and keeps what this one does. */
function recall({ pool, homes, clock, log }: Learned, path: string, { inForce }: Settings): MemoryKeeper {
  const file = new MemoryFile(path);
  const sync = new PoolSync(pool);
  const stored = file.load((text) => log.warn(text));
  pool.configure(inForce.snapshot.providers.values());
  if (isRecord(stored)) {
    for (const warning of pool.restore(stored.pool)) log.warn(warning);
    homes.restore(stored.homes);
  }
  // What operators did comes after what was learned: a key they parted from a group stays parted.
  sync.apply(inForce.snapshot, inForce.stored);
  const keeper = new MemoryKeeper({
    file,
    clock,
    log,
    collect: () => ({ pool: pool.remember(), homes: homes.list() }),
  });
  inForce.onSwap((current, snapshot) => {
    sync.apply(snapshot, current.stored);
    keeper.touch();
  });
  return keeper;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function adapterOf(provider: Provider) {
  return adapterFor(presetOf(provider));
}

function presetOf({ preset, wire }: Provider) {
  return presetFor(preset === 'custom' ? null : preset, wire);
}

/** Sends a question of our own by the way that callers' requests go. */
function askProvider(upstream: UpstreamClient, question: ProbeQuestion) {
  const { provider, key, method, path, headers, mostBytes } = question;
  const url = key.baseUrl ?? provider.baseUrl;
  const target = joinTarget(url.path, path, adapterOf(provider).besideVersion);
  return askUpstream(upstream, { provider, url, method, target, headers, ...NOBODY_WAITS }, mostBytes);
}

const NOBODY_WAITS = { body: null, signal: new AbortController().signal, onSent: () => {} };
