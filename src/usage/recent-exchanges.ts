import type { ExchangeRecord } from '../model/exchange.ts';

/**
 * Few enough that under load they are gone again before the collector of young objects has copied them twice; what
 * came before them is in the request log.
 */
const MOST_KEPT = 256;

/** The exchanges that ended last, in memory: what the panel shows at once and a restart forgets. */
export class RecentExchanges {
  /** A ring: the next one takes the place of the oldest. */
  readonly #records: (ExchangeRecord | undefined)[];
  #next = 0;

  constructor(most = MOST_KEPT) {
    this.#records = new Array<ExchangeRecord | undefined>(most).fill(undefined);
  }

  add(record: ExchangeRecord): void {
    this.#records[this.#next] = record;
    this.#next = (this.#next + 1) % this.#records.length;
  }

  find(id: string): ExchangeRecord | null {
    return this.#records.find((record) => record?.id === id) ?? null;
  }

  /** Newest first. */
  list(limit: number): readonly ExchangeRecord[] {
    const oldestFirst = [...this.#records.slice(this.#next), ...this.#records.slice(0, this.#next)];
    return oldestFirst
      .filter((record) => record !== undefined)
      .slice(-Math.max(1, limit))
      .reverse();
  }
}
