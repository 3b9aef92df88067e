import { performance } from 'node:perf_hooks';

/**
 * Time, as the whole program sees it. Durations and deadlines run on `now`, which no clock step can move;
 * `wallNow` is for what a person or a provider reads as a date.
 */
export interface Clock {
  /** Monotonic milliseconds. Only differences mean anything. */
  now(): number;
  /** Milliseconds since the Unix epoch. */
  wallNow(): number;
  /** Calls `callback` once, `delayMs` from now at the earliest. */
  setTimer(delayMs: number, callback: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

/** `setTimeout` fires at once for anything longer, so longer delays are taken in steps. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

class SystemTimer implements Timer {
  readonly #dueAt: number;
  readonly #callback: () => void;
  #handle: NodeJS.Timeout;

  constructor(delayMs: number, callback: () => void) {
    this.#dueAt = performance.now() + delayMs;
    this.#callback = callback;
    this.#handle = this.#arm(delayMs);
  }

  #arm(delayMs: number): NodeJS.Timeout {
    if (delayMs <= LONGEST_TIMEOUT_MS) return setTimeout(this.#callback, Math.max(0, delayMs));
    return setTimeout(() => {
      this.#handle = this.#arm(this.#dueAt - performance.now());
    }, LONGEST_TIMEOUT_MS);
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimer: (delayMs, callback) => new SystemTimer(delayMs, callback),
};

/**
 * A clock that runs `speed` times as fast as the real one, from a common origin. Everything that shares it
 * agrees on what a minute is, so a simulated provider of 20 requests a minute stays one of 20 requests a minute.
 */
export function scaledClock(speed: number, base: Clock = systemClock): Clock {
  const origin = base.now();
  const wallOrigin = base.wallNow();
  return {
    now: () => origin + (base.now() - origin) * speed,
    wallNow: () => wallOrigin + (base.now() - origin) * speed,
    setTimer: (delayMs, callback) => base.setTimer(delayMs / speed, callback),
  };
}

/** What may end a sleep early. Every `AbortSignal` is one. */
interface Interruption {
  readonly aborted: boolean;
  addEventListener(event: 'abort', listener: () => void): void;
  removeEventListener(event: 'abort', listener: () => void): void;
}

/** Resolves after `delayMs`, or as soon as `signal` aborts; never rejects. Look at the signal afterwards. */
export function sleep(clock: Clock, delayMs: number, signal?: Interruption): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const wake = () => {
      timer.cancel();
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = clock.setTimer(delayMs, wake);
    signal?.addEventListener('abort', wake);
  });
}
