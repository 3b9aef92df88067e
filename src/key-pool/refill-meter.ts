import type { Span } from './gate.ts';
import type { Meter, Spread } from './meter.ts';

/**
 * A token bucket that refills continuously: `left(t + dt) = min(limit, left + limit / period · dt)`, so a cost fits
 * after `(cost − left) · period / limit`, long before the bucket is full.
 */
export class RefillMeter implements Meter {
  readonly #periodMs: number;
  readonly #spreadMs: number;
  #limit: number;
  #level: number;
  /** The instant of the level; ahead of the clock for as long as a request that left a full bucket may take to arrive. */
  #at: number;

  constructor(limit: number, { periodMs, spreadMs }: Spread, now: number) {
    this.#periodMs = periodMs;
    this.#spreadMs = spreadMs;
    this.#limit = limit;
    this.#level = limit;
    this.#at = now;
  }

  setLimit(limit: number, now: number): void {
    const taken = this.#limit - this.left(now);
    this.#limit = limit;
    this.#level = limit - taken;
  }

  left(now: number): number {
    if (now > this.#at) {
      this.#level = Math.min(this.#limit, this.#level + this.#rate * (now - this.#at));
      this.#at = now;
    }
    return this.#level;
  }

  fitsAt(cost: number, now: number): number {
    if (cost > this.#limit) return Number.POSITIVE_INFINITY;
    const left = this.left(now);
    if (left >= cost - EPSILON) return now;
    return Math.max(now, this.#at) + (cost - left) / this.#rate;
  }

  take(cost: number, at: number): void {
    // The provider's bucket begins to refill when the request arrives, and that may be later than it left.
    if (this.left(at) >= this.#limit - EPSILON) this.#at = Math.max(this.#at, at + this.#spreadMs);
    this.#level -= cost;
  }

  correct(delta: number, _at: number, now: number): void {
    this.#level = Math.min(this.#limit, this.left(now) - delta);
  }

  gain(from: number, to: number): number {
    return this.#rate * Math.max(0, to - from);
  }

  setLeft(left: number, now: number): void {
    this.left(now);
    this.#level = Math.min(this.#limit, left);
  }

  supply(now: number, { from, until }: Span, held: number): number {
    const left = this.left(now);
    // A full bucket begins to refill when what is held reaches the provider.
    const refillsAt = held > 0 && left >= this.#limit - EPSILON ? Math.max(this.#at, now + this.#spreadMs) : this.#at;
    const begins = Math.max(refillsAt, from);
    // Until it is drawn from it fills up, and no further.
    const then = Math.min(this.#limit, left - held + this.#rate * (begins - refillsAt));
    return Math.max(0, then + this.#rate * Math.max(0, until - begins));
  }

  charges(now: number): { at: number; cost: number }[] {
    return [{ at: now, cost: this.#limit - this.left(now) }];
  }

  fullAt(now: number): number {
    return now + Math.max(0, this.#limit - this.left(now)) / this.#rate;
  }

  get #rate(): number {
    return this.#limit / this.#periodMs;
  }
}

/** Sums of floats land a hair beside what they mean. */
const EPSILON = 1e-6;
