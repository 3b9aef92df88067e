/**
 * What callers make of the times they are told: whether they come back, and how late. A place is kept for its caller
 * only as long as most do come, because a place kept for nobody is room lost.
 */
export class Punctuality {
  #share = 1;
  #meanMs = 0;
  #deviationMs = 0;

  get mostComeBack(): boolean {
    return this.#share >= MOST;
  }

  /** Few are later than by the mean and two deviations. */
  get latenessMs(): number {
    return Math.max(LEAST_LATENESS_MS, this.#meanMs + 2 * this.#deviationMs);
  }

  cameBack(lateMs: number): void {
    this.#share += (1 - this.#share) * GAIN;
    const error = Math.max(0, lateMs) - this.#meanMs;
    this.#meanMs += error * GAIN;
    this.#deviationMs += (Math.abs(error) - this.#deviationMs) * GAIN;
  }

  stayedAway(): void {
    this.#share -= this.#share * GAIN;
  }
}

const MOST = 0.5;
/** How much one caller moves the figures. */
const GAIN = 1 / 16;
/** About the way there and back. It is told to everyone, so a figure that fell would make what others were told too early. */
const LEAST_LATENESS_MS = 50;
