import type { Clock } from '../clock.ts';

/** A clock that was set by more than this is not yet believed. */
const STEP_MS = 5 * 60_000;
/** For as long as it takes somebody, or NTP, to notice a wrong date. */
const BELIEVED_AFTER_MS = 60 * 60_000;

/**
 * The date, for deciding what is too old to keep. After a step of the clock it is unknown for an hour: a wrong date that
 * is set right again must not have emptied the log meanwhile.
 */
export class SteadyDate {
  readonly #clock: Clock;
  #offset: number;
  #believedFrom: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offset = clock.wallNow() - clock.now();
    this.#believedFrom = clock.now();
  }

  /** Wall-clock milliseconds; null while they are not believed. Ask often: a step is noticed by asking. */
  now(): number | null {
    const now = this.#clock.now();
    const wallNow = this.#clock.wallNow();
    const offset = wallNow - now;
    if (Math.abs(offset - this.#offset) > STEP_MS) this.#believedFrom = now + BELIEVED_AFTER_MS;
    this.#offset = offset;
    return now >= this.#believedFrom ? wallNow : null;
  }
}
