import type { Secret } from './secret.ts';

/**
 * Where what operators set at run time is kept. Control is its only writer and holds everything in memory; the store
 * makes it durable. It looks into none of what it keeps, so what is put has to be right already.
 */
export interface SettingsStore {
  /** Everything, in order of position where there is one, else of creation. Throws `bad-configuration` for damage. */
  load(): Promise<StoredSettings>;
  /**
   * One transaction, on disk when it resolves; commits take effect in the order they were asked for. What is removed
   * goes first, then what is put, each row replacing the one of the same id. Removing what is not there is no error;
   * with a provider go its keys; a key of a provider that is not there fails the commit.
   *
   * Rejects with `store-unavailable` when the disk refuses: then nothing of it was kept, and a later commit may
   * succeed. Only after the store says that it stopped answering may it have been kept nevertheless.
   */
  commit(change: SettingsChange): Promise<void>;
  /** Waits for what was asked for; later calls of the others reject. */
  close(): Promise<void>;
}

export interface StoredSettings {
  readonly providers: readonly StoredProvider[];
  readonly keys: readonly StoredKey[];
  readonly clients: readonly StoredClient[];
  readonly overlays: readonly StoredOverlay[];
  readonly tokens: readonly StoredToken[];
  readonly sessions: readonly StoredSession[];
  readonly values: ReadonlyMap<string, unknown>;
}

export interface SettingsChange {
  /** Whole rows. */
  readonly put?: Partial<StoredSettings>;
  readonly remove?: Partial<SettingsRemoval>;
}

/** By id, digest or name. */
export interface SettingsRemoval {
  readonly providers: readonly string[];
  readonly keys: readonly string[];
  readonly clients: readonly string[];
  readonly overlays: readonly Pick<StoredOverlay, 'kind' | 'id'>[];
  readonly tokens: readonly string[];
  readonly sessions: readonly string[];
  readonly values: readonly string[];
}

/** Plain JSON: what is `undefined` or not a number does not come back. */
export type StoredJson = Readonly<Record<string, unknown>>;

/** All instants are wall-clock milliseconds. */
export interface StoredProvider {
  /** A UUID: stable over renames. */
  readonly id: string;
  /** Not unique here: a deleted one may have the name of its successor. */
  readonly name: string;
  /** Any number, so that one row can move alone. */
  readonly position: number;
  /** Spelt as a provider of the configuration file, without name, keys and `enabled`. */
  readonly settings: StoredJson;
  readonly enabled: boolean;
  /** Grows with every edit. */
  readonly version: number;
  readonly createdAt: number;
  /** Null unless it is to be purged soon. */
  readonly deletedAt: number | null;
}

export interface StoredKey {
  /** A keyed hash of the provider's id and the secret. */
  readonly id: string;
  readonly providerId: string;
  readonly position: number;
  /** Sealed wherever it is kept. */
  readonly secret: Secret;
  /** Spelt as a key of the configuration file, without `key` and `enabled`: label, group, weight, limits, baseUrl. */
  readonly settings: StoredJson;
  readonly enabled: boolean;
  /** What the provider's free call said last; null when it was never asked. */
  readonly validity: StoredValidity | null;
  readonly version: number;
  readonly createdAt: number;
  readonly deletedAt: number | null;
}

export interface StoredValidity {
  readonly said: 'valid' | 'exhausted' | 'invalid' | 'unknown';
  readonly at: number;
}

export interface StoredClient {
  readonly id: string;
  readonly name: string;
  /** SHA-256 of the secret, hex. */
  readonly digest: string;
  /** The secret's last characters, to tell it from others. */
  readonly hint: string;
  /** Providers and groups it is limited to. */
  readonly settings: StoredJson;
  readonly version: number;
  readonly createdAt: number;
}

/** An operating act on something the store does not own, such as a disabled key of the configuration file. */
export interface StoredOverlay {
  readonly kind: 'provider' | 'key' | 'group';
  readonly id: string;
  readonly value: StoredJson;
}

/** A credential of the admin API. */
export interface StoredToken {
  readonly id: string;
  readonly name: string;
  readonly digest: string;
  readonly hint: string;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
}

/** A signed-in browser. */
export interface StoredSession {
  /** SHA-256 of the cookie's value and the password it was given for, hex. */
  readonly digest: string;
  readonly createdAt: number;
  readonly seenAt: number;
  readonly expiresAt: number;
}

/** The names of single values that more than one part of the program reads. */
export const ADMIN_PASSWORD_VALUE = 'admin-password';
