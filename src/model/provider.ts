import type { TypedLimit, WindowAlgorithm } from './limit.ts';
import type { StatusSet } from './status-set.ts';
import type { Strategy } from './strategy.ts';
import type { UpstreamKey } from './upstream-key.ts';
import type { UpstreamUrl } from './upstream-url.ts';

/** The protocol a provider speaks, and so the shape of its errors. */
export type Wire = 'openai' | 'anthropic' | 'gemini';
export const WIRES: readonly Wire[] = ['openai', 'anthropic', 'gemini'];

export type StrategyName = 'round-robin' | 'ordered' | 'least-used' | 'headroom' | 'weighted' | 'random' | 'latency';
export const STRATEGY_NAMES: readonly StrategyName[] = [
  'round-robin',
  'ordered',
  'least-used',
  'headroom',
  'weighted',
  'random',
  'latency',
];

/** What the provider meters: an organisation, a project, an account. */
export interface QuotaGroup {
  readonly name: string;
  readonly limits: readonly TypedLimit[];
}

/** What a vendor's documentation says about how it meters. Data of a preset; the pool knows no vendor by name. */
export interface QuotaTraits {
  /** Models that share a limit share a class; by default each model is its own. */
  modelClass(model: string): string;
  /** How windows give room back, where it is known. */
  readonly algorithm: WindowAlgorithm | null;
  /** Refused requests count against the limit as well. */
  readonly refusalsCount: boolean;
  /** The requested maximum of output tokens is charged when the request arrives. */
  readonly chargesMaxTokens: boolean;
  /** Self-hosted: the only limit is how many requests run at once. */
  readonly concurrencyOnly: boolean;
  /** A call exists that validates a key at no cost. */
  readonly freeValidation: boolean;
}

export interface Timeouts {
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly idleMs: number;
}

/** A configured vendor account: part of the snapshot, frozen. */
export interface Provider {
  /** Lower case; the first segment of the path. */
  readonly name: string;
  /** The preset's name, or `custom`. */
  readonly preset: string;
  readonly wire: Wire;
  readonly baseUrl: UpstreamUrl;
  readonly enabled: boolean;
  readonly strategy: StrategyName;
  /** The operator's own, which goes before the one that is named. */
  readonly customStrategy?: Strategy;
  /** Statuses, besides a refusal of the key, that mean "try another key". */
  readonly rotateOn: StatusSet;
  readonly maxWaitMs: number;
  readonly maxWaitCeilingMs: number;
  readonly timeouts: Timeouts;
  readonly allowPrivateAddress: boolean;
  readonly groups: readonly QuotaGroup[];
  /** In order of priority. */
  readonly keys: readonly UpstreamKey[];
  readonly traits: QuotaTraits;
}
