import type { Gate, Passage, Span } from './gate.ts';
import type { RefusalTiming } from './refusal-timing.ts';

/**
 * A key that never succeeded carries one request at a time until its first answer or acknowledgement, so that a dead
 * key costs one request and not a burst.
 */
export class Probation implements Gate {
  readonly #timing: RefusalTiming;
  #proven = false;
  #first: Passage | null = null;
  /** While the key is suspected of sharing a quota with another, whose window would be spent twice. */
  #held = false;

  constructor(timing: RefusalTiming) {
    this.#timing = timing;
  }

  get proven(): boolean {
    return this.#proven;
  }

  prove(): void {
    this.#proven = true;
  }

  hold(held: boolean): void {
    this.#held = held;
  }

  opensAt(_need: unknown, now: number): number {
    if (this.#first === null || (this.#proven && !this.#held)) return now;
    if (this.#held) return Number.POSITIVE_INFINITY;
    const acknowledgedAt = this.#timing.acknowledgedAt(this.#first);
    if (acknowledgedAt <= now) this.#proven = true;
    return acknowledgedAt;
  }

  enter(passage: Passage): void {
    if (this.#first === null && (!this.#proven || this.#held)) this.#first = passage;
  }

  sent(): void {}

  accepted(): void {
    this.#proven = true;
  }

  leave(passage: Passage): void {
    if (this.#first === passage) this.#first = null;
  }

  expectedAt(now: number): number {
    if (this.#first === null || this.#proven) return now;
    // A request that has not left yet will, after a moment of which a refusal time is a fair measure.
    const unsent = this.#first.sentAt === null;
    return unsent ? now + this.#timing.silenceMs + this.#timing.usualMs / 2 : this.opensAt(null, now);
  }

  supply(_need: unknown, now: number, { until }: Span): number {
    return this.expectedAt(now) <= until ? Number.POSITIVE_INFINITY : 0;
  }

  describe(): string {
    return 'a key that never succeeded carries one request at a time';
  }
}
