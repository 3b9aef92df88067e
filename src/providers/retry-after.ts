import type { HeaderList } from '../model/header-list.ts';
import { boundWait, durationAt, LONGEST_WAIT_MS, msUntil, parseCount, parseDuration } from './duration-text.ts';

/** Where a refusal may say how long to wait. */
export interface RetryHints {
  readonly headers: HeaderList;
  /** Headers that the body quotes (OpenRouter). */
  readonly quotedHeaders: HeaderList;
  /** `google.rpc.RetryInfo.retryDelay` of the body: `48s`. */
  readonly retryDelay: string | null;
  /** The error's text for humans. */
  readonly message: string;
  /** Milliseconds since the Unix epoch. */
  readonly receivedAt: number;
}

/**
 * How long a refusal asks to wait, in milliseconds from its arrival; null when it does not say. The first that can
 * be read wins: `retry-after-ms`, `retry-after` in seconds or as a date, RetryInfo, "try again in 6m0s", and the reset
 * of a window that is empty. What is past counts as 0; nothing counts for more than 31 days.
 *
 * Not for answers below 400: Anthropic's batch polling sends `retry-after` on a 200, where it is a polling interval.
 */
export function retryHintMs(hints: RetryHints): number | null {
  const inHeaders = headerHintMs(hints.headers, hints.receivedAt);
  if (inHeaders !== null) return inHeaders;
  const delay = hints.retryDelay === null ? null : parseDuration(hints.retryDelay);
  if (delay !== null) return boundWait(delay);
  return textHintMs(hints.message) ?? resetHintMs(hints.headers, hints) ?? resetHintMs(hints.quotedHeaders, hints);
}

/** Of windows that begin anew; those that name what they count are of buckets that refill, where the reset is too late. */
const RESET_HEADERS = ['x-ratelimit-reset', 'ratelimit-reset', 'x-ratelimit-timeremaining'];

function resetHintMs(headers: HeaderList, { receivedAt }: RetryHints): number | null {
  const remaining = headers.get('x-ratelimit-remaining') ?? headers.get('ratelimit-remaining');
  // A window with room left is not the one that refused.
  if (remaining !== null && parseCount(remaining) !== 0) return null;
  for (const name of RESET_HEADERS) {
    const reset = headers.get(name);
    const ms = reset === null ? null : msUntil(reset, receivedAt);
    if (ms !== null) return ms;
  }
  return null;
}

function headerHintMs(headers: HeaderList, receivedAt: number): number | null {
  const fine = headers.get('retry-after-ms');
  const fineMs = fine === null ? null : parseWait(fine, 1, receivedAt);
  // Azure sends `retry-after-ms: 0` beside `retry-after: 1`; a wait of nothing cannot be meant in a refusal.
  if (fineMs !== null && fineMs > 0) return fineMs;
  const coarse = headers.get('retry-after');
  return (coarse === null ? null : parseWait(coarse, 1_000, receivedAt)) ?? fineMs;
}

const NEGATIVE = /^-\d[\d.]{0,20}$/;

function parseWait(text: string, unitMs: number, receivedAt: number): number | null {
  const trimmed = text.trim();
  if (NEGATIVE.test(trimmed)) return 0;
  const count = parseCount(trimmed);
  if (count !== null && count * unitMs <= LONGEST_WAIT_MS) return count * unitMs;
  return msUntil(trimmed, receivedAt);
}

/** "Please try again in 6m0s", "Please retry in 48.9s", "retry after 86400 seconds", "wait 52220 seconds". */
const PHRASE = /(?:try again|retry(?:ing)?)(?: again)? (?:in|after)|\bwait(?: for)?/gi;

/** The wait a sentence asks for; the first phrase that is followed by a duration counts. */
export function textHintMs(message: string): number | null {
  for (const phrase of message.matchAll(PHRASE)) {
    const ms = durationAt(message, phrase.index + phrase[0].length);
    if (ms !== null) return boundWait(ms);
  }
  return null;
}
