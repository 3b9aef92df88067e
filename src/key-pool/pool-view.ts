import type { Dimension, WindowAlgorithm } from '../model/limit.ts';
import type { Overlay } from './pooled-key.ts';
import type { LimitSource } from './rate-window.ts';
import type { StandingKind } from './standing.ts';

/** What an operator sees. Instants are wall-clock milliseconds; null means never or nobody knows. */
export interface PoolView {
  readonly at: number;
  readonly waiting: number;
  readonly providers: readonly ProviderView[];
}

export interface ProviderView {
  readonly name: string;
  readonly enabled: boolean;
  readonly waiting: number;
  readonly running: number;
  /** Smallest requests that could be sent this instant; null where nothing limits them. */
  readonly capacityNow: number | null;
  /** All of them, or the first, as many as were asked for. */
  readonly groups: readonly GroupView[];
  readonly groupCount: number;
  /** Likewise. */
  readonly keys: readonly KeyView[];
  readonly keyCount: number;
  readonly overloaded: readonly OverloadView[];
}

export interface OverloadView {
  readonly modelClass: string;
  readonly until: number;
  readonly reason: string;
}

export interface StateView {
  /** `unavailable`: a bucket's group may not use some model of this class. */
  readonly state: StandingKind | 'unavailable' | 'disabled' | 'draining';
  readonly reason: string | null;
  readonly since: number | null;
  readonly until: number | null;
}

export interface GroupView extends StateView {
  readonly name: string;
  /** The name an operator gave it, or the label of the key whose own it is. */
  readonly label: string;
  /** Labels of the keys that share this quota. */
  readonly keys: readonly string[];
  /** Configured groups that were found to be this one. */
  readonly merged: readonly string[];
  readonly windows: readonly WindowView[];
  readonly concurrency: ConcurrencyView | null;
  readonly buckets: readonly BucketView[];
}

export interface BucketView extends StateView {
  readonly modelClass: string;
  readonly running: number;
  readonly windows: readonly WindowView[];
  readonly concurrency: ConcurrencyView | null;
  /** Unacknowledged requests allowed while the limit is unknown; null once it is known. */
  readonly slowStart: number | null;
}

export interface KeyView extends StateView {
  readonly id: string;
  readonly label: string;
  readonly group: string;
  readonly running: number;
  readonly proven: boolean;
  readonly lastSuccessAt: number | null;
  readonly latencyMs: number | null;
  readonly windows: readonly WindowView[];
  readonly overlay: Overlay;
}

export interface WindowView {
  readonly name: string;
  readonly dimension: Dimension;
  readonly periodMs: number;
  readonly limit: number;
  readonly left: number;
  readonly source: LimitSource;
  readonly algorithm: WindowAlgorithm;
  /** When one more fits; null when it does now. */
  readonly nextRoomAt: number | null;
  readonly fullAt: number;
  /** When it is spent at the rate of the last minutes; null when it is not going to be. */
  readonly runsOutAt: number | null;
}

export interface ConcurrencyView {
  readonly running: number;
  readonly cap: number;
}

/** One key, the group that meters it, and what the two come to. */
export interface MeteredKeyView {
  readonly key: KeyView;
  readonly group: GroupView;
  readonly state: StateView;
}

/** The pool at one instant, asked key by key. */
export interface PoolLook {
  key(keyId: string): MeteredKeyView | null;
  state(keyId: string): StateView | null;
}
