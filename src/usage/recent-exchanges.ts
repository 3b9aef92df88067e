import type { ExchangeRecord } from '../model/exchange.ts';

const MOST_KEPT = 1_000;

/** The exchanges that ended last, in memory: what the panel shows at once and a restart forgets. */
export class RecentExchanges {
  /** Oldest first; a map, because a known id may have to be found. */
  readonly #records = new Map<string, ExchangeRecord>();
  readonly #most: number;

  constructor(most = MOST_KEPT) {
    this.#most = most;
  }

  add(record: ExchangeRecord): void {
    // What never became a request has no id, and nothing to tell.
    if (record.id === '') return;
    this.#records.set(record.id, record);
    if (this.#records.size <= this.#most) return;
    for (const oldest of this.#records.keys()) {
      this.#records.delete(oldest);
      break;
    }
  }

  find(id: string): ExchangeRecord | null {
    return this.#records.get(id) ?? null;
  }

  /** Newest first. */
  list(limit: number): readonly ExchangeRecord[] {
    return [...this.#records.values()].slice(-Math.max(1, limit)).reverse();
  }
}
