import type { StateView, WindowView } from '../key-pool/pool-view.ts';
import type { TypedLimit } from '../model/limit.ts';
import type { StrategyName, Wire } from '../model/provider.ts';

/**
 * What operators are shown of what they manage: the same on every surface. Instants are wall-clock milliseconds.
 * No view holds a credential; a new secret is handed over once, by the act that made it.
 */

/** Who owns an entry. What the file or the environment names cannot be edited elsewhere. */
export type Origin = 'file' | 'environment' | 'store';

/** What the operator may set on a provider, spelt as in the configuration file ("30s", "500-503"). */
export interface ProviderSettingsView {
  readonly preset: string | null;
  readonly wire: Wire;
  readonly baseUrl: string;
  readonly strategy: StrategyName | string;
  readonly rotateOn: readonly (string | number)[];
  readonly maxWait: string;
  readonly maxWaitCeiling: string;
  readonly timeouts: { readonly connect: string; readonly firstByte: string; readonly idle: string };
  readonly allowPrivateAddress: boolean;
  readonly groups: Readonly<Record<string, { readonly limits: readonly TypedLimit[] }>>;
}

export interface ProviderView {
  /** Stable over renames. */
  readonly id: string;
  /** The URL prefix. */
  readonly name: string;
  readonly origin: Origin;
  /** A stored provider whose name the file's has taken: kept, but not in force. */
  readonly shadowed: boolean;
  readonly enabled: boolean;
  readonly settings: ProviderSettingsView;
  readonly keyCounts: Readonly<Record<'all' | 'ready' | 'resting' | 'rejected' | 'disabled', number>>;
  /** Null for what is not stored: there is nothing to edit, and so no conflict. */
  readonly version: number | null;
  /** Deleted, and still to be had back by `restore` until this instant. */
  readonly restorableUntil: number | null;
}

export interface KeyView {
  readonly id: string;
  readonly provider: string;
  readonly origin: Origin;
  readonly label: string;
  /** The last characters at most: "…f3a9". */
  readonly masked: string;
  /** The quota group it was given; null where it is its own. */
  readonly group: string | null;
  /** The group it is metered in now, with the labels of the others in it. */
  readonly meteredIn: MeteredIn;
  readonly weight: number;
  readonly enabled: boolean;
  readonly limits: readonly TypedLimit[];
  readonly baseUrl: string | null;
  /** From 1, in the order of use under strategy `ordered`. */
  readonly place: number;
  readonly state: StateView;
  /** Those of the key and those of its group, the group's named by it. */
  readonly windows: readonly WindowView[];
  readonly running: number;
  /** Since this process started. */
  readonly requests: number;
  readonly refusals: number;
  readonly lastUsedAt: number | null;
  readonly lastSuccessAt: number | null;
  /** What the provider's free call said last; null when it was never asked. */
  readonly validity: { readonly said: Validity; readonly at: number } | null;
  readonly version: number | null;
  readonly restorableUntil: number | null;
}

export interface MeteredIn {
  /** As people are shown it. */
  readonly name: string;
  /** Labels of other keys that spend the same quota, some of them where they are many. */
  readonly sharedWith: readonly string[];
  readonly sharedWithCount: number;
  /** Found out from what the provider says, and not as it was configured. */
  readonly detected: boolean;
}

/** `exhausted` is a genuine key without quota; `unknown` when there is no free call, or it did not tell. */
export type Validity = 'valid' | 'exhausted' | 'invalid' | 'unknown';

export interface ClientView {
  readonly id: string;
  readonly name: string;
  readonly origin: Origin;
  readonly shadowed: boolean;
  readonly masked: string;
  readonly providers: readonly string[] | null;
  readonly groups: readonly string[] | null;
  readonly createdAt: number | null;
  readonly lastUsedAt: number | null;
  /** Since this process started. */
  readonly requests: number;
  readonly version: number | null;
}

export interface AdminTokenView {
  readonly id: string;
  readonly name: string;
  readonly masked: string;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
}

/** One setting of the whole program, with where it comes from. */
export interface SettingView {
  /** Dotted, as in the configuration file: "limits.maxBody". */
  readonly name: string;
  readonly value: unknown;
  readonly source: {
    readonly kind: 'flag' | 'environment' | 'dotenv' | 'file' | 'store' | 'default';
    readonly detail: string;
  };
  /** False where a flag, the environment or the file decides, and for what needs a restart. */
  readonly editable: boolean;
}

export interface SettingsView {
  readonly settings: readonly SettingView[];
  readonly access: 'open' | 'keys';
  readonly adminPassword: { readonly source: 'environment' | 'store'; readonly note: string };
  readonly dataDir: string;
  readonly configFile: string | null;
  readonly version: string;
  readonly warnings: readonly string[];
  /** Optimistic concurrency, as for a provider. */
  readonly storedVersion: number;
}

/** What came of adding keys, one entry for each that was found in what was pasted. */
export interface AddedKey {
  readonly label: string | null;
  readonly masked: string;
  readonly outcome: 'added' | 'duplicate' | 'invalid';
  /** The label of the key it doubles, what the provider said, or what is wrong with its spelling. */
  readonly detail: string | null;
  readonly validity: Validity | null;
  /** Null where it was not added. */
  readonly id: string | null;
}

/** Sums over a stretch of time, of what reached rotato. */
export interface TrafficView {
  readonly from: number;
  readonly until: number;
  readonly requests: number;
  /** Calls that rotato itself answered with 429. */
  readonly refusedByUs: number;
  /** Calls that were answered after a wait or on another key where a single key would have been refused. */
  readonly refusalsAvoided: number;
  /** 429s that an upstream answered. */
  readonly refusalsProvoked: number;
  readonly waitP50Ms: number;
  readonly waitP95Ms: number;
  /** One entry a minute, oldest first. */
  readonly minutes: readonly TrafficMinute[];
}

export interface TrafficMinute {
  readonly at: number;
  readonly requests: number;
  readonly failed: number;
  readonly waitP95Ms: number;
  readonly refusalsAvoided: number;
  readonly refusalsProvoked: number;
}

/** What an operator should know of, newest first in lists. */
export interface NoticeView {
  readonly id: number;
  readonly at: number;
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
  readonly provider: string | null;
}
