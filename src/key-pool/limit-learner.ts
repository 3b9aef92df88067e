import type { Outcome } from '../model/outcome.ts';
import type { Bucket } from './bucket.ts';
import { everyPeriod } from './fixed-meter.ts';
import type { GrantedLease } from './granted-lease.ts';
import { type Explanation, explanations, PERIODS_MS } from './hypothesis.ts';
import { amountOf } from './need.ts';
import type { PooledProvider } from './pooled-provider.ts';
import { Ramp } from './ramp.ts';
import { RateWindow } from './rate-window.ts';
import { boundedWait, type PoolSettings } from './settings.ts';
import { learnTokens } from './token-learner.ts';

interface Refused {
  readonly lease: GrantedLease;
  readonly provider: PooledProvider;
  readonly settings: PoolSettings;
  readonly now: number;
}

type RateLimited = Extract<Outcome, { kind: 'rate-limited' }>;

/**
 * What a refusal for rate teaches. The windows that are known may explain it; else whichever guess at a hidden window
 * explains everything that was accepted and refused so far becomes a window of its own.
 */
export function learnRefusal(refused: Refused, outcome: RateLimited): void {
  const { lease, provider, now, settings } = refused;
  const { bucket, key } = lease.seat;
  // Inside a stream that began as a success it does not tell how long this provider takes to refuse.
  const revoked = lease.isPassed || provider.timing.refused(lease, now);
  if (revoked) bucket.ramp?.halve();
  const sentAt = lease.sentAt ?? now;
  bucket.record.refused(sentAt, outcome.waitMs);
  const statedMs = outcome.waitMs === null ? null : boundedWait(outcome.waitMs, settings.longestRestMs);
  if (outcome.scope !== 'bucket' || outcome.ramp) {
    const standing = outcome.scope === 'key' ? key.standing : key.group.standing;
    if (statedMs === null && standing.restedSince(lease.enteredAt)) return;
    const backoffMs = statedMs ?? settings.refusalTimeMs * 2 ** Math.min(MOST_DOUBLINGS, standing.setbacks);
    standing.set({ kind: 'cooling', until: now + backoffMs, reason: outcome.reason, probe: statedMs === null }, now);
    return;
  }
  const full = explainingWindow(lease, outcome, now);
  if (full !== null) anchor(full, lease, { fitsInMs: statedMs, now });
  const guess = full !== null ? null : learnWindow(refused, outcome);
  // Refusals that were under way together are one setback.
  const setbacks = bucket.standing.restedSince(lease.enteredAt) ? 0 : bucket.standing.setbacks;
  const backoffMs = settings.refusalTimeMs * 2 ** Math.min(MOST_DOUBLINGS, setbacks);
  const predictedMs =
    guess === null ? backoffMs : Math.max(guess.fitsAt - now + settings.arrivalSpread * guess.periodMs, backoffMs / 2);
  const until = now + Math.min(statedMs ?? predictedMs, settings.longestRestMs);
  const rest = { kind: 'cooling', until, reason: outcome.reason, probe: full === null } as const;
  bucket.standing.set(rest, now);
  // Keys that seem to share the quota would only be told the same.
  for (const { group } of provider.detection.suspects(key)) group.bucket(lease.modelClass).standing.set(rest, now);
}

/** A window that is full by our own books as well: the refusal needs no further explanation. */
function explainingWindow({ seat }: GrantedLease, { dimension }: RateLimited, now: number): RateWindow | null {
  for (const window of seat.windows()) {
    if (dimension !== null && window.dimension !== dimension) continue;
    if (window.source === 'inferred' || window.source === 'stated') continue;
    if (window.left(now) < 1) return window;
  }
  return null;
}

/**
 * A bucket that refuses a request holds less than it asked for, and just as much at the stated time, whatever our sums
 * say: they may be ahead by a fraction, and would stay so.
 */
function anchor(
  window: RateWindow,
  lease: GrantedLease,
  { fitsInMs, now }: { fitsInMs: number | null; now: number },
): void {
  if (window.algorithm !== 'refill' || lease.reconciled?.has(window) === true) return;
  const cost = Math.max(1, amountOf(lease.need, window.dimension));
  const holds = fitsInMs === null ? 0 : Math.max(0, cost - window.gain(now, now + fitsInMs));
  const refunded = window.left(now) + cost;
  if (refunded <= holds) return;
  window.setLeft(holds, now);
  lease.reconciled ??= new Set();
  lease.reconciled.add(window);
}

function learnWindow(refused: Refused, outcome: RateLimited): Explanation | null {
  const { lease, provider, settings, now } = refused;
  const { bucket, key } = lease.seat;
  const dimension = outcome.dimension ?? 'requests';
  if (dimension !== 'requests') {
    learnTokens(refused, { ...outcome, dimension });
    return null;
  }
  const sentAt = lease.sentAt ?? now;
  const record = bucket.record.entries.filter(({ at }) => at <= sentAt);
  const { refusalsCount } = provider.config.traits;
  const guesses = explanations(record, { ...outcome, refusalsCount }, hiddenPeriods(bucket));
  const guess =
    (outcome.waitMs === null ? worthTrying(guesses, sentAt, settings.refusalTimeMs) : guesses[0]) ??
    guesses.at(-1) ??
    fallBack(bucket, outcome, sentAt);
  if (guess === null) return null;
  adopt(refused, guess, { source: outcome.limit === null ? 'inferred' : 'stated', emptyForMs: outcome.waitMs });
  bucket.awaitsAcceptance = outcome.waitMs === null;
  key.group.reviewPace(bucket);
  // While other guesses explain it as well, the figure is approached slowly, as an unknown one would be; and so is one
  // that gives everything back at once, where a wrong guess would cost a whole window of refusals.
  bucket.ramp = new Ramp(provider.timing, 1);
  if (guesses.length <= 1 && guess.algorithm !== 'fixed') bucket.ramp.reach(guess.limit, guess.periodMs);
  key.group.changed();
  return guess;
}

