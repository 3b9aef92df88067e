import type { Dimension, TypedLimit } from '../model/limit.ts';

/** The provider's own bookkeeping. It shares no code with the key pool, so that each can prove the other wrong. */
export interface RateLimit {
  readonly dimension: Dimension;
  readonly limit: number;
  readonly periodMs: number;
  readonly algorithm: SimulatedAlgorithm;
}

export type SimulatedAlgorithm = 'fixed' | 'sliding' | 'refill';
export const SIMULATED_ALGORITHMS: readonly SimulatedAlgorithm[] = ['fixed', 'sliding', 'refill'];

/** One window of one quota group. Times are milliseconds on the provider's clock and must not run backwards. */
export interface RateWindow {
  /** What could be taken now, in whole units; negative after a charge beyond the limit. */
  left(now: number): number;
  fits(now: number, cost: number): boolean;
  /** Takes the cost, whether it fits or not. */
  take(now: number, cost: number): void;
  /** Takes the cost of a call that was refused: as `take`, except that a bucket is emptied and no further. */
  waste(now: number, cost: number): void;
  /** How long until the cost fits if nothing else is taken; `Infinity` when it exceeds the limit itself. */
  waitFor(now: number, cost: number): number;
  /** How long until the window is whole again. */
  fullIn(now: number): number;
}

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** What a provider can limit: what an operator can type, and the finer periods some providers enforce. */
export interface SimulatedLimit extends TypedLimit {
  readonly rps?: number;
  readonly tps?: number;
  readonly tph?: number;
  /** Enforced, but never announced in a header. */
  readonly hidden?: boolean;
}

const FIGURES = [
  { name: 'rps', dimension: 'requests', periodMs: SECOND_MS },
  { name: 'rpm', dimension: 'requests', periodMs: MINUTE_MS },
  { name: 'rph', dimension: 'requests', periodMs: HOUR_MS },
  { name: 'rpd', dimension: 'requests', periodMs: DAY_MS },
  { name: 'tps', dimension: 'tokens', periodMs: SECOND_MS },
  { name: 'tpm', dimension: 'tokens', periodMs: MINUTE_MS },
  { name: 'tph', dimension: 'tokens', periodMs: HOUR_MS },
  { name: 'tpd', dimension: 'tokens', periodMs: DAY_MS },
  { name: 'itpm', dimension: 'input-tokens', periodMs: MINUTE_MS },
  { name: 'otpm', dimension: 'output-tokens', periodMs: MINUTE_MS },
] as const;

/** The rate limits behind one typed entry; concurrency is no rate and is left to the meter. */
export function rateLimitsOf(typed: SimulatedLimit): RateLimit[] {
  const algorithm = typed.window ?? 'refill';
  return FIGURES.flatMap(({ name, dimension, periodMs }) => {
    const limit = typed[name];
    return limit === undefined ? [] : [{ dimension, limit, periodMs, algorithm }];
  });
}

/** A fixed window's first period begins at `startedAt`. */
export function openWindow(limit: RateLimit, startedAt: number): RateWindow {
  switch (limit.algorithm) {
    case 'fixed':
      return new FixedWindow(limit, startedAt);
    case 'sliding':
      return new SlidingWindow(limit);
    case 'refill':
      return new RefillWindow(limit, startedAt);
  }
}

/** A sum of floats lands a hair beside the instant it means: by this much after a hundred days of milliseconds. */
const NOISE_US = 1e-2;

/** Whole microseconds, rounded up, so that comparisons are exact and a caller who waited as told is never early. */
function microseconds(ms: number): number {
  return Math.ceil(ms * 1_000 - NOISE_US);
}

/** Counts what fell into the current period; everything is forgotten when the next one begins. */
class FixedWindow implements RateWindow {
  readonly #limit: number;
  readonly #periodUs: number;
  readonly #startUs: number;
  #period = 0;
  #used = 0;

  constructor({ limit, periodMs }: RateLimit, startedAt: number) {
    this.#limit = limit;
    this.#periodUs = microseconds(periodMs);
    this.#startUs = microseconds(startedAt);
  }

  left(now: number): number {
    this.#turn(now);
    return this.#limit - this.#used;
  }

  fits(now: number, cost: number): boolean {
    return cost <= this.left(now);
  }

  take(now: number, cost: number): void {
    this.#turn(now);
    this.#used += cost;
  }

  waste(now: number, cost: number): void {
    this.take(now, cost);
  }

  waitFor(now: number, cost: number): number {
    if (this.fits(now, cost)) return 0;
    return cost > this.#limit ? Number.POSITIVE_INFINITY : this.#untilNextPeriod(now);
  }

  fullIn(now: number): number {
    return this.left(now) === this.#limit ? 0 : this.#untilNextPeriod(now);
  }

  #untilNextPeriod(now: number): number {
    return (this.#startUs + (this.#period + 1) * this.#periodUs - microseconds(now)) / 1_000;
  }

