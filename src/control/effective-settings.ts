import type { Access, Config, Origin, ProviderSettings } from '../config/config.ts';
import type { TypedLimit } from '../model/limit.ts';
import type { Secret } from '../model/secret.ts';
import type { StoredClient, StoredKey, StoredProvider } from '../model/settings-store.ts';
import type { UpstreamUrl } from '../model/upstream-url.ts';

/** Flags, environment and file, what the store adds, and what operators did with either: what is in force. */
export interface EffectiveSettings {
  /** Its settings of the whole program are those in force; of its providers and clients it knows its own alone. */
  readonly config: Config;
  readonly access: Access;
  /** The file's first, then the environment's, then the store's, each in order; those not in force among them. */
  readonly providers: readonly EffectiveProvider[];
  readonly clients: readonly EffectiveClient[];
}

export interface EffectiveProvider {
  /** Stable over renames: the row's, or the name where there is no row. */
  readonly id: string;
  readonly origin: Origin;
  /** Null for what is not the store's. */
  readonly row: StoredProvider | null;
  /** False for one that is shadowed by another of its name or is deleted. */
  readonly inForce: boolean;
  readonly shadowed: boolean;
  /** `keys` is empty for the store's: see below. */
  readonly settings: ProviderSettings;
  /** In order of priority, the deleted ones last. */
  readonly keys: readonly EffectiveKey[];
}

export interface EffectiveKey {
  readonly id: string;
  /** Null for the file's, and for the entry of a provider that is called without a key. */
  readonly row: StoredKey | null;
  readonly label: string;
  /** The group it was given; null where it is its own. */
  readonly group: string | null;
  readonly secret: Secret | null;
  readonly weight: number;
  readonly enabled: boolean;
  /** Before operators did anything to it. */
  readonly enabledAsWritten: boolean;
  readonly draining: boolean;
  readonly limits: readonly TypedLimit[];
  readonly baseUrl: UpstreamUrl | null;
  readonly deletedAt: number | null;
}

export interface EffectiveClient {
  readonly id: string;
  readonly name: string;
  readonly origin: Origin;
  readonly row: StoredClient | null;
  readonly shadowed: boolean;
  readonly digest: string;
  /** The secret's last characters; empty where showing them would show too much. */
  readonly hint: string;
  readonly providers: readonly string[] | null;
  readonly groups: readonly string[] | null;
}