/**
 * Without a stated wait one request tries again when a guess says that it fits. Of guesses that would be tried within
 * a few refusal times of each other, the latest is: its one trial tests them all.
 */
function worthTrying(
  guesses: readonly Explanation[],
  refusedAt: number,
  refusalTimeMs: number,
): Explanation | undefined {
  const bySoonest = [...guesses].sort((one, other) => one.fitsAt - other.fitsAt);
  return bySoonest.findLast(({ fitsAt }) => fitsAt <= refusedAt + refusalTimeMs * SAME_TRIAL) ?? bySoonest[0];
}

/** Where a window is announced or typed and has room, a hidden one is shorter. */
function hiddenPeriods(bucket: Bucket): number[] {
  const known = bucket.limits.windows.filter(
    ({ dimension, source }) => dimension === 'requests' && source !== 'inferred',
  );
  const shortest = Math.min(...known.map(({ periodMs }) => periodMs));
  return PERIODS_MS.filter((periodMs) => periodMs < shortest);
}

/** When nothing explains the record any more, what was believed last is kept with a lower figure. */
function fallBack(bucket: Bucket, { limit, periodMs, waitMs }: RateLimited, at: number): Explanation | null {
  const believed = bucket.limits.windows.find(
    ({ source, dimension }) => dimension === 'requests' && source === 'inferred',
  );
  const period = periodMs ?? believed?.periodMs ?? PERIODS_MS.find((one) => waitMs !== null && one >= waitMs);
  if (period === undefined) return null;
  const accepted = Math.max(1, bucket.record.acceptedWithin(period, at));
  if (believed?.algorithm !== 'refill')
    return { algorithm: 'sliding', periodMs: period, limit: limit ?? accepted, fitsAt: at };
  const lower = Math.max(1, Math.min(accepted, Math.floor(believed.limit * DECREASE)));
  return { algorithm: 'refill', periodMs: period, limit: limit ?? lower, fitsAt: at };
}

interface Adopted {
  readonly source: 'inferred' | 'stated';
  /** After a refusal: how long it asked to wait, or null; undefined after an acceptance. */
  readonly emptyForMs?: number | null;
}

function adopt(
  { lease, provider, now }: Omit<Refused, 'settings'>,
  guess: Explanation,
  { source, emptyForMs }: Adopted,
): void {
  const { bucket } = lease.seat;
  const { limits } = bucket;
  for (const window of limits.windows) {
    if (window.dimension === 'requests' && window.periodMs !== guess.periodMs) limits.withdraw(window, 'inferred', now);
  }
  let window = limits.window('requests', guess.periodMs);
  if (window === undefined) {
    const shape = provider.shape({ dimension: 'requests', periodMs: guess.periodMs, algorithm: null });
    window = new RateWindow(shape, source, guess.limit, now);
    limits.add(window);
  } else window.setFigure(source, guess.limit, now);
  const periods = guess.endsAt === undefined ? null : everyPeriod(guess.periodMs, guess.endsAt, window.spreadMs);
  window.adopt(provider.config.traits.algorithm ?? guess.algorithm, now, periods);
  window.replay(bucket.record.charges(provider.config.traits.refusalsCount), guess, now);
  bucket.growth.refused(now);
  // The record knows of this request already.
  lease.reconciled ??= new Set();
  lease.reconciled.add(window);
  // With hardly any history our sums are guesses: at the stated time one request goes, whatever they say.
  if (typeof emptyForMs === 'number' && bucket.record.acceptedWithin(guess.periodMs, now) <= HARDLY_ANY) {
    window.promise(now + emptyForMs);
  }
  if (emptyForMs === undefined || window.algorithm !== 'refill') return;
  // A bucket that refuses holds less than one request, and at the stated time just one, whatever our sums say.
  const shortBy = emptyForMs === null ? 1 : Math.min(1, window.gain(now, now + emptyForMs));
  if (window.left(now) > 1 - shortBy) window.setLeft(1 - shortBy, now);
}

/**
 * An acceptance. The first after a bare refusal selects the shortest period that explains both; later ones let an
 * inferred limit grow, and end a slow approach that has come up to it.
 */
export function learnAcceptance(lease: GrantedLease, provider: PooledProvider, now: number): void {
  const { bucket, key } = lease.seat;
  const sentAt = lease.sentAt ?? now;
  if (bucket.awaitsAcceptance && bucket.record.isAfterLastRefusal(sentAt)) {
    bucket.awaitsAcceptance = false;
    const { refusalsCount } = provider.config.traits;
    const record = bucket.record.entries.filter(({ at }) => at <= sentAt);
    const [guess] = explanations(record, { limit: null, periodMs: null, refusalsCount }, hiddenPeriods(bucket));
    if (guess !== undefined) adopt({ lease, provider, now }, guess, { source: 'inferred' });
    key.group.changed();
  }
  for (const window of bucket.limits.windows) {
    if (window.source !== 'inferred' || window.dimension !== 'requests') continue;
    bucket.growth.accepted(window, now);
    if (bucket.ramp !== null && bucket.ramp.window >= window.limit) bucket.ramp.reach(window.limit, window.periodMs);
  }
}

const MOST_DOUBLINGS = 12;
const SAME_TRIAL = 4;
const DECREASE = 0.95;
const HARDLY_ANY = 3;
