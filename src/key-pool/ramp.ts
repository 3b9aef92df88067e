import type { Gate, Passage, Span } from './gate.ts';
import type { RefusalTiming } from './refusal-timing.ts';

/**
 * Slow start for a bucket whose limit nobody knows. At most `window` requests are unacknowledged at a time, and each
 * acknowledgement admits one more, so the window doubles each time it is acknowledged. The window is spread evenly
 * over several refusal times: when the first refusal arrives, little of it has been sent in vain.
 */
export class Ramp implements Gate {
  readonly #timing: RefusalTiming;
  #window: number;
  #unacknowledged: Passage[] = [];
  /** The limit that was inferred meanwhile, once the window has come up to it. */
  #reached: { readonly limit: number; readonly periodMs: number } | null = null;
  #nextAt = Number.NEGATIVE_INFINITY;

  constructor(timing: RefusalTiming, window: number) {
    this.#timing = timing;
    this.#window = window;
  }

  get window(): number {
    return this.#window;
  }

  opensAt(_need: unknown, now: number): number {
    this.#acknowledgeSilence(now);
    const oldest = this.#unacknowledged[0];
    if (this.#reached !== null) return Math.max(now, this.#nextAt);
    // With nothing at stake there is nothing to spread: one caller after another is not kept waiting.
    if (oldest === undefined) return now;
    if (this.#unacknowledged.length >= this.#window) return this.#timing.acknowledgedAt(oldest);
    return Math.max(now, this.#nextAt);
  }

  /**
   * A limit was inferred and reached. From now on its window is what binds, and requests are only spread as before:
   * an inference that proves wrong is noticed after a few refusals and not after a whole window of them.
   */
  reach(limit: number, periodMs: number): void {
    this.#reached = { limit, periodMs };
  }

  enter(passage: Passage, now: number): void {
    this.#unacknowledged.push(passage);
    this.#nextAt = now + this.#spacingMs;
  }

  sent(): void {}

  accepted(passage: Passage): void {
    if (this.#drop(passage)) this.#window++;
  }

  leave(passage: Passage): void {
    this.#drop(passage);
  }

  /** A refusal: what is known now is an upper bound, so half of it is a fair new start. */
  halve(): void {
    this.#window = Math.max(1, this.#window / 2);
  }

  /**
   * What is served by then if nothing is refused: the window grows with every acknowledgement, so a line at a key of
   * unknown limit is not told that it has to wait as if the first trickle were all there is.
   */
  supply(_need: unknown, now: number, { until }: Span): number {
    if (this.#reached !== null) return 1 + Math.floor((until - now) / this.#spacingMs);
    const free = Math.max(0, Math.floor(this.#window) - this.#unacknowledged.length);
    const doublings = Math.min(MOST_DOUBLINGS, (until - now) / (this.#timing.rampMs + this.#timing.silenceMs));
    return free + Math.floor(this.#window * (2 ** doublings - 1));
  }

  describe(_now: number, wait: string): string {
    return `limit unknown, starting slowly${wait}: ${this.#unacknowledged.length} of at most ${Math.floor(this.#window)} unacknowledged`;
  }

  /** False for what was acknowledged before. */
  #drop(passage: Passage): boolean {
    const at = this.#unacknowledged.indexOf(passage);
    if (at >= 0) this.#unacknowledged.splice(at, 1);
    return at >= 0;
  }

  #acknowledgeSilence(now: number): void {
    for (let oldest = this.#unacknowledged[0]; oldest !== undefined; oldest = this.#unacknowledged[0]) {
      if (this.#timing.acknowledgedAt(oldest) > now) return;
      this.#unacknowledged.shift();
      this.#window++;
    }
  }

  get #spacingMs(): number {
    if (this.#reached === null) return this.#timing.rampMs / this.#window;
    const { limit, periodMs } = this.#reached;
    return Math.min(this.#timing.rampMs, periodMs * REACHED_SPREAD) / limit;
  }
}

/** Far beyond any queue; a forecast of days must not overflow. */
const MOST_DOUBLINGS = 30;

/** Of a period, what spreading may take at most: the rest is for the window itself. */
const REACHED_SPREAD = 0.25;
