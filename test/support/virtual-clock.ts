import type { Clock, Timer } from '../../src/clock.ts';

interface Entry extends Timer {
  readonly dueAt: number;
  readonly order: number;
  readonly callback: () => void;
  cancelled: boolean;
}

/** A clock that stands still until told to move, so that a day of traffic runs in a second and always the same way. */
export class VirtualClock implements Clock {
  #now = 0;
  #wallOffset: number;
  #order = 0;
  #entries: Entry[] = [];

  constructor(wallStart = Date.UTC(2026, 0, 5, 12)) {
    this.#wallOffset = wallStart;
  }

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return this.#now + this.#wallOffset;
  }

  /** What an operator or NTP does: the date jumps, durations do not. */
  stepWall(deltaMs: number): void {
    this.#wallOffset += deltaMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const entry: Entry = {
      dueAt: this.#now + Math.max(0, delayMs),
      order: this.#order++,
      callback,
      cancelled: false,
      cancel() {
        entry.cancelled = true;
      },
    };
    // A binary search keeps the list sorted by (dueAt, order): simulations set and fire millions of timers.
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#entries[middle];
      if (other !== undefined && other.dueAt <= entry.dueAt) low = middle + 1;
      else high = middle;
    }
    this.#entries.splice(low, 0, entry);
    return entry;
  }

  /** The instant of the next timer, or null when nothing is waiting. */
  nextAt(): number | null {
    while (this.#entries[0]?.cancelled) this.#entries.shift();
    return this.#entries[0]?.dueAt ?? null;
  }

  /** Moves to `deltaMs` from now, firing what falls due in order and letting promises settle after each. */
  async advance(deltaMs: number): Promise<void> {
    const end = this.#now + deltaMs;
    await settlePromises();
    for (let next = this.nextAt(); next !== null && next <= end; next = this.nextAt()) {
      this.#now = Math.max(this.#now, next);
      this.#entries.shift()?.callback();
      await settlePromises();
    }
    this.#now = end;
  }
}

/** Lets every promise continuation that is already due run, however deep the chain of awaits. */
async function settlePromises(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}
