import type { Span } from './gate.ts';
import type { Meter } from './meter.ts';

/** Where the current period ends: every `periodMs`, or at the next date of a calendar. */
export interface Periods {
  /** The instant of the reset that follows `now`. */
  endAfter(now: number): number;
}

/** Periods of equal length that follow one another from a known reset. */
export function everyPeriod(periodMs: number, knownReset: number, spreadMs: number): Periods {
  const reset = knownReset + spreadMs;
  // An instant computed as a sum may lie a hair before the boundary it stands for; it belongs behind it.
  return { endAfter: (now) => reset + (Math.floor((now - reset) / periodMs + 1e-9) + 1) * periodMs };
}

/** Everything comes back at once when the period ends. */
export class FixedMeter implements Meter {
  #limit: number;
  #periods: Periods;
  #used = 0;
  #beganAt: number;
  #endsAt: number;

  constructor(limit: number, periods: Periods, now: number) {
    this.#limit = limit;
    this.#periods = periods;
    this.#beganAt = now;
    this.#endsAt = periods.endAfter(now);
  }

  get endsAt(): number {
    return this.#endsAt;
  }

  setLimit(limit: number): void {
    this.#limit = limit;
  }

  /** Moves the boundaries without giving anything back. */
  setPeriods(periods: Periods, now: number): void {
    this.#turn(now);
    this.#periods = periods;
    this.#endsAt = periods.endAfter(now);
  }

  left(now: number): number {
    this.#turn(now);
    return this.#limit - this.#used;
  }

  fitsAt(cost: number, now: number): number {
    if (cost > this.#limit) return Number.POSITIVE_INFINITY;
    return cost <= this.left(now) ? now : this.#endsAt;
  }

  take(cost: number, at: number): void {
    this.#turn(at);
    this.#used += cost;
  }

  correct(delta: number, at: number, now: number): void {
    this.#turn(now);
    if (at >= this.#beganAt) this.#used = Math.max(0, this.#used + delta);
  }

  gain(from: number, to: number): number {
    return from < this.#beganAt && to >= this.#beganAt ? this.#limit : 0;
  }

  setLeft(left: number, now: number): void {
    this.#turn(now);
    this.#used = this.#limit - left;
  }

  supply(now: number, { from, until }: Span, held: number): number {
    let total = Math.max(0, this.left(now) - held);
    let end = this.#endsAt;
    for (let round = 0; end <= until && round < MAX_ROUNDS; round++) {
      total = end <= from ? this.#limit : total + this.#limit;
      end = this.#periods.endAfter(end);
    }
    return total;
  }

  charges(now: number): { at: number; cost: number }[] {
    this.#turn(now);
    return this.#used === 0 ? [] : [{ at: now, cost: this.#used }];
  }

  fullAt(now: number): number {
    return this.left(now) >= this.#limit ? now : this.#endsAt;
  }

  #turn(now: number): void {
    if (now < this.#endsAt) return;
    this.#used = 0;
    this.#beganAt = this.#endsAt;
    this.#endsAt = this.#periods.endAfter(now);
  }
}

/** A forecast over more periods than this is a guess in any case. */
const MAX_ROUNDS = 10_000;