  #turn(now: number): void {
    const period = Math.floor((microseconds(now) - this.#startUs) / this.#periodUs);
    if (period === this.#period) return;
    this.#period = period;
    this.#used = 0;
  }
}

interface Taken {
  readonly atUs: number;
  readonly cost: number;
}

/** Counts what was taken in the trailing period, each charge leaving exactly one period after it came. */
class SlidingWindow implements RateWindow {
  readonly #limit: number;
  readonly #periodUs: number;
  #taken: Taken[] = [];
  /** Index of the oldest charge that still counts; the array is compacted when half of it is spent. */
  #oldest = 0;
  #used = 0;

  constructor({ limit, periodMs }: RateLimit) {
    this.#limit = limit;
    this.#periodUs = microseconds(periodMs);
  }

  left(now: number): number {
    this.#expire(now);
    return this.#limit - this.#used;
  }

  fits(now: number, cost: number): boolean {
    return cost <= this.left(now);
  }

  take(now: number, cost: number): void {
    this.#expire(now);
    this.#taken.push({ atUs: microseconds(now), cost });
    this.#used += cost;
  }

  waste(now: number, cost: number): void {
    this.take(now, cost);
  }

  waitFor(now: number, cost: number): number {
    if (this.fits(now, cost)) return 0;
    if (cost > this.#limit) return Number.POSITIVE_INFINITY;
    let used = this.#used;
    for (let at = this.#oldest; at < this.#taken.length; at++) {
      const { atUs, cost: freed } = this.#taken[at] as Taken;
      used -= freed;
      if (used + cost <= this.#limit) return (atUs + this.#periodUs - microseconds(now)) / 1_000;
    }
    return 0;
  }

  fullIn(now: number): number {
    this.#expire(now);
    const newest = this.#taken.at(-1);
    return newest === undefined ? 0 : Math.max(0, (newest.atUs + this.#periodUs - microseconds(now)) / 1_000);
  }

  #expire(now: number): void {
    const gone = microseconds(now) - this.#periodUs;
    for (let next = this.#taken[this.#oldest]; next !== undefined && next.atUs <= gone; ) {
      this.#used -= next.cost;
      next = this.#taken[++this.#oldest];
    }
    if (this.#oldest > 0 && this.#oldest * 2 >= this.#taken.length) {
      this.#taken = this.#taken.slice(this.#oldest);
      this.#oldest = 0;
    }
  }
}

/**
 * A continuous token bucket, as OpenAI, Groq and Anthropic meter: `capacity(t + dt) = min(L, capacity + L/w · dt)`.
 * The level is kept in units × microseconds of the period, as an integer, so that no sequence of calls can drift.
 */
class RefillWindow implements RateWindow {
  readonly #limit: bigint;
  readonly #periodUs: bigint;
  readonly #full: bigint;
  #level: bigint;
  #atUs: number;

  constructor({ limit, periodMs }: RateLimit, startedAt: number) {
    this.#limit = BigInt(limit);
    this.#periodUs = BigInt(microseconds(periodMs));
    this.#full = this.#limit * this.#periodUs;
    this.#level = this.#full;
    this.#atUs = microseconds(startedAt);
  }

  left(now: number): number {
    this.#refill(now);
    const whole = this.#level / this.#periodUs;
    // Division of bigints truncates towards zero; a debt of half a unit is still a debt.
    return Number(this.#level < 0n && whole * this.#periodUs !== this.#level ? whole - 1n : whole);
  }

  fits(now: number, cost: number): boolean {
    this.#refill(now);
    return BigInt(cost) * this.#periodUs <= this.#level;
  }

  take(now: number, cost: number): void {
    this.#refill(now);
    this.#level -= BigInt(cost) * this.#periodUs;
  }

  waste(now: number, cost: number): void {
    this.#refill(now);
    if (this.#level <= 0n) return;
    this.take(now, cost);
    if (this.#level < 0n) this.#level = 0n;
  }

  waitFor(now: number, cost: number): number {
    if (this.fits(now, cost)) return 0;
    return BigInt(cost) > this.#limit ? Number.POSITIVE_INFINITY : this.#untilLevel(BigInt(cost) * this.#periodUs);
  }

  fullIn(now: number): number {
    this.#refill(now);
    return this.#untilLevel(this.#full);
  }

  #untilLevel(level: bigint): number {
    const missing = level - this.#level;
    if (missing <= 0n) return 0;
    if (this.#limit === 0n) return Number.POSITIVE_INFINITY;
    return Number((missing + this.#limit - 1n) / this.#limit) / 1_000;
  }

  #refill(now: number): void {
    const nowUs = microseconds(now);
    if (nowUs <= this.#atUs) return;
    const level = this.#level + this.#limit * BigInt(nowUs - this.#atUs);
    this.#level = level > this.#full ? this.#full : level;
    this.#atUs = nowUs;
  }
}
