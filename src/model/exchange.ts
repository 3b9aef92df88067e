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
  readonly group: string;
  /** Null when no status line arrived. */
  readonly status: number | null;
  readonly outcome: OutcomeKind;
  readonly reason: string;
  readonly startedAt: number;
  readonly durationMs: number;
  /** Why the pool chose this key. */
  readonly chosen: string;
}

/** The story of one client request, for the recorder. Holds no secret. */
export interface ExchangeRecord {
  readonly id: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
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
  readonly waitMs: number;
  readonly firstByteMs: number | null;
  readonly durationMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly usage: TokenUsage | null;
  /** What went wrong, for the operator; null when nothing did. */
  readonly error: string | null;
}
