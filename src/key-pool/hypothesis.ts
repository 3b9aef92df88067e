import type { Sending } from './send-record.ts';

/** A guess at a limit that nobody announces. */
export interface Hypothesis {
  readonly algorithm: 'refill' | 'sliding' | 'fixed';
  readonly periodMs: number;
  /** For `fixed`: the latest instant at which the current period ends, and how much earlier it may. */
  readonly endsAt?: number;
  readonly uncertainMs?: number;
}

export interface Explanation extends Hypothesis {
  /** The limit that explains the record. */
  readonly limit: number;
  /** When, by this guess, one more request fits after the last refusal. */
  readonly fitsAt: number;
}

/** What is known besides the record. */
export interface Stated {
  readonly limit: number | null;
  readonly periodMs: number | null;
  readonly refusalsCount: boolean;
}

/** Periods a refusal may be about when it does not say, the shortest first. */
export const PERIODS_MS: readonly number[] = [1_000, 60_000, 3_600_000, 86_400_000];

/**
 * Every guess that explains the record of what was accepted and what was refused, the likeliest first: with waits
 * stated, that of the shortest period; without, the one that would serve again soonest, since trying it tells most. A guess explains a record if there is a limit under which all that was accepted had room and all that
 * was refused had none, and which predicts the waits that refusals stated.
 */
export function explanations(record: readonly Sending[], stated: Stated, periods = PERIODS_MS): Explanation[] {
  const found = (stated.periodMs === null ? periods : [stated.periodMs]).flatMap((periodMs) => [
    explainRefill(record, periodMs, stated),
    explainSliding(record, periodMs, stated),
    explainFixed(record, periodMs, stated),
  ]);
  return found.filter((explanation) => explanation !== null);
}

/** Trailing count: what was accepted is a lower bound of the limit, what stood there at a refusal is an upper one. */
function explainSliding(record: readonly Sending[], periodMs: number, stated: Stated): Explanation | null {
  let least = 1;
  let most = Number.POSITIVE_INFINITY;
  let count = 0;
  let oldest = 0;
  let fitsAt = 0;
  for (const { at, accepted, refused } of record) {
    for (let entry = record[oldest]; entry !== undefined && entry.at <= at - periodMs; entry = record[++oldest]) {
      count -= chargeOf(entry, stated);
    }
    if (refused === null) {
      count += accepted;
      least = Math.max(least, count);
      continue;
    }
    most = Math.min(most, count);
    fitsAt = leavesAt(record, { from: oldest, charges: count - most + 1, stated }) + periodMs;
    if (!agrees(refused, fitsAt - at)) return null;
    count += stated.refusalsCount ? 1 : 0;
  }
  return verdict({ algorithm: 'sliding', periodMs }, { least, most, stated: stated.limit }, () => fitsAt);
}

/** When the oldest so many charges were taken, which is one period before they leave. */
function leavesAt(record: readonly Sending[], the: { from: number; charges: number; stated: Stated }): number {
  let missing = the.charges;
  for (let at = the.from; at < record.length; at++) {
    missing -= chargeOf(record[at] as Sending, the.stated);
    if (missing <= 0) return (record[at] as Sending).at;
  }
  return record.at(-1)?.at ?? 0;
}

/**
 * Fixed periods: stated waits name the boundary, and all of them must name the same one. Without a stated wait nothing
 * places it, and one of the other guesses has to do.
 */
function explainFixed(record: readonly Sending[], periodMs: number, stated: Stated): Explanation | null {
  const ends = boundary(record, periodMs);
  if (ends === null) return null;
  const [earliest, endsAt] = ends;
  let least = 1;
  let most = Number.POSITIVE_INFINITY;
  let count = 0;
  let period = Number.NEGATIVE_INFINITY;
  for (const { at, accepted, refused } of record) {
    // What left while the boundary may have been passed already counts for the later period.
    const current = Math.floor((at - earliest) / periodMs);
    if (current !== period) count = 0;
    period = current;
    count += accepted;
    if (refused === null) least = Math.max(least, count);
    else {
      most = Math.min(most, count);
      count += stated.refusalsCount ? 1 : 0;
    }
  }
  const guess = { algorithm: 'fixed', periodMs, endsAt, uncertainMs: endsAt - earliest } as const;
  return verdict(guess, { least, most, stated: stated.limit }, () => endsAt);
}

