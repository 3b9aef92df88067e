import type { EndReason, ExchangeRecord } from './exchange.ts';

/** One exchange as the log keeps it. Every text is cut to a bound, and holds nothing that looks like a credential. */
export interface LogEntry extends ExchangeRecord {
  /** In US dollars; null when nobody knows: neither tokens nor prices are ever guessed. */
  readonly costUsd: number | null;
  /** Whose price it is and of which day; null where there is none. */
  readonly pricedBy: string | null;
}

/** All that is given must hold; null asks for nothing. */
export interface LogFilter {
  /** Of the arrival, wall-clock milliseconds; `until` is exclusive. */
  readonly from: number | null;
  readonly until: number | null;
  readonly provider: string | null;
  readonly client: string | null;
  /** The label of a key that any attempt was made with. */
  readonly key: string | null;
  readonly model: string | null;
  /** Inclusive; { min: 500, max: 599 } are the server errors. Entries that were told no status never match. */
  readonly status: { readonly min: number; readonly max: number } | null;
  readonly end: EndReason | null;
  readonly minDurationMs: number | null;
  readonly maxDurationMs: number | null;
  /** Words, the first 16 of them, that must all occur somewhere, in letters of any case; a whole request id finds it. */
  readonly text: string | null;
}

export const EVERY_ENTRY: LogFilter = {
  from: null,
  until: null,
  provider: null,
  client: null,
  key: null,
  model: null,
  status: null,
  end: null,
  minDurationMs: null,
  maxDurationMs: null,
  text: null,
};

export interface LogPage {
  /** Newest first, by the time they were filed, which is when they ended. */
  readonly entries: readonly LogEntry[];
  /** Where the next page begins; null when there is nothing older. */
  readonly cursor: string | null;
  /**
   * False when the time a search may take ran out before the page was full: the cursor then goes on from where the
   * search has got to, and a page may be empty without being the last.
   */
  readonly complete: boolean;
}

export const USAGE_SPANS = ['minute', 'hour', 'day'] as const;
/** Days are those of UTC. */
export type UsageSpan = (typeof USAGE_SPANS)[number];

export const USAGE_DIMENSIONS = ['provider', 'group', 'key', 'client', 'model'] as const;
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number];

export interface UsageQuery {
  /** Wall-clock milliseconds; whole spans are counted whose beginning lies in between. */
  readonly from: number;
  readonly until: number;
  readonly span: UsageSpan;
  /** One row for each combination; none sums everything up. */
  readonly by: readonly UsageDimension[];
  /** One row for each span as well, oldest first; false sums over time. */
  readonly overTime: boolean;
  readonly only: Readonly<Partial<Record<UsageDimension, string>>>;
}

/**
 * Sums of what a span saw. Requests are counted where they ended, at the key that answered last; attempts and the
 * refusals they met at the key that met them.
 */
export interface UsageSums {
  readonly requests: number;
  /** Told a status of 400 or more, or cut off. */
  readonly failed: number;
  /** Answered 429 by rotato itself. */
  readonly refusedByUs: number;
  readonly refusalsAvoided: number;
  readonly attempts: number;
  /** 429s that an upstream answered. */
  readonly refusalsProvoked: number;
  readonly waitMs: number;
  readonly durationMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Of what was reported; null when nothing was. */
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly cachedInputTokens: number | null;
  readonly cacheWriteTokens: number | null;
  readonly reasoningTokens: number | null;
  /** Requests that may have cost tokens of which nobody said how many. */
  readonly tokensUnknown: number;
  /** Of what could be priced; null when nothing could. */
  readonly costUsd: number | null;
  /** Requests that cost tokens, or may have, for which no price is known. */
  readonly costUnknown: number;
}

export interface UsageRow extends UsageSums {
  /** The beginning of the span; null when summed over time. */
  readonly at: number | null;
  /** Of the dimensions asked for; null where the request never got so far as to have one. */
  readonly of: Readonly<Partial<Record<UsageDimension, string | null>>>;
}

/** Reading the log. Rejects with `store-unavailable` while the database cannot be read; a log nobody wrote is empty. */
export interface RequestLog {
  search(filter: LogFilter, page: { readonly cursor: string | null; readonly limit: number }): Promise<LogPage>;
  get(id: string): Promise<LogEntry | null>;
  usage(query: UsageQuery): Promise<readonly UsageRow[]>;
  close(): Promise<void>;
}
