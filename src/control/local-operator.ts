import type { Clock } from '../clock.ts';
import { RotatoError } from '../errors.ts';
import type { KeyPool } from '../key-pool/key-pool.ts';
import type { PoolEvent } from '../key-pool/pool-events.ts';
import type { PoolView } from '../key-pool/pool-view.ts';
import type { Log } from '../log.ts';
import type { ExchangeRecord } from '../model/exchange.ts';
import type { Secret } from '../model/secret.ts';
import { RecentExchanges } from '../usage/recent-exchanges.ts';
import { RecentTraffic } from '../usage/recent-traffic.ts';
import { RecentUse } from '../usage/recent-use.ts';
import { AdminPassword } from './admin-password.ts';
import { AdminTokens } from './admin-tokens.ts';
import { Backup } from './backup.ts';
import { ClientKeys } from './client-keys.ts';
import { Notices } from './notices.ts';
import type { BuiltInClient, Operator, OperatorEvent, PresetView } from './operator.ts';
import { describeEvent, logMessage } from './operator-events.ts';
import { presetViews } from './preset-views.ts';
import type { Prober } from './prober.ts';
import { ProgramSettingsActs } from './program-settings-acts.ts';
import { Providers } from './providers.ts';
import { RecycleBin } from './recycle-bin.ts';
import { Sessions } from './sessions.ts';
import type { SettingsInForce } from './settings-in-force.ts';
import { UpstreamKeys } from './upstream-keys.ts';
import type { NoticeView, TrafficView } from './views.ts';

export interface LocalOperatorParts {
  readonly inForce: SettingsInForce;
  readonly identityKey: Buffer;
  readonly pool: KeyPool;
  readonly prober: Prober;
  readonly clock: Clock;
  readonly log: Log;
  /** Of the program. */
  readonly version: string;
  readonly builtInClients: ReadonlyMap<BuiltInClient, { readonly name: string; readonly secret: Secret }>;
  /** Whoever knows providers by name follows a rename. */
  readonly renamed: (from: string, to: string) => void;
}

/** The operator of this process: its acts, and what there is to see of it. */
export class LocalOperator implements Operator {
  readonly providers: Providers;
  readonly keys: UpstreamKeys;
  readonly clients: ClientKeys;
  readonly settings: ProgramSettingsActs;
  readonly password: AdminPassword;
  readonly tokens: AdminTokens;
  readonly sessions: Sessions;
  readonly backup: Backup;
  readonly #parts: LocalOperatorParts;
  readonly #bin: RecycleBin;
  readonly #listeners = new Set<(event: OperatorEvent) => void>();
  readonly #exchanges = new RecentExchanges();
  readonly #traffic: RecentTraffic;
  readonly #use = new RecentUse();
  readonly #notices: Notices;

  constructor(parts: LocalOperatorParts) {
    const { inForce, identityKey, pool, prober, clock, log, version, renamed } = parts;
    this.#parts = parts;
    this.#traffic = new RecentTraffic(clock);
    this.#notices = new Notices(clock, (notice) => this.#announce({ kind: 'notice', notice }));
    const use = this.#use;
    const forgotten = (error: unknown) => log.warn('When a sign-in was last used could not be kept', { err: error });
    this.providers = new Providers({ inForce, clock, prober, look: () => pool.look(), renamed });
    this.keys = new UpstreamKeys({ inForce, identityKey, clock, prober, pool, usageOf: (id) => use.ofKey(id) });
    const reservedNames = new Set(builtInNames(parts));
    this.clients = new ClientKeys({ inForce, clock, usageOf: (name) => use.ofClient(name), reservedNames });
    this.settings = new ProgramSettingsActs({ inForce, version });
    this.password = new AdminPassword(inForce);
    this.tokens = new AdminTokens(inForce, clock, forgotten);
    this.sessions = new Sessions(inForce, clock, forgotten);
    this.backup = new Backup({ inForce, identityKey, clock, reservedNames });
    this.#bin = new RecycleBin(inForce, clock, log);
    for (const text of inForce.settings.config.warnings) this.#notices.add({ level: 'warning', text, provider: null });
    inForce.onSwap(({ settings }, { version: settingsVersion }) => {
      const keys = settings.providers.flatMap((provider) => provider.keys.map(({ id }) => id));
      const clients = settings.clients.map(({ name }) => name);
      use.keepOnly(new Set(keys), new Set([...clients, ...builtInNames(parts)]));
      this.#announce({ kind: 'settings', version: settingsVersion });
    });
  }

  presets(): readonly PresetView[] {
    return presetViews();
  }

  pool(most?: number): PoolView {
    return this.#parts.pool.view(most);
  }

  traffic(windowMs: number): TrafficView {
    return this.#traffic.sums(windowMs);
  }

  notices(): readonly NoticeView[] {
    return this.#notices.list();
  }

  exchanges(limit: number): readonly ExchangeRecord[] {
    return this.#exchanges.list(limit);
  }

  exchange(id: string): ExchangeRecord {
    const found = this.#exchanges.find(id);
    if (found === null) throw new RotatoError('not-found', 'This request is not known, or was too long ago.');
    return found;
  }

  builtInClientKey(name: BuiltInClient): Secret {
    const client = this.#parts.builtInClients.get(name);
    if (client === undefined) throw new RotatoError('not-found', `There is no built-in client ${name}.`);
    return client.secret;
  }

  watch(listener: (event: OperatorEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** An exchange is over. */
  record(exchange: ExchangeRecord): void {
    this.#exchanges.add(exchange);
    this.#traffic.add(exchange);
    this.#use.add(exchange);
    if (this.#listeners.size > 0) this.#announce({ kind: 'exchange', exchange });
  }

  /** Something happened in the pool. */
  hear(event: PoolEvent): void {
    const message = describeEvent(event, this.#parts.inForce.snapshot);
    logMessage(this.#parts.log, message);
    const { level, text, provider, reason } = message;
    this.#notices.add({ level, text: reason === undefined ? text : `${text} (${reason})`, provider });
  }

  close(): void {
    this.#bin.close();
    this.#listeners.clear();
  }

  #announce(event: OperatorEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        // One subscriber's fault must not keep the others, or a request, from going on.
        this.#parts.log.error('Internal error', { err: error });
      }
    }
  }
}

function builtInNames({ builtInClients }: LocalOperatorParts): string[] {
  return [...builtInClients.values()].map(({ name }) => name);
}
