import type { PoolView } from '../key-pool/pool-view.ts';
import type { ExchangeRecord } from '../model/exchange.ts';
import type { Wire } from '../model/provider.ts';
import type { Secret } from '../model/secret.ts';
import type { KeyPage, KeyQuery } from './key-page.ts';
import type {
  AddedKey,
  AdminTokenView,
  ClientView,
  KeyView,
  NoticeView,
  ProviderView,
  SettingsView,
  TrafficView,
  Validity,
} from './views.ts';

/**
 * Everything an operator can do. Surfaces (the admin API, Telegram, the command line) call this and nothing else.
 *
 * An act that changes something resolves once the change is durable and in force. It throws a `RotatoError`:
 * `invalid-input` with `fields`, `conflict` (somebody else was first), `managed-by-file`, or `not-found`; then nothing
 * has changed. Wherever a provider is named, its id or its name will do. `version`, where it is given, is the one of
 * the view that was edited.
 */
export interface Operator {
  readonly providers: ProviderActs;
  readonly keys: KeyActs;
  readonly clients: ClientActs;
  readonly settings: SettingsActs;
  readonly password: PasswordActs;
  readonly tokens: TokenActs;
  readonly sessions: SessionActs;
  readonly backup: BackupActs;
  presets(): readonly PresetView[];
  /** What the pool knows this instant, of each provider at most the first `most` groups and keys. Computed anew. */
  pool(most?: number): PoolView;
  /** The last `windowMs`, rounded to minutes, a day at most. */
  traffic(windowMs: number): TrafficView;
  /** Newest first. */
  notices(): readonly NoticeView[];
  /** Those that are over, newest first, as far as memory reaches. */
  exchanges(limit: number): readonly ExchangeRecord[];
  /** Throws `not-found` for one that is forgotten. */
  exchange(id: string): ExchangeRecord;
  /** A client key of our own, made at the start and known to nobody else; it is not a client that was created. */
  builtInClientKey(name: BuiltInClient): Secret;
  /** Calls `listener` for everything that happens, until the returned function is called. */
  watch(listener: (event: OperatorEvent) => void): () => void;
}

export type BuiltInClient = 'panel';

export type OperatorEvent =
  /** Something an operator can see of the settings has changed; `version` grows with each change. */
  | { readonly kind: 'settings'; readonly version: number }
  | { readonly kind: 'notice'; readonly notice: NoticeView }
  | { readonly kind: 'exchange'; readonly exchange: ExchangeRecord };

export interface PresetView {
  readonly name: string;
  readonly title: string;
  readonly wire: Wire;
  /** Null where each account has its own. */
  readonly baseUrl: string | null;
  readonly keyOptional: boolean;
  readonly hasFreeValidation: boolean;
  readonly proven: boolean;
  /** The vendor's page on limits. */
  readonly docs: string | null;
  /** Where the vendor hands out keys. */
  readonly keysPage: string | null;
}

export interface ProviderActs {
  /** In order, the file's first; those that can still be restored come last. */
  list(): readonly ProviderView[];
  get(idOrName: string): ProviderView;
  /** `{ name, preset?, wire?, baseUrl?, … }`, spelt as in the configuration file, without keys. */
  create(input: unknown): Promise<ProviderView>;
  /** A JSON merge patch (RFC 7396) of the settings: null takes one away, objects are merged. */
  change(idOrName: string, patch: unknown, version?: number): Promise<ProviderView>;
  /** What is known of its keys and limits stays. */
  rename(idOrName: string, name: unknown, version?: number): Promise<ProviderView>;
  setEnabled(idOrName: string, enabled: boolean, version?: number): Promise<ProviderView>;
  /** Out of service at once, with its keys; to be had back by `restore` for 60 s. */
  remove(idOrName: string, version?: number): Promise<ProviderView>;
  restore(id: string, version?: number): Promise<ProviderView>;
  /** Asks the provider. What goes wrong there is part of the answer. */
  models(idOrName: string): Promise<ModelsView>;
}

export interface ModelsView {
  readonly models: readonly string[];
  /** Why there are none: a sentence; null when the provider answered. */
  readonly error: string | null;
}

