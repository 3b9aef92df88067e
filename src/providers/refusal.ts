import { HeaderList } from '../model/header-list.ts';
import type { ExhaustedUntil, Outcome, Scope } from '../model/outcome.ts';
import { boundWait, msUntil } from './duration-text.ts';
import type { ErrorFacts } from './error-body.ts';
import { retryHintMs } from './retry-after.ts';
import { readStatedRate, type StatedRate } from './stated-rate.ts';

/** A refusal as the rules see it: the same whether it came as a status or inside a stream. */
export interface Refusal extends ErrorFacts {
  readonly status: number;
  readonly replyHeaders: HeaderList;
  /** Milliseconds since the Unix epoch; null where nobody knows, and then dates are not read. */
  readonly receivedAt: number | null;
  /** What it asks to wait; null when it does not say. */
  readonly waitMs: number | null;
  readonly rate: StatedRate;
}

/** An answer of status 400 and above. */
export function refusalOfReply(facts: ErrorFacts, status: number, headers: HeaderList, receivedAt: number): Refusal {
  const { message, retryDelay } = facts;
  return {
    ...facts,
    status,
    replyHeaders: headers,
    receivedAt,
    waitMs: retryHintMs({ headers, quotedHeaders: facts.headers, retryDelay, message, receivedAt }),
    rate: readStatedRate(message, facts.violations),
  };
}

const NO_HEADERS = new HeaderList([]);

/** An error inside a 200. The reply's own headers speak of the 200, so they are not read. */
export function refusalInBand(facts: ErrorFacts): Refusal {
  const { message, retryDelay } = facts;
  const hints = { headers: NO_HEADERS, quotedHeaders: NO_HEADERS, retryDelay, message, receivedAt: 0 };
  return {
    ...facts,
    status: facts.status ?? statusOfWords(facts.words),
    replyHeaders: NO_HEADERS,
    receivedAt: null,
    waitMs: retryHintMs(hints),
    rate: readStatedRate(message, facts.violations),
  };
}

/** The status that the vendors send with a word when it does not come in a stream; the first line that knows one wins. */
const STATUS_OF_WORDS: readonly (readonly [status: number, words: readonly string[]])[] = [
  [401, ['authentication_error', 'authentication', 'invalid_api_key', 'unauthenticated']],
  [402, ['billing_error', 'payment_required']],
  [403, ['permission_error', 'permission_denied']],
  [404, ['not_found_error', 'not_found', 'model_not_found']],
  [413, ['request_too_large', 'payload_too_large']],
  [429, ['rate_limit_error', 'rate_limit_exceeded', 'resource_exhausted', 'slow_down', 'too_many_requests']],
  [529, ['overloaded_error', 'provider_overloaded']],
  [503, ['server_is_overloaded', 'service_unavailable_error', 'unavailable', 'provider_unavailable']],
  [504, ['timeout_error', 'timeout', 'deadline_exceeded']],
  [400, ['invalid_request_error', 'invalid_request', 'invalid_prompt', 'invalid_argument', 'failed_precondition']],
];

function statusOfWords(words: ReadonlySet<string>): number {
  return STATUS_OF_WORDS.find(([, known]) => known.some((word) => words.has(word)))?.[0] ?? 500;
}

/** What a rule makes of a refusal. */
export type Verdict = (refusal: Refusal) => Outcome;

export const requestRefused: Verdict = (refusal) => ({ kind: 'request-refused', reason: reasonOf(refusal) });

export const uncertain: Verdict = (refusal) => ({ kind: 'uncertain', reason: reasonOf(refusal) });

export const modelUnavailable: Verdict = (refusal) => ({ kind: 'model-unavailable', reason: reasonOf(refusal) });

export const overloaded: Verdict = (refusal) => ({
  kind: 'overloaded',
  waitMs: refusal.waitMs,
  reason: reasonOf(refusal),
});

