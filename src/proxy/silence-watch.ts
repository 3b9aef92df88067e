import type { Clock, Timer } from '../clock.ts';

/** Something that must not be silent for too long. */
export interface Watched {
  /**
   * Looks whether it was silent for too long, and says in how many milliseconds to look again. Until `watch` or a look
   * comes back to it, it cannot become overdue earlier than that.
   */
  look(now: number): number;
}

/**
 * Watches over everything that is under way with a single timer, at the earliest instant at which anything can be
 * overdue. Hardly anything ever is, and what begins later is overdue later: so while anything is under way the timer is
 * neither set anew for a request nor cancelled after it, which would cost more than all the rest of watching.
 */
export class SilenceWatch {
  readonly #clock: Clock;
  readonly #watched = new Set<Watched>();
  #timer: Timer | null = null;
  #looksAt = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins to look after `one`, for the first time `firstMs` from `now`, which is an instant on the clock. */
  watch(one: Watched, now: number, firstMs: number): void {
    this.#watched.add(one);
    this.#lookAt(now + firstMs, now);
  }

  unwatch(one: Watched): void {
    this.#watched.delete(one);
    if (this.#watched.size === 0) this.#rest();
  }

  /** Looks after nothing any more. */
  close(): void {
    this.#watched.clear();
    this.#rest();
  }

  #rest(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#looksAt = Number.POSITIVE_INFINITY;
  }

  #lookAt(at: number, now: number): void {
    if (at >= this.#looksAt) return;
    this.#timer?.cancel();
    this.#looksAt = at;
    this.#timer = this.#clock.setTimer(at - now, () => this.#look());
  }

  #look(): void {
    this.#timer = null;
    this.#looksAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const one of this.#watched) nextMs = Math.min(nextMs, one.look(now));
    if (this.#watched.size > 0 && Number.isFinite(nextMs)) this.#lookAt(now + nextMs, now);
  }
}
