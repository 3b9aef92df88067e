import type { Span } from './gate.ts';
import type { Meter, Spread } from './meter.ts';

/** So many charges are kept apart; beyond, those closer together than this share of the period are one, as of the later. */
const KEPT_APART = 256;
const RESOLUTION = 1 / 512;

/**
 * Counts what was taken in the trailing period. It is the strictest algorithm: whoever keeps to it keeps to a fixed
 * window of any phase and to a token bucket of the same limit, which is why an unknown algorithm is taken for it.
 * Memory is bounded by the resolution, whatever the limit.
 */
export class SlidingMeter implements Meter {
  readonly #periodMs: number;
  /** A charge is held this much longer than the period: it may have arrived later than it left us. */
  readonly #holdMs: number;
  #limit: number;
  #taken = 0;
  #times: number[] = [];
  #begins: number[] = [];
  #costs: number[] = [];
  #oldest = 0;

  constructor(limit: number, { periodMs, spreadMs }: Spread) {
    this.#periodMs = periodMs;
    this.#holdMs = periodMs + spreadMs;
    this.#limit = limit;
  }

  setLimit(limit: number): void {
    this.#limit = limit;
  }

  left(now: number): number {
    this.#expire(now);
    return this.#limit - this.#taken;
  }

  fitsAt(cost: number, now: number): number {
    if (cost > this.#limit) return Number.POSITIVE_INFINITY;
    let missing = cost - this.left(now);
    if (missing <= EPSILON) return now;
    for (let at = this.#oldest; at < this.#times.length; at++) {
      missing -= this.#cost(at);
      if (missing <= EPSILON) return this.#time(at) + this.#holdMs;
    }
    return now + this.#holdMs;
  }

  take(cost: number, at: number): void {
    this.#expire(at);
    if (cost === 0) return;
    this.#taken += cost;
    const last = this.#times.length - 1;
    const nearMs = last - this.#oldest < KEPT_APART ? 0 : this.#periodMs * RESOLUTION;
    if (last >= this.#oldest && at - (this.#begins[last] as number) <= nearMs) {
      this.#costs[last] = this.#cost(last) + cost;
      this.#times[last] = Math.max(at, this.#time(last));
      return;
    }
    this.#begins.push(at);
    this.#times.push(at);
    this.#costs.push(cost);
  }

  correct(delta: number, at: number, now: number): void {
    this.#expire(now);
    let slot = this.#times.length - 1;
    while (slot >= this.#oldest && (this.#begins[slot] as number) > at) slot--;
    if (slot < this.#oldest) return;
    const change = Math.max(delta, -this.#cost(slot));
    this.#costs[slot] = this.#cost(slot) + change;
    this.#taken += change;
  }

  gain(from: number, to: number): number {
    let gained = 0;
    for (let at = 0; at < this.#times.length; at++) {
      const leaves = this.#time(at) + this.#holdMs;
      if (leaves > to) break;
      if (leaves > from) gained += this.#cost(at);
    }
    return gained;
  }

  setLeft(left: number, now: number): void {
    let excess = left - this.left(now);
    if (excess < 0) this.take(-excess, now);
    // What remains must be the youngest charges: they leave last, so nothing comes free too early.
    while (excess > EPSILON && this.#oldest < this.#times.length) {
      const freed = Math.min(excess, this.#cost(this.#oldest));
      this.#costs[this.#oldest] = this.#cost(this.#oldest) - freed;
      this.#taken -= freed;
      excess -= freed;
      if (this.#cost(this.#oldest) <= EPSILON) this.#oldest++;
    }
  }

  supply(now: number, { from, until, turnaroundMs }: Span, held: number): number {
    const spanMs = Math.max(0, until - from);
    // One who takes whatever comes free, a little later, repeats the pattern of departures with every such round.
    const roundMs = this.#holdMs + turnaroundMs;
    const rounds = Math.floor(spanMs / roundMs);
    let partial = Math.max(0, this.left(now));
    const edge = from + (spanMs - rounds * roundMs);
    for (let at = this.#oldest; at < this.#times.length && this.#time(at) + this.#holdMs <= edge; at++) {
      partial += this.#cost(at);
    }
    return rounds * this.#limit + Math.min(this.#limit, partial) - held;
  }

  charges(now: number): { at: number; cost: number }[] {
    this.#expire(now);
    return this.#times.slice(this.#oldest).map((at, index) => ({ at, cost: this.#cost(this.#oldest + index) }));
  }

  fullAt(now: number): number {
    this.#expire(now);
    const last = this.#times.length - 1;
    return last < this.#oldest ? now : this.#time(last) + this.#holdMs;
  }

  #expire(now: number): void {
    while (this.#oldest < this.#times.length && this.#time(this.#oldest) + this.#holdMs <= now) {
      this.#taken -= this.#cost(this.#oldest);
      this.#oldest++;
    }
    if (this.#oldest === this.#times.length) this.#taken = 0;
    // Departed charges are kept for a while so that `gain` can look back over a slow answer.
    if (this.#oldest > COMPACT_AT && this.#oldest * 2 > this.#times.length) {
      const drop = this.#oldest >> 1;
      this.#times = this.#times.slice(drop);
      this.#begins = this.#begins.slice(drop);
      this.#costs = this.#costs.slice(drop);
      this.#oldest -= drop;
    }
  }

  #time(slot: number): number {
    return this.#times[slot] as number;
  }

  #cost(slot: number): number {
    return this.#costs[slot] as number;
  }
}

const COMPACT_AT = 64;
/** Sums of floats land a hair beside what they mean. */
const EPSILON = 1e-6;
