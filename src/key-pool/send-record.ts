/** Requests that left together, or one refusal. */
export interface Sending {
  at: number;
  /** How many left; none in an entry that stands for a refusal. */
  accepted: number;
  /** Null for what was not refused; else the wait that the refusal stated, or NaN when it stated none. */
  readonly refused: number | null;
}

/**
 * When requests left one bucket and which of them were refused: the record that guesses about its limit have to
 * explain. What is still under way counts as accepted until it is refused. Bounded: the oldest half grows coarser.
 */
export class SendRecord {
  #entries: Sending[] = [];

  get entries(): readonly Sending[] {
    return this.#entries;
  }

  sent(at: number): void {
    const last = this.#entries.at(-1);
    if (last !== undefined && last.refused === null && last.at === at) last.accepted++;
    else this.#entries.push({ at, accepted: 1, refused: null });
    if (this.#entries.length > MOST_ENTRIES) this.#coarsen();
  }

  /** The request that left at `at` was not accepted after all: it never counted. */
  withdraw(at: number): void {
    for (let index = this.#entries.length - 1; index >= 0; index--) {
      const entry = this.#entries[index] as Sending;
      const before = this.#entries[index - 1];
      if (entry.accepted === 0 || (before !== undefined && before.accepted > 0 && before.at >= at)) continue;
      if (entry.at < at) return;
      entry.accepted--;
      if (entry.accepted === 0) this.#entries.splice(index, 1);
      return;
    }
  }

  refused(at: number, waitMs: number | null): void {
    this.withdraw(at);
    let index = this.#entries.length;
    while (index > 0 && (this.#entries[index - 1] as Sending).at > at) index--;
    this.#entries.splice(index, 0, { at, accepted: 0, refused: waitMs ?? Number.NaN });
  }

  /** How many were accepted in the period that ends at `at`. */
  acceptedWithin(periodMs: number, at: number): number {
    let count = 0;
    for (const entry of this.#entries) if (entry.at > at - periodMs && entry.at <= at) count += entry.accepted;
    return count;
  }

  /** What the provider counted, and when. */
  charges(refusalsCount: boolean): { readonly at: number; readonly cost: number }[] {
    return this.#entries.map(({ at, accepted, refused }) => ({
      at,
      cost: accepted + (refusalsCount && refused !== null ? 1 : 0),
    }));
  }

  isAfterLastRefusal(at: number): boolean {
    const last = this.#entries.findLast(({ refused }) => refused !== null);
    return last === undefined || at > last.at;
  }

  /** In the older half, two neighbours become one, as of the later. */
  #coarsen(): void {
    const half = this.#entries.length >> 1;
    const older: Sending[] = [];
    for (const entry of this.#entries.slice(0, half)) {
      const last = older.at(-1);
      const joins = last !== undefined && last.refused === null && entry.refused === null && older.length % 2 === 1;
      if (joins) older[older.length - 1] = { at: entry.at, accepted: last.accepted + entry.accepted, refused: null };
      else older.push(entry);
    }
    // A record of nothing but refusals does not shrink by joining.
    this.#entries = [...older.slice(-MOST_ENTRIES / 2), ...this.#entries.slice(half)];
  }
}

const MOST_ENTRIES = 512;
