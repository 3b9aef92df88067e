import type { Clock, Timer } from '../../src/clock.ts';

/** Another clock that knows how many of its timers are still to fire. */
export class CountingClock implements Clock {
  readonly #base: Clock;
  #running = 0;

  constructor(base: Clock) {
    this.#base = base;
  }

  get timersRunning(): number {
    return this.#running;
  }

  now(): number {
    return this.#base.now();
  }

  wallNow(): number {
    return this.#base.wallNow();
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    this.#running++;
    let isRunning = true;
    const over = () => {
      if (isRunning) this.#running--;
      isRunning = false;
    };
    const timer = this.#base.setTimer(delayMs, () => {
      over();
      callback();
    });
    return {
      cancel() {
        over();
        timer.cancel();
      },
    };
  }
}