export interface KeyActs {
  /** In order of priority; those that can still be restored come last. */
  list(provider: string): readonly KeyView[];
  /** Of that list, what is asked for. Throws `bad-request` for a cursor that is none. */
  page(provider: string, query: KeyQuery): KeyPage;
  get(id: string): KeyView;
  /** `{ keys: [{ key, label?, group?, weight?, enabled?, limits?, baseUrl? }] }` or `{ text }`, pasted in any shape. */
  add(provider: string, input: unknown, options?: AddKeysOptions): Promise<readonly AddedKey[]>;
  /** A JSON merge patch of label, group, weight, limits, baseUrl. */
  change(id: string, patch: unknown, version?: number): Promise<KeyView>;
  /** To the place before the key `before`; to the end when it is null. */
  move(id: string, before: string | null): Promise<KeyView>;
  /** Asks the provider whether the key is genuine, at no cost, and remembers the answer. */
  validate(id: string): Promise<Validity>;
  /** One act on one key. */
  act(id: string, act: KeyAct, version?: number): Promise<KeyView>;
  /** One act on many keys; what cannot be done is told key by key, and the rest is done. */
  actOnAll(ids: readonly string[], act: KeyAct): Promise<BulkReport>;
}

/**
 * `drain` finishes what runs and takes nothing new; `clear` forgets why it rests; `part` says that it shares its quota
 * with nobody; `remove` and `restore` as for a provider.
 */
export type KeyAct = 'enable' | 'disable' | 'drain' | 'clear' | 'part' | 'remove' | 'restore';
export const KEY_ACTS: readonly KeyAct[] = ['enable', 'disable', 'drain', 'clear', 'part', 'remove', 'restore'];

export interface BulkReport {
  readonly done: readonly string[];
  readonly refused: readonly { readonly id: string; readonly reason: string }[];
}

export interface AddKeysOptions {
  /** Ask the provider before saving; the default where it has a free call. */
  readonly validate?: boolean;
  /** Save also those that the provider calls invalid. */
  readonly saveAnyway?: boolean;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

export interface ClientActs {
  list(): readonly ClientView[];
  /** `{ name, providers?, groups? }`; the secret is shown this once. The first client closes an open server. */
  create(input: unknown): Promise<{ readonly client: ClientView; readonly secret: Secret }>;
  /** A JSON merge patch of name, providers, groups. */
  change(id: string, patch: unknown, version?: number): Promise<ClientView>;
  /** At once, and for good. */
  revoke(id: string, version?: number): Promise<void>;
}

export interface SettingsActs {
  get(): SettingsView;
  /**
   * A JSON merge patch in the words of the configuration file: `{ access, cors, replyHeaders, listen: { hosts },
   * limits: { … } }`; null goes back to the default.
   */
  change(patch: unknown, version?: number): Promise<SettingsView>;
}

export interface PasswordActs {
  /** False also while none is set. Slow on purpose. */
  verify(text: string): Promise<boolean>;
  /** Ends every session. `conflict` where the environment decides, `invalid-input` where `current` is wrong. */
  change(current: string, next: string): Promise<void>;
  /** Makes and stores one where there is none yet, and returns it this once; else null. */
  generate(): Promise<Secret | null>;
}

export interface TokenActs {
  list(): readonly AdminTokenView[];
  create(name: unknown): Promise<{ readonly token: AdminTokenView; readonly secret: Secret }>;
  revoke(id: string): Promise<void>;
  /** Whose token a caller presents; null for nobody's. */
  find(secret: string): AdminTokenView | null;
}

export interface SessionActs {
  /** 256 random bits; only their digest is kept. */
  create(): Promise<{ readonly session: SessionView; readonly secret: Secret }>;
  /** Null for one that has ended. Being asked for keeps it from idling, unless that is done `quietly`. */
  find(secret: string, options?: { readonly quietly?: boolean }): SessionView | null;
  end(secret: string): Promise<void>;
  endAll(): Promise<void>;
}

export interface SessionView {
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface BackupActs {
  /** What the store holds, keys included, as `import` takes it. Ask for the password first. */
  export(): Promise<unknown>;
  /** All or nothing. With `dryRun` nothing is saved, and the report says what would be. */
  import(document: unknown, options?: { readonly dryRun?: boolean }): Promise<ImportReport>;
}

export interface ImportReport {
  readonly providersAdded: readonly string[];
  readonly providersChanged: readonly string[];
  readonly keysAdded: number;
  readonly keysKnown: number;
  readonly clientsAdded: readonly string[];
  readonly clientsKnown: readonly string[];
  /** Dotted names. */
  readonly settingsChanged: readonly string[];
  readonly notes: readonly string[];
}
