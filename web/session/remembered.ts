import type { QueryClient } from '@tanstack/react-query';
import type { Session } from '../../src/admin/contract.ts';
import { LIVE_WINDOW, queryKeys } from '../api/query-keys.ts';

/**
 * What the panel showed last, kept so that the next visit paints at once. It holds labels, so it goes with the
 * session: nothing is left after signing out, and nothing is shown that is older than a session can be.
 */
const STORED = 'rotato.remembered';
const MOST_CHARACTERS = 300_000;
const LONGEST_MS = 12 * 3_600_000;

const KEPT: readonly (readonly string[])[] = [
  queryKeys.providers,
  queryKeys.clients,
  queryKeys.pool,
  queryKeys.traffic(LIVE_WINDOW),
  queryKeys.notices,
];

interface Remembered {
  readonly until: number;
  readonly values: readonly (readonly [readonly string[], unknown])[];
}

/** Puts what was known last where queries are kept; true when there was something. It counts as old at once. */
export function recall(cache: QueryClient): boolean {
  const remembered = read();
  if (remembered === null) return false;
  for (const [key, value] of remembered.values) cache.setQueryData(key, value, { updatedAt: 1 });
  return remembered.values.length > 0;
}

export function remember(cache: QueryClient): void {
  const session = cache.getQueryData<Session | null>(queryKeys.session);
  if (session === undefined || session === null) return;
  const values = KEPT.map((key) => [key, cache.getQueryData(key)] as const).filter(([, value]) => value !== undefined);
  const now = Date.now();
  const text = JSON.stringify({ until: Math.min(session.expiresAt ?? now, now + LONGEST_MS), values });
  attempt(() => (text.length > MOST_CHARACTERS ? localStorage.removeItem(STORED) : localStorage.setItem(STORED, text)));
}

export function forget(): void {
  attempt(() => localStorage.removeItem(STORED));
}

function read(): Remembered | null {
  try {
    const remembered = JSON.parse(localStorage.getItem(STORED) ?? 'null') as Remembered | null;
    return remembered !== null && remembered.until > Date.now() ? remembered : null;
  } catch {
    return null;
  }
}

/** Storage can be full or switched off: then the first paint is a moment later, and that is all. */
function attempt(act: () => void): void {
  try {
    act();
  } catch {
    return;
  }
}
