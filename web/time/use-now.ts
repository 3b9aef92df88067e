import { useSyncExternalStore } from 'react';
import { serverNow } from './server-clock.ts';

/** One timer for each step, however many components look at it; none while the page is hidden. */
class Ticker {
  readonly #stepMs: number;
  readonly #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setInterval> | null = null;
  #now = serverNow();

  constructor(stepMs: number) {
    this.#stepMs = stepMs;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#start();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#stop();
    };
  };

  readonly read = (): number => this.#now;

  readonly #tick = (): void => {
    if (document.hidden) return;
    this.#now = serverNow();
    for (const listener of this.#listeners) listener();
  };

  #start(): void {
    this.#now = serverNow();
    this.#timer = setInterval(this.#tick, this.#stepMs);
    document.addEventListener('visibilitychange', this.#tick);
  }

  #stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    document.removeEventListener('visibilitychange', this.#tick);
  }
}

const tickers = new Map<number, Ticker>();

function tickerOf(stepMs: number): Ticker {
  const known = tickers.get(stepMs);
  if (known !== undefined) return known;
  const made = new Ticker(stepMs);
  tickers.set(stepMs, made);
  return made;
}

/** Rotato's clock, read anew every `stepMs`; the component renders with it. */
export function useNow(stepMs: number): number {
  const ticker = tickerOf(stepMs);
  return useSyncExternalStore(ticker.subscribe, ticker.read);
}
