import type { OutcomeKind, TokenUsage } from './outcome.ts';

/** Why an exchange ended. `served` means the upstream's whole answer reached the caller, whatever its status. */
export type EndReason =
  | 'served'
  | 'refused'
  | 'client_aborted'
  | 'client_stall'
  | 'connect_refused'
  | 'connect_timeout'
  | 'dns'
  | 'tls'
  | 'address_forbidden'
  | 'first_byte_timeout'
  | 'upstream_idle'
  | 'upstream_closed'
  | 'upstream_aborted'
  | 'bad_response'
  | 'rate_limited'
  | 'internal';

export interface AttemptRecord {
  readonly keyId: string;
  readonly keyLabel: string;
  /** The quota group as people are shown it. */
  readonly group: string;
  /** Null when no status line arrived. */
  readonly status: number | null;
  readonly outcome: OutcomeKind;
  readonly reason: string;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  /** In the pool's queue, for this key. */
  readonly waitedMs: number;
  /** From the start to the head of the answer; null when none came. */
  readonly firstByteMs: number | null;
  readonly durationMs: number;
  /** Why the pool chose this key. */
  readonly chosen: string;
  /** Groups that had no room for it, each with why and for how long: "org-b: tokens/min full for 4.1 s". */
  readonly passedOver: readonly string[];
  readonly morePassedOver: number;
}

/**
 * `receiving` lasts until the request may go somewhere, `queueing` until the pool gives a key or refuses, `attempt` from
 * there to the end of that try, its answer included where it was relayed. `answering` is handing over what was kept or
 * made here.
 */
export type PhaseKind = 'receiving' | 'queueing' | 'attempt' | 'back-off' | 'answering';

export interface Phase {
  readonly kind: PhaseKind;
  readonly ms: number;
}

/** The story of one client request, for the recorder. Holds no secret. */
export interface ExchangeRecord {
  readonly id: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** Of the caller's end of the connection. */
  readonly callerAddress: string | null;
  readonly client: string | null;
  readonly provider: string | null;
  readonly model: string | null;
  readonly method: string;
  /** Without the query's secrets. */
  readonly path: string;
  /** What the caller was told; null when it left before. */
  readonly status: number | null;
  readonly end: EndReason;
  readonly attempts: readonly AttemptRecord[];
  /** One after the other, without a gap: their sum is `durationMs`. */
  readonly phases: readonly Phase[];
  readonly waitMs: number;
  readonly firstByteMs: number | null;
  readonly durationMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly usage: TokenUsage | null;
  /** What went wrong, for the operator; null when nothing did. */
  readonly error: string | null;
}