export const requestTooLarge: Verdict = (refusal) => ({
  kind: 'request-too-large',
  ceiling: refusal.rate.limit,
  reason: reasonOf(refusal),
});

export function keyRejected(scope: 'key' | 'group'): Verdict {
  return (refusal) => ({ kind: 'key-rejected', scope, reason: reasonOf(refusal) });
}

export function rateLimited(scope: Scope, ramp = false): Verdict {
  return (refusal) => ({
    kind: 'rate-limited',
    waitMs: refusal.waitMs,
    dimension: refusal.rate.dimension,
    periodMs: refusal.rate.periodMs,
    limit: refusal.rate.limit,
    scope,
    ramp,
    reason: reasonOf(refusal),
  });
}

export function quotaExhausted(scope: Scope, until: (refusal: Refusal) => ExhaustedUntil): Verdict {
  return (refusal) => ({ kind: 'quota-exhausted', scope, until: until(refusal), reason: reasonOf(refusal) });
}

const UNKNOWN: ExhaustedUntil = { kind: 'unknown' };

export const untilUnknown = (): ExhaustedUntil => UNKNOWN;

export const untilNextMonth = (): ExhaustedUntil => ({ kind: 'next-month' });

export const untilHinted = (refusal: Refusal): ExhaustedUntil =>
  refusal.waitMs === null ? UNKNOWN : { kind: 'in', waitMs: refusal.waitMs };

export function untilMidnightIn(timeZone: string): () => ExhaustedUntil {
  return () => ({ kind: 'next-midnight', timeZone });
}

export function untilIn(waitMs: number): () => ExhaustedUntil {
  return () => ({ kind: 'in', waitMs });
}

const REGAIN_ON = /regain access on (\d{4}-\d{2}-\d{2}) at (\d{2}:\d{2}) UTC/i;

/** Anthropic's spend limits name the instant: "You will regain access on 2026-09-01 at 00:00 UTC." */
export function untilRegained({ message, receivedAt }: Refusal): ExhaustedUntil {
  const match = REGAIN_ON.exec(message);
  if (match === null || receivedAt === null) return { kind: 'next-month' };
  const at = Date.parse(`${match[1]}T${match[2]}:00Z`);
  return Number.isNaN(at) ? { kind: 'next-month' } : { kind: 'in', waitMs: boundWait(at - receivedAt) };
}

/** OpenRouter's daily limit: `x-ratelimit-reset`, as a header or quoted in the body, else the end of the day in UTC. */
export function untilReset({ replyHeaders, headers, receivedAt }: Refusal): ExhaustedUntil {
  const reset = replyHeaders.get('x-ratelimit-reset') ?? headers.get('x-ratelimit-reset');
  const waitMs = reset === null || receivedAt === null ? null : msUntil(reset, receivedAt);
  return waitMs === null ? { kind: 'next-midnight', timeZone: 'UTC' } : { kind: 'in', waitMs };
}

const LONGEST_REASON = 200;
/** Some vendors quote the key, whole or in part, in the refusal of it. An organisation's id may stay. */
const CREDENTIAL =
  /\b(?:(?:sk|pk|gsk|xai|csk|nvapi|fw|key|pplx|ghp|github_pat)[-_]|AIza|ya29\.|eyJ)[-_.*A-Za-z0-9]{8,}|\b[A-Za-z0-9]{32,}\b/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach a log line.
const UNPRINTABLE = /[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** In the upstream's words where it gave any, on one line, without anything that looks like a credential. */
function reasonOf(refusal: Refusal): string {
  const message = refusal.message
    .slice(0, 4 * LONGEST_REASON)
    .replace(UNPRINTABLE, ' ')
    .replace(CREDENTIAL, '[key]')
    .trim();
  const text = message === '' ? `HTTP ${refusal.status}` : message;
  return text.length <= LONGEST_REASON ? text : `${text.slice(0, LONGEST_REASON - 1).toWellFormed()}…`;
}
