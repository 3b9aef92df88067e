const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/**
 * No wait is believed to be longer: quota periods end after a month at most, and a clock or a unit gone wrong
 * upstream must not park a key for years.
 */
export const LONGEST_WAIT_MS = 31 * DAY_MS;

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  millisecond: 1,
  s: SECOND_MS,
  sec: SECOND_MS,
  second: SECOND_MS,
  m: MINUTE_MS,
  min: MINUTE_MS,
  minute: MINUTE_MS,
  h: HOUR_MS,
  hr: HOUR_MS,
  hour: HOUR_MS,
  d: DAY_MS,
  day: DAY_MS,
};

/** One number and its unit; the look-ahead keeps `m` from matching the beginning of a longer word. */
const STEP =
  /\s{0,4}(\d{1,15}(?:\.\d{1,15})?)\s{0,4}(ns|us|µs|μs|ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)(?![a-zµμ])/iy;

/** Enough for days, hours, minutes, seconds and their fractions. */
const MOST_STEPS = 8;

/** A duration that begins at `from` and how far it reaches; null when there is none. */
function readSteps(text: string, from: number): { readonly ms: number; readonly end: number } | null {
  let ms = 0;
  let end = from;
  for (let step = 0; step < MOST_STEPS && end < text.length; step++) {
    STEP.lastIndex = end;
    const match = STEP.exec(text);
    if (match === null) break;
    const unit = (match[2] ?? '').toLowerCase();
    ms += Number(match[1]) * (UNIT_MS[unit] ?? UNIT_MS[unit.replace(/s$/, '')] ?? 0);
    end = STEP.lastIndex;
  }
  return end === from ? null : { ms, end };
}

/** Milliseconds of a duration in a sentence, `6m0s` or `86400 seconds`, that begins at `from`; null when none does. */
export function durationAt(text: string, from: number): number | null {
  return readSteps(text, from)?.ms ?? null;
}

/** Milliseconds of `6m0s`, `172.799999ms`, `34.4s` (Go's and protobuf's form); null unless all of `text` is one. */
export function parseDuration(text: string): number | null {
  const read = readSteps(text, 0);
  if (read === null) return null;
  return read.end === text.length || text.slice(read.end).trim() === '' ? read.ms : null;
}

const PLAIN_NUMBER = /^\d[\d,]{0,20}(?:\.\d{1,20})?$/;

/** A number of zero or more, thousands commas allowed; null for anything else. */
export function parseCount(text: string): number | null {
  const plain = plainCount(text);
  if (plain !== null) return plain;
  const trimmed = text.trim();
  return PLAIN_NUMBER.test(trimmed) ? Number(trimmed.replaceAll(',', '')) : null;
}

const MOST_DIGITS = 15;
const ZERO = 0x30;

/** What nearly every count is, nothing but digits, read without a regular expression: it is read in every reply. */
function plainCount(text: string): number | null {
  if (text.length === 0 || text.length > MOST_DIGITS) return null;
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) return null;
    count = count * 10 + digit;
  }
  return count;
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}/;
/** IMF-fixdate, and the two obsolete forms that RFC 9110 §5.6.7 still lets a server send. */
const HTTP_DATE = /^[A-Za-z]{3,9},? .{0,30}\d{2}:\d{2}:\d{2}/;
const ENDS_IN_ZONE = /(?:GMT|UTC|Z|[+-]\d{2}:?\d{2})$/i;

/** Milliseconds since the Unix epoch; a date without a zone is in UTC, as HTTP dates are. Null for anything else. */
export function parseDate(text: string): number | null {
  const trimmed = text.trim();
  const known = RFC_3339.test(trimmed) || HTTP_DATE.test(trimmed);
  if (!known || trimmed.length > 64) return null;
  const at = Date.parse(ENDS_IN_ZONE.test(trimmed) ? trimmed : `${trimmed} UTC`);
  return Number.isNaN(at) ? null : at;
}

const EPOCH_MS_ABOVE = 1e12;
const EPOCH_S_ABOVE = 1e9;

/**
 * Milliseconds from `receivedAt` to whatever instant `text` names in any form vendors use: a duration with units, a
 * date, or a bare number. A bare number is an epoch in milliseconds above 1e12, an epoch in seconds above 1e9, else
 * seconds from now. The past is 0, the far future `LONGEST_WAIT_MS`, anything unreadable null.
 */
export function msUntil(text: string, receivedAt: number): number | null {
  const number = parseCount(text);
  if (number !== null) {
    if (number > EPOCH_MS_ABOVE) return boundWait(number - receivedAt);
    if (number > EPOCH_S_ABOVE) return boundWait(number * SECOND_MS - receivedAt);
    return boundWait(number * SECOND_MS);
  }
  const duration = parseDuration(text);
  if (duration !== null) return boundWait(duration);
  const date = parseDate(text);
  return date === null ? null : boundWait(date - receivedAt);
}

export function boundWait(ms: number): number {
  return Math.min(LONGEST_WAIT_MS, Math.max(0, ms));
}
