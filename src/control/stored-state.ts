import type {
  SettingsChange,
  StoredClient,
  StoredKey,
  StoredOverlay,
  StoredProvider,
  StoredSession,
  StoredSettings,
  StoredToken,
} from '../model/settings-store.ts';

/** What an operator did with something, whoever owns it. */
export interface Overlay {
  readonly enabled?: boolean;
  readonly draining?: boolean;
  readonly parted?: boolean;
}

/** All that the store holds, in memory and by id. Only `apply` changes it, and only after the store has committed. */
export class StoredState {
  readonly #providers: Map<string, StoredProvider>;
  readonly #keys: Map<string, StoredKey>;
  readonly #clients: Map<string, StoredClient>;
  readonly #tokens: Map<string, StoredToken>;
  readonly #sessions: Map<string, StoredSession>;
  readonly #values: Map<string, unknown>;
  readonly #overlays: Map<string, StoredOverlay>;
  /** In order; thrown away with every change of the provider's keys. */
  readonly #inOrder = new Map<string, readonly StoredKey[]>();
  readonly #ofProvider = new Map<string, Map<string, StoredKey>>();
  readonly #deletedKeys = new Map<string, StoredKey>();

  constructor(stored: StoredSettings) {
    this.#providers = new Map(stored.providers.map((row) => [row.id, row]));
    this.#keys = new Map();
    this.#clients = new Map(stored.clients.map((row) => [row.id, row]));
    this.#tokens = new Map(stored.tokens.map((row) => [row.id, row]));
    this.#sessions = new Map(stored.sessions.map((row) => [row.digest, row]));
    this.#values = new Map(stored.values);
    this.#overlays = new Map(stored.overlays.map((row) => [nameOfOverlay(row), row]));
    for (const row of stored.keys) this.#putKey(row);
  }

  get providers(): ReadonlyMap<string, StoredProvider> {
    return this.#providers;
  }

  get keys(): ReadonlyMap<string, StoredKey> {
    return this.#keys;
  }

  get clients(): ReadonlyMap<string, StoredClient> {
    return this.#clients;
  }

  get tokens(): ReadonlyMap<string, StoredToken> {
    return this.#tokens;
  }

  /** By digest. */
  get sessions(): ReadonlyMap<string, StoredSession> {
    return this.#sessions;
  }

  get values(): ReadonlyMap<string, unknown> {
    return this.#values;
  }

  /** By position, the deleted ones among them. */
  providersInOrder(): readonly StoredProvider[] {
    return [...this.#providers.values()].sort((a, b) => a.position - b.position);
  }

  /** By position, the deleted ones among them. The same list until one of them changes. */
  keysOf(providerId: string): readonly StoredKey[] {
    let keys = this.#inOrder.get(providerId);
    if (keys === undefined) {
      keys = [...(this.#ofProvider.get(providerId)?.values() ?? [])].sort((a, b) => a.position - b.position);
      this.#inOrder.set(providerId, keys);
    }
    return keys;
  }

  /** Of all providers. */
  deletedKeys(): readonly StoredKey[] {
    return [...this.#deletedKeys.values()];
  }

  overlay(kind: StoredOverlay['kind'], id: string): Overlay {
    return this.#overlays.get(nameOfOverlay({ kind, id }))?.value ?? NOTHING;
  }

  /** Of keys. */
  *keyOverlays(): Generator<{ readonly id: string; readonly value: Overlay }> {
    for (const { kind, id, value } of this.#overlays.values()) if (kind === 'key') yield { id, value };
  }

  /** In the order of the store's own rules: what is removed first, then what is put. */
  apply({ put = {}, remove = {} }: SettingsChange): void {
    for (const id of remove.providers ?? []) {
      this.#providers.delete(id);
      for (const key of this.keysOf(id)) this.#removeKey(key.id);
    }
    for (const id of remove.keys ?? []) this.#removeKey(id);
    for (const id of remove.clients ?? []) this.#clients.delete(id);
    for (const overlay of remove.overlays ?? []) this.#overlays.delete(nameOfOverlay(overlay));
    for (const id of remove.tokens ?? []) this.#tokens.delete(id);
    for (const digest of remove.sessions ?? []) this.#sessions.delete(digest);
    for (const name of remove.values ?? []) this.#values.delete(name);
    for (const row of put.providers ?? []) this.#providers.set(row.id, row);
    for (const row of put.keys ?? []) this.#putKey(row);
    for (const row of put.clients ?? []) this.#clients.set(row.id, row);
    for (const row of put.overlays ?? []) this.#overlays.set(nameOfOverlay(row), row);
    for (const row of put.tokens ?? []) this.#tokens.set(row.id, row);
    for (const row of put.sessions ?? []) this.#sessions.set(row.digest, row);
    for (const [name, value] of put.values ?? []) this.#values.set(name, value);
  }

  #putKey(row: StoredKey): void {
    this.#keys.set(row.id, row);
    if (row.deletedAt === null) this.#deletedKeys.delete(row.id);
    else this.#deletedKeys.set(row.id, row);
    this.#inOrder.delete(row.providerId);
    let keys = this.#ofProvider.get(row.providerId);
    if (keys === undefined) {
      keys = new Map();
      this.#ofProvider.set(row.providerId, keys);
    }
    keys.set(row.id, row);
  }

  #removeKey(id: string): void {
    const row = this.#keys.get(id);
    if (row === undefined) return;
    this.#keys.delete(id);
    this.#deletedKeys.delete(id);
    this.#inOrder.delete(row.providerId);
    this.#ofProvider.get(row.providerId)?.delete(id);
  }
}

const NOTHING: Overlay = {};

function nameOfOverlay({ kind, id }: Pick<StoredOverlay, 'kind' | 'id'>): string {
  return `${kind} ${id}`;
}

/** A store as it is at the first start. */
export const NOTHING_STORED: StoredSettings = {
  providers: [],
  keys: [],
  clients: [],
  overlays: [],
  tokens: [],
  sessions: [],
  values: new Map(),
};
