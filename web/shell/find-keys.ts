import type { PoolView } from '../../src/admin/contract.ts';

export interface FoundKey {
  readonly id: string;
  readonly label: string;
  readonly provider: string;
}

const MOST = 20;

/** The keys whose label holds all words of the query, in any case; none for an empty query. */
export function findKeys(pool: PoolView | undefined, query: string): readonly FoundKey[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (pool === undefined || words.length === 0) return [];
  const found: FoundKey[] = [];
  for (const { name, keys } of pool.providers) {
    for (const { id, label } of keys) {
      const text = `${label} ${name}`.toLowerCase();
      if (words.every((word) => text.includes(word))) found.push({ id, label, provider: name });
      if (found.length === MOST) return found;
    }
  }
  return found;
}
