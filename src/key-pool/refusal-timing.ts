import type { Passage } from './gate.ts';

/**
 * How long one provider takes to refuse. Refusals come within a fraction of a second while answers take many, so
 * silence for a few times this long means that a request was accepted, from the moment it was sent.
 */
export class RefusalTiming {
  readonly #silenceFactor: number;
  #usualMs: number;
  #seen = false;

  constructor(settings: { readonly refusalTimeMs: number; readonly silenceFactor: number }) {
    this.#usualMs = settings.refusalTimeMs;
    this.#silenceFactor = settings.silenceFactor;
  }

  get usualMs(): number {
    return this.#usualMs;
  }

  /** How long silence has to last. */
  get silenceMs(): number {
    return this.#usualMs * this.#silenceFactor;
  }

  /**
   * The time over which a slow start spreads its window. Of what is sent in that time, a refusal comes too late for
   * the share that one refusal time is of it: a sixteenth, once refusals have been timed.
   */
  get rampMs(): number {
    return this.#seen ? this.#usualMs * RAMP_FACTOR : this.silenceMs;
  }

  /** The instant from which silence counts as acceptance; Infinity while the request has not left. */
  acknowledgedAt(passage: Passage): number {
    return passage.sentAt === null ? Number.POSITIVE_INFINITY : passage.sentAt + this.silenceMs;
  }

  /** Returns true when this refusal came so late that silence had been taken for acceptance. */
  refused(passage: Passage, now: number): boolean {
    if (passage.sentAt === null) return false;
    const tookMs = Math.max(1, now - passage.sentAt);
    const late = tookMs > this.silenceMs;
    if (late || !this.#seen) this.#usualMs = late ? tookMs : Math.max(tookMs, this.#usualMs / 8);
    else this.#usualMs += (tookMs - this.#usualMs) / 4;
    this.#seen = true;
    return late;
  }

  restore(usualMs: number): void {
    this.#usualMs = usualMs;
    this.#seen = true;
  }

  get known(): boolean {
    return this.#seen;
  }
}

const RAMP_FACTOR = 16;
