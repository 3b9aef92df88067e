import type { Gate, Span } from './gate.ts';
import { numberText } from './wording.ts';

/** How many requests run at once, against a cap. */
export class ConcurrencyGauge implements Gate {
  #cap: number;
  #running = 0;
  #successor: ConcurrencyGauge | null = null;
  /** Smoothed time from lease to settlement, for forecasts only; null until one was seen. */
  #usualMs: number | null = null;

  constructor(cap: number) {
    this.#cap = cap;
  }

  get cap(): number {
    return this.#cap;
  }

  get running(): number {
    return this.#running;
  }

  /** Two groups turned out to be one: what runs here runs there. */
  moveInto(other: ConcurrencyGauge): void {
    other.#running += this.#running;
    other.#cap = Math.min(other.#cap, this.#cap);
    this.#successor = other;
  }

  setCap(cap: number): void {
    this.#cap = cap;
  }

  opensAt(_need: unknown, now: number): number {
    return this.#running < this.#cap ? now : Number.POSITIVE_INFINITY;
  }

  enter(): void {
    this.#running++;
  }

  sent(): void {}

  leave(passage: { readonly enteredAt: number }, ending: unknown, now: number): void {
    if (this.#successor !== null) {
      this.#successor.leave(passage, ending, now);
      return;
    }
    this.#running--;
    const tookMs = now - passage.enteredAt;
    this.#usualMs = this.#usualMs === null ? tookMs : this.#usualMs + (tookMs - this.#usualMs) / 8;
  }

  supply(_need: unknown, now: number, { until }: Span): number {
    const free = Math.max(0, this.#cap - this.#running);
    if (this.#cap === 0) return 0;
    // Each place comes free once per usual duration; with nothing to go by, a place is expected to come free in time.
    const turns = this.#usualMs === null ? 1 : (until - now) / Math.max(1, this.#usualMs);
    return free + Math.floor(this.#cap * turns);
  }

  describe(): string {
    return `${numberText(this.#running)} of ${numberText(this.#cap)} concurrent requests running`;
  }
}