/** The interval in which the last boundary named lies, as far as all stated waits allow; null when they disagree. */
function boundary(record: readonly Sending[], periodMs: number): readonly [number, number] | null {
  let known: readonly [number, number] | null = null;
  for (const { at, refused } of record) {
    if (refused === null || Number.isNaN(refused)) continue;
    if (refused > periodMs + SLACK_MS) return null;
    const toleranceMs = wholeSecondsMs(refused) + SLACK_MS;
    const said = [at + refused - toleranceMs, at + refused + toleranceMs] as const;
    const periods: number = known === null ? 0 : Math.round((said[0] + said[1] - known[0] - known[1]) / 2 / periodMs);
    const shiftMs: number = periods * periodMs;
    known = known === null ? said : [Math.max(known[0] + shiftMs, said[0]), Math.min(known[1] + shiftMs, said[1])];
    if (known[0] > known[1]) return null;
  }
  return known;
}

/** Token bucket: the least limit whose level never ran dry before an acceptance, the greatest that was dry at each refusal. */
function explainRefill(record: readonly Sending[], periodMs: number, stated: Stated): Explanation | null {
  // The smallest bucket that refills this fast would have had room.
  if (!replay(record, periodMs, { limit: 1, stated }).everyRefusalFits) return null;
  const total = record.reduce((sum, { accepted }) => sum + accepted, 1);
  const [, least] = bisect(1, total, (limit) => replay(record, periodMs, { limit, stated }).everyAcceptanceFits);
  // At the bound itself a refused request would have had room.
  const [most] = bisect(1, total * 2, (limit) => !replay(record, periodMs, { limit, stated }).everyRefusalFits);
  return verdict({ algorithm: 'refill', periodMs }, { least, most, stated: stated.limit }, (limit) => {
    const { fitsAt, waitsAgree } = replay(record, periodMs, { limit, stated });
    return waitsAgree ? fitsAt : null;
  });
}

function replay(record: readonly Sending[], periodMs: number, { limit, stated }: { limit: number; stated: Stated }) {
  const rate = limit / periodMs;
  let level = limit;
  let before = record[0]?.at ?? 0;
  let fitsAt = before;
  const run = { everyAcceptanceFits: true, everyRefusalFits: true, waitsAgree: true, fitsAt };
  for (const { at, accepted, refused } of record) {
    level = Math.min(limit, level + rate * (at - before)) - accepted;
    before = at;
    if (level < -EPSILON) run.everyAcceptanceFits = false;
    if (refused === null) continue;
    if (level >= 1 - EPSILON) run.everyRefusalFits = false;
    fitsAt = at + Math.max(0, 1 - level) / rate;
    // A fraction of a request more or less in the sums moves the prediction by as much of its refill time.
    if (!agrees(refused, fitsAt - at, 1 / rate)) run.waitsAgree = false;
    run.fitsAt = fitsAt;
    if (stated.refusalsCount) level = Math.max(0, level - 1);
  }
  return run;
}

function chargeOf({ accepted, refused }: Sending, { refusalsCount }: Stated): number {
  return accepted + (refusalsCount && refused !== null ? 1 : 0);
}

function verdict(
  guess: Hypothesis,
  bounds: { readonly least: number; readonly most: number; readonly stated: number | null },
  fitsAt: (limit: number) => number | null,
): Explanation | null {
  const { least, most, stated } = bounds;
  if (most < 1 || !Number.isFinite(most)) return null;
  // Requests that left together arrive in any order, so the bounds may cross by a hair.
  if (least > most * (1 + SLACK) + Math.min(1, most / 10)) return null;
  if (stated !== null && (stated < least * (1 - SLACK) - 1 || stated > most * (1 + SLACK) + 1)) return null;
  const limit = stated ?? Math.floor(most);
  const at = fitsAt(limit);
  return at === null ? null : { ...guess, limit: Math.max(1, limit), fitsAt: at };
}

/** Stated waits come in whole seconds, rounded up or down, or exact but for the way there and back. */
function agrees(statedMs: number, predictedMs: number, extraMs = 0): boolean {
  if (Number.isNaN(statedMs)) return true;
  return Math.abs(statedMs - predictedMs) <= wholeSecondsMs(statedMs) + SLACK_MS + statedMs * SLACK + extraMs;
}

function wholeSecondsMs(statedMs: number): number {
  return statedMs % 1_000 === 0 ? 1_000 : 0;
}

/** Two values between `low` and `high` that lie close together: at the greater `holds` is true, at the lesser not yet. */
function bisect(low: number, high: number, holds: (value: number) => boolean): readonly [number, number] {
  if (holds(low)) return [low, low];
  for (let round = 0; round < 32 && high - low > EPSILON; round++) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return [low, high];
}

const SLACK = 0.02;
const SLACK_MS = 250;
const EPSILON = 1e-6;
