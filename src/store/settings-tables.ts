import { Secret } from '../model/secret.ts';
import type {
  StoredClient,
  StoredKey,
  StoredOverlay,
  StoredProvider,
  StoredSession,
  StoredToken,
} from '../model/settings-store.ts';
import type { Seal } from './seal.ts';

/** How one kind of thing lies in its table. Written for any SQL database; columns are those of the migrations. */
export interface SettingsTable<Stored, Id, Row extends Record<string, ColumnValue>> {
  readonly name: string;
  readonly identity: readonly (keyof Row & string)[];
  /** Of what `load` gives back. */
  readonly order: readonly (keyof Row & string)[];
  /** In the order of `identity`. */
  identify(id: Id): readonly string[];
  toRow(stored: Stored, seal: Seal): Row;
  /** Throws when the row is damaged. */
  fromRow(row: Row, seal: Seal): Stored;
}

export type ColumnValue = string | number | null | Uint8Array;

/** A type and not an interface: only those may stand for a record. */
type ProviderRow = {
  id: string;
  name: string;
  position: number;
  settings: string;
  enabled: number;
  version: number;
  created_at: number;
  deleted_at: number | null;
};

export const PROVIDERS: SettingsTable<StoredProvider, string, ProviderRow> = {
  name: 'providers',
  identity: ['id'],
  order: ['position', 'created_at', 'id'],
  identify: (id) => [id],
  toRow: (provider) => ({
    id: provider.id,
    name: provider.name,
    position: provider.position,
    settings: JSON.stringify(provider.settings),
    enabled: provider.enabled ? 1 : 0,
    version: provider.version,
    created_at: provider.createdAt,
    deleted_at: provider.deletedAt,
  }),
  fromRow: ({ settings, enabled, created_at, deleted_at, ...same }) => ({
    ...same,
    settings: JSON.parse(settings),
    enabled: enabled === 1,
    createdAt: created_at,
    deletedAt: deleted_at,
  }),
};

type KeyRow = {
  id: string;
  provider_id: string;
  position: number;
  sealed_secret: Uint8Array;
  settings: string;
  enabled: number;
  validity: string | null;
  version: number;
  created_at: number;
  deleted_at: number | null;
};

export const KEYS: SettingsTable<StoredKey, string, KeyRow> = {
  name: 'keys',
  identity: ['id'],
  order: ['position', 'created_at', 'id'],
  identify: (id) => [id],
  toRow: (key, seal) => ({
    id: key.id,
    provider_id: key.providerId,
    position: key.position,
    sealed_secret: sealKey(key.secret, key.id, seal),
    settings: JSON.stringify(key.settings),
    enabled: key.enabled ? 1 : 0,
    validity: key.validity === null ? null : JSON.stringify(key.validity),
    version: key.version,
    created_at: key.createdAt,
    deleted_at: key.deletedAt,
  }),
  fromRow: ({ provider_id, sealed_secret, settings, enabled, validity, created_at, deleted_at, ...same }, seal) => ({
    ...same,
    providerId: provider_id,
    secret: unsealKey(sealed_secret, same.id, seal),
    settings: JSON.parse(settings),
    enabled: enabled === 1,
    validity: validity === null ? null : JSON.parse(validity),
    createdAt: created_at,
    deletedAt: deleted_at,
  }),
};

/** Bound to the key's own row. */
export function sealKey(secret: Secret, id: string, seal: Seal): Uint8Array {
  return seal.seal(secret.reveal(), `keys/${id}`);
}

export function unsealKey(sealed: Uint8Array, id: string, seal: Seal): Secret {
  const secret = seal.unseal(sealed, `keys/${id}`);
  if (secret === null) throw new Error(`the secret of key ${id} does not open`);
  return new Secret(secret);
}

type ClientRow = {
  id: string;
  name: string;
  digest: string;
  hint: string;
  settings: string;
  version: number;
  created_at: number;
};

export const CLIENTS: SettingsTable<StoredClient, string, ClientRow> = {
  name: 'clients',
  identity: ['id'],
  order: ['created_at', 'id'],
  identify: (id) => [id],
  toRow: (client) => ({
    id: client.id,
    name: client.name,
    digest: client.digest,
    hint: client.hint,
    settings: JSON.stringify(client.settings),
    version: client.version,
    created_at: client.createdAt,
  }),
  fromRow: ({ settings, created_at, ...same }) => ({ ...same, settings: JSON.parse(settings), createdAt: created_at }),
};

type OverlayRow = { kind: StoredOverlay['kind']; id: string; value: string };

export const OVERLAYS: SettingsTable<StoredOverlay, Pick<StoredOverlay, 'kind' | 'id'>, OverlayRow> = {
  name: 'overlays',
  identity: ['kind', 'id'],
  order: ['kind', 'id'],
  identify: ({ kind, id }) => [kind, id],
  toRow: ({ kind, id, value }) => ({ kind, id, value: JSON.stringify(value) }),
  fromRow: ({ value, ...same }) => ({ ...same, value: JSON.parse(value) }),
};

type TokenRow = {
  id: string;
  name: string;
  digest: string;
  hint: string;
  created_at: number;
  last_used_at: number | null;
};

export const TOKENS: SettingsTable<StoredToken, string, TokenRow> = {
  name: 'tokens',
  identity: ['id'],
  order: ['created_at', 'id'],
  identify: (id) => [id],
  toRow: (token) => ({
    id: token.id,
    name: token.name,
    digest: token.digest,
    hint: token.hint,
    created_at: token.createdAt,
    last_used_at: token.lastUsedAt,
  }),
  fromRow: ({ created_at, last_used_at, ...same }) => ({ ...same, createdAt: created_at, lastUsedAt: last_used_at }),
};

type SessionRow = { digest: string; created_at: number; seen_at: number; expires_at: number };

export const SESSIONS: SettingsTable<StoredSession, string, SessionRow> = {
  name: 'sessions',
  identity: ['digest'],
  order: ['created_at', 'digest'],
  identify: (digest) => [digest],
  toRow: ({ digest, createdAt, seenAt, expiresAt }) => ({
    digest,
    created_at: createdAt,
    seen_at: seenAt,
    expires_at: expiresAt,
  }),
  fromRow: ({ digest, created_at, seen_at, expires_at }) => ({
    digest,
    createdAt: created_at,
    seenAt: seen_at,
    expiresAt: expires_at,
  }),
};

type ValueRow = { name: string; value: string };

export const VALUES: SettingsTable<readonly [name: string, value: unknown], string, ValueRow> = {
  name: 'single_values',
  identity: ['name'],
  order: ['name'],
  identify: (name) => [name],
  toRow: ([name, value]) => ({ name, value: JSON.stringify(value) }),
  fromRow: ({ name, value }) => [name, JSON.parse(value)],
};
