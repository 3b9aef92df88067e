import type { ExchangeRecord } from '../model/exchange.ts';

/** Counts since the start. */
export interface Use {
  readonly requests: number;
  readonly refusals: number;
  readonly lastUsedAt: number | null;
}

const NEVER: Use = { requests: 0, refusals: 0, lastUsedAt: null };

/** How often each upstream key and each client was used since the start, and when last. */
export class RecentUse {
  readonly #keys = new Map<string, { requests: number; refusals: number; lastUsedAt: number }>();
  readonly #clients = new Map<string, { requests: number; refusals: number; lastUsedAt: number }>();

  add(record: ExchangeRecord): void {
    const endedAt = record.at + Math.round(record.durationMs);
    for (const { keyId, outcome } of record.attempts) {
      count(this.#keys, keyId, { at: endedAt, refused: outcome === 'rate-limited' || outcome === 'quota-exhausted' });
    }
    if (record.client !== null) count(this.#clients, record.client, { at: endedAt, refused: record.status === 429 });
  }

  ofKey(id: string): Use {
    return this.#keys.get(id) ?? NEVER;
  }

  ofClient(name: string): Use {
    return this.#clients.get(name) ?? NEVER;
  }

  /** Forgets whoever is no longer there, so that what is kept does not grow with what was deleted. */
  keepOnly(keyIds: ReadonlySet<string>, clients: ReadonlySet<string>): void {
    for (const id of this.#keys.keys()) if (!keyIds.has(id)) this.#keys.delete(id);
    for (const name of this.#clients.keys()) if (!clients.has(name)) this.#clients.delete(name);
  }
}

function count(
  uses: Map<string, { requests: number; refusals: number; lastUsedAt: number }>,
  of: string,
  { at, refused }: { readonly at: number; readonly refused: boolean },
): void {
  let use = uses.get(of);
  if (use === undefined) {
    use = { requests: 0, refusals: 0, lastUsedAt: at };
    uses.set(of, use);
  }
  use.requests++;
  if (refused) use.refusals++;
  use.lastUsedAt = Math.max(use.lastUsedAt, at);
}
