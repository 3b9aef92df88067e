import type { CallerSignal } from '../model/caller-signal.ts';

/**
 * The leaving of one caller, whenever it happens. An `AbortController` would do, but builds an event target, and an
 * event and a map of listeners for it, for every request; hardly ever does anybody leave, and one listens at a time.
 */
export class Departure implements CallerSignal {
  #aborted = false;
  #listeners: readonly (() => void)[] = NOBODY;

  get aborted(): boolean {
    return this.#aborted;
  }

  addEventListener(_event: 'abort', listener: () => void): void {
    if (!this.#aborted) this.#listeners = this.#listeners.length === 0 ? [listener] : [...this.#listeners, listener];
  }

  removeEventListener(_event: 'abort', listener: () => void): void {
    if (this.#listeners.length === 1 && this.#listeners[0] === listener) this.#listeners = NOBODY;
    else this.#listeners = this.#listeners.filter((one) => one !== listener);
  }

  /** Tells everyone who listens; a second time tells nobody. */
  leave(): void {
    if (this.#aborted) return;
    this.#aborted = true;
    const told = this.#listeners;
    this.#listeners = NOBODY;
    for (const listener of told) listener();
  }
}

const NOBODY: readonly (() => void)[] = [];
