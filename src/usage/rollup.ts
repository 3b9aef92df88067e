import type { AttemptRecord } from '../model/exchange.ts';
import type { LogEntry, UsageDimension, UsageSpan, UsageSums } from '../model/request-log.ts';

/** Sums of one minute for one combination of dimensions. Empty text stands for what a request never got as far as. */
export interface MinuteSums {
  /** The beginning of the minute, wall-clock milliseconds. */
  readonly at: number;
  readonly of: Readonly<Record<UsageDimension, string>>;
  readonly sums: UsageSums;
}

export const SPAN_MS: Readonly<Record<UsageSpan, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** The beginning of the span that `at` lies in. */
export function startOf(span: UsageSpan, at: number): number {
  return Math.floor(at / SPAN_MS[span]) * SPAN_MS[span];
}

/**
 * What entries add to the minutes they arrived in. A request counts at the key that answered it last, or at none; each
 * attempt, and the refusal it may have met, at the key it was made with.
 */
export class UsageBook {
  readonly #minutes = new Map<string, { at: number; of: MinuteSums['of']; sums: Tally }>();

  get isEmpty(): boolean {
    return this.#minutes.size === 0;
  }

  add(entry: LogEntry): void {
    const last = entry.attempts.at(-1);
    countRequest(this.#sumsFor(entry, last), entry);
    for (const attempt of entry.attempts) {
      const sums = this.#sumsFor(entry, attempt);
      sums.attempts++;
      if (wasRefused(attempt)) sums.refusalsProvoked++;
    }
  }

  list(): MinuteSums[] {
    return [...this.#minutes.values()];
  }

  clear(): void {
    this.#minutes.clear();
  }

  #sumsFor(entry: LogEntry, attempt: AttemptRecord | undefined): Tally {
    const { provider, client, model } = entry;
    const at = startOf('minute', entry.at);
    const name = `${at}\n${provider}\n${attempt?.group}\n${attempt?.keyLabel}\n${client}\n${model}`;
    const found = this.#minutes.get(name);
    if (found !== undefined) return found.sums;
    const sums = { ...NOTHING };
    this.#minutes.set(name, { at, of: dimensionsOf(entry, attempt), sums });
    return sums;
  }
}

type Tally = { -readonly [Name in keyof UsageSums]: UsageSums[Name] };

function dimensionsOf(entry: LogEntry, attempt: AttemptRecord | undefined): MinuteSums['of'] {
  return {
    provider: entry.provider ?? '',
    group: attempt?.group ?? '',
    key: attempt?.keyLabel ?? '',
    client: entry.client ?? '',
    model: entry.model ?? '',
  };
}

/** Unknown and known together are what is known. */
function addKnown(one: number | null, other: number | null | undefined): number | null {
  if (one === null) return other ?? null;
  return one + (other ?? 0);
}

const NOTHING: UsageSums = {
  requests: 0,
  failed: 0,
  refusedByUs: 0,
  refusalsAvoided: 0,
  attempts: 0,
  refusalsProvoked: 0,
  waitMs: 0,
  durationMs: 0,
  bytesIn: 0,
  bytesOut: 0,
  inputTokens: null,
  outputTokens: null,
  cachedInputTokens: null,
  cacheWriteTokens: null,
  reasoningTokens: null,
  tokensUnknown: 0,
  costUsd: null,
  costUnknown: 0,
};

function countRequest(sums: Tally, entry: LogEntry): void {
  const { usage, costUsd } = entry;
  const isUnknown = lacksTokens(entry);
  sums.requests++;
  if (hasFailed(entry)) sums.failed++;
  if (entry.end === 'rate_limited') sums.refusedByUs++;
  if (avoidedRefusal(entry)) sums.refusalsAvoided++;
  sums.waitMs += entry.waitMs;
  sums.durationMs += entry.durationMs;
  sums.bytesIn += entry.bytesIn;
  sums.bytesOut += entry.bytesOut;
  sums.inputTokens = addKnown(sums.inputTokens, usage?.inputTokens);
  sums.outputTokens = addKnown(sums.outputTokens, usage?.outputTokens);
  sums.cachedInputTokens = addKnown(sums.cachedInputTokens, usage?.cachedInputTokens);
  sums.cacheWriteTokens = addKnown(sums.cacheWriteTokens, usage?.cacheWriteTokens);
  sums.reasoningTokens = addKnown(sums.reasoningTokens, usage?.reasoningTokens);
  if (isUnknown) sums.tokensUnknown++;
  sums.costUsd = addKnown(sums.costUsd, costUsd);
  if (costUsd === null && (isUnknown || usage !== null)) sums.costUnknown++;
}

function wasServed({ end, status }: LogEntry): boolean {
  return end === 'served' && status !== null && status < 400;
}

/** A caller that leaves is no failure of anybody's. */
function hasFailed(entry: LogEntry): boolean {
  return !wasServed(entry) && entry.end !== 'client_aborted';
}

function wasRefused({ outcome }: AttemptRecord): boolean {
  return outcome === 'rate-limited' || outcome === 'quota-exhausted';
}

/** Less is the way of things, not waiting for room; recent-traffic.ts draws the same line. */
const A_WAIT_MS = 50;

/** Answered after a wait, or by another key after one had refused: a single key alone would have said 429. */
function avoidedRefusal(entry: LogEntry): boolean {
  return wasServed(entry) && (entry.waitMs >= A_WAIT_MS || entry.attempts.some(wasRefused));
}

/**
 * It may have cost tokens, and nobody said how many: an upstream began to do what was asked, or may have. Asking for
 * a list costs none, and neither does what was refused.
 */
function lacksTokens({ method, attempts, usage }: LogEntry): boolean {
  if (usage !== null && usage.inputTokens !== null) return false;
  return method === 'POST' && attempts.some(mayHaveBeenDone);
}

function mayHaveBeenDone({ outcome, status }: AttemptRecord): boolean {
  if (status !== null) return status < 300;
  return outcome === 'uncertain' || outcome === 'caller-left';
}
