import type { CallerSignal } from './caller-signal.ts';

/** What one exchange asks of the pool. */
export interface Demand {
  readonly provider: string;
  /** As the caller wrote it; `unknown` where the body does not say. */
  readonly model: string;
  readonly tokens: TokenEstimate;
  /** Whose turn it is, for fairness: the client key's name, or `anonymous`. */
  readonly client: string;
  /** Groups the client may use; null means all. */
  readonly groups: readonly string[] | null;
  readonly priority: Priority;
  /** On the pool's clock, from arrival: refused or dispatched by then. */
  readonly deadline: number;
  /** Callers of the same affinity prefer the same key; null for none. */
  readonly affinity: string | null;
  /** The only group that can serve it, because it holds an object the request names; null for any. */
  readonly homeGroup: string | null;
  /** What this exchange has tried already, oldest first. */
  readonly tried: readonly TriedKey[];
  readonly signal: CallerSignal;
}

export type Priority = 'interactive' | 'batch';

export interface TriedKey {
  readonly keyId: string;
  readonly group: string;
}

/** What can be known before sending: the body's length and the maximum it asks for. */
export interface TokenEstimate {
  readonly bodyBytes: number;
  /** `max_tokens` and its like; null when the caller named none. */
  readonly maxOutputTokens: number | null;
}
