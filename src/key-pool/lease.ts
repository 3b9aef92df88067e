import type { LimitReading } from '../model/limit.ts';
import type { Outcome } from '../model/outcome.ts';
import type { UpstreamKey } from '../model/upstream-key.ts';

/** The right to use one key for one attempt. */
export interface Lease {
  readonly kind: 'lease';
  readonly key: UpstreamKey;
  readonly group: string;
  /** The group as people are shown it: a key that is a group of its own goes by its label. */
  readonly groupLabel: string;
  readonly modelClass: string;
  /** How long this acquisition waited in the pool's queue. */
  readonly waitedMs: number;
  /** Every other group has refused this model for good; what this one answers is the last word. */
  readonly lastResort: boolean;
  /** Why this key, and who was passed over and why. */
  readonly decision: Decision;
  /** The last byte of the request has reached an open socket. */
  sent(): void;
  /**
   * What the reply's headers say, as soon as they are there. `organisation` is null where the reply does not name
   * one or the caller chose one itself.
   */
  observe(readings: readonly LimitReading[], organisation: string | null): void;
  /**
   * The reply is a success whose body is still to come. Optional: whoever learns from an acceptance does so at once, and
   * not when the body ends.
   */
  accepted(): void;
  /**
   * For a request that was refused as larger than this group's limit, which is `ceiling` where the refusal named it:
   * whether another group that the caller may use is known to admit more. Only such a group is given next.
   */
  fitsElsewhere(ceiling: number | null): boolean;
  /** Exactly once, when the attempt is over; a stream's when it ends. */
  settle(outcome: Outcome): void;
}

/** The pool cannot serve this demand by its deadline. */
export interface Refusal {
  readonly kind: 'refusal';
  /**
   * `no-keys`: none enabled within the client's scope. `no-usable-keys`: all rejected or exhausted with no date.
   * `full`: every key in scope is resting or full beyond the deadline. `queue-full`: too many already wait.
   * `caller-left`: the signal aborted.
   */
  readonly reason: 'no-keys' | 'no-usable-keys' | 'full' | 'queue-full' | 'caller-left';
  /** When a call like this one can be served, from now; null when nobody knows. */
  readonly retryAfterMs: number | null;
  /** What stands in the way, in words, for the caller: "org-a: requests/min full (20 of 20)". */
  readonly binding: string;
  /** The quota group that will have room first, as people are shown it; null when none will. */
  readonly group: string | null;
  readonly modelClass: string;
  readonly decision: Decision;
}

export interface Decision {
  /** One sentence: "round-robin: next of 3". */
  readonly chosen: string;
  /** At most 8 groups, each with its reason: "org-b: tokens/min full for 4.1 s". */
  readonly passedOver: readonly string[];
  /** Groups left out of `passedOver`. */
  readonly more: number;
}
