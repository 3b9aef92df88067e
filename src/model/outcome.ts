import type { Dimension } from './limit.ts';

/** How much of a provider one refusal speaks for; `bucket` is one quota group and one model class. */
export type Scope = 'key' | 'group' | 'bucket';

/** LLM tokens an upstream says it counted; null where it did not say. Never estimated. */
export interface TokenUsage {
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  /** Part of the input that came from the provider's prompt cache. */
  readonly cachedInputTokens: number | null;
  /** Part of the output that was reasoning. */
  readonly reasoningTokens: number | null;
  /** Part of the input that was put into the provider's prompt cache; only where the vendor bills that apart. */
  readonly cacheWriteTokens?: number | null;
  /** Part of those that was put there for an hour. */
  readonly cacheWriteHourTokens?: number | null;
}

/** When exhausted quota comes back: a stated instant, a calendar boundary, or unknown, to be probed. */
export type ExhaustedUntil =
  | { readonly kind: 'in'; readonly waitMs: number }
  | { readonly kind: 'next-midnight'; readonly timeZone: string }
  | { readonly kind: 'next-month' }
  | { readonly kind: 'unknown' };

interface Stated {
  /** Short text for logs and the operator, in the upstream's words where it gave any; at most 200 characters. */
  readonly reason: string;
}

/** What one attempt came to. Rows refer to table 10 of the provider reference. */
export type Outcome =
  | { readonly kind: 'served'; readonly usage: TokenUsage | null }
  | (Stated & {
      readonly kind: 'rate-limited';
      /** How long the provider asks to wait; null when it did not say. */
      readonly waitMs: number | null;
      readonly dimension: Dimension | null;
      readonly periodMs: number | null;
      /** The limit the refusal names, in units of `dimension`. */
      readonly limit: number | null;
      /** `group` for an account-wide ramp or budget refusal, else `bucket`. */
      readonly scope: Scope;
      /** The provider asks for a slower ramp, not for a full window (row 17). */
      readonly ramp: boolean;
    })
  /** Larger than the limit can ever admit (row 2); `ceiling` is that limit where it was named. */
  | (Stated & { readonly kind: 'request-too-large'; readonly ceiling: number | null })
  | (Stated & { readonly kind: 'quota-exhausted'; readonly scope: Scope; readonly until: ExhaustedUntil })
  /** The credential is refused (row 12) or, with scope `group`, its whole organisation is (row 13). */
  | (Stated & { readonly kind: 'key-rejected'; readonly scope: 'key' | 'group' })
  /** This group may not use this model (row 14). */
  | (Stated & { readonly kind: 'model-unavailable' })
  /** The provider is out of capacity for everyone (rows 18 and 19): no key is to blame. */
  | (Stated & { readonly kind: 'overloaded'; readonly waitMs: number | null })
  /** Provably never delivered: safe to send again. */
  | (Stated & { readonly kind: 'not-sent' })
  /** May have been done and billed: only the operator's consent sends it again. */
  | (Stated & { readonly kind: 'uncertain' })
  /** The caller's own mistake or a policy decision: goes back as it came (rows 3, 15 and 24). */
  | (Stated & { readonly kind: 'request-refused' })
  | { readonly kind: 'caller-left' };

export type OutcomeKind = Outcome['kind'];
