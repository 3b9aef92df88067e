import { type QueryClient, type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { KeyView } from '../../../../src/admin/contract.ts';
import { call } from '../../../api/client.ts';
import { onLiveEvent } from '../../../api/live.ts';
import { queryKeys } from '../../../api/query-keys.ts';

const PAGE = '1000';

/** All keys of a provider, those that can still be restored last. Refreshed as the pool moves. */
export function useKeys(provider: string): UseQueryResult<readonly KeyView[]> {
  const cache = useQueryClient();
  const query = useQuery({
    queryKey: queryKeys.keys(provider),
    queryFn: ({ signal }) => fetchKeys(cache, provider, signal),
  });
  const count = query.data?.length ?? 0;
  useEffect(() => followPool(cache, provider, refreshIntervalMs(count)), [cache, provider, count]);
  return query;
}

/** The first time, what has been read is shown while the rest of a long list is on its way. */
async function fetchKeys(cache: QueryClient, provider: string, signal: AbortSignal): Promise<readonly KeyView[]> {
  const isFirst = cache.getQueryData(queryKeys.keys(provider)) === undefined;
  const keys: KeyView[] = [];
  let cursor: string | undefined;
  do {
    const query = { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
    const page = await call('GET /providers/{id}/keys', { id: provider, query, signal });
    keys.push(...page.items);
    cursor = page.cursor;
    if (isFirst && cursor !== undefined) cache.setQueryData(queryKeys.keys(provider), [...keys]);
  } while (cursor !== undefined);
  return keys;
}

/** A table of thousands is read less often: what it shows in a row is a matter of seconds, and reading it is work. */
function refreshIntervalMs(count: number): number {
  return Math.min(20_000, Math.max(950, count * 4));
}

/** The live stream says that something moved; what a row shows of it, only the list knows. */
function followPool(cache: QueryClient, provider: string, intervalMs: number): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let lastAt = Date.now();
  const refresh = () => {
    timer = null;
    lastAt = Date.now();
    if (document.hidden) return;
    void cache.invalidateQueries({ queryKey: queryKeys.keys(provider) }, { cancelRefetch: false });
  };
  const end = onLiveEvent('pool', () => {
    timer ??= setTimeout(refresh, Math.max(0, lastAt + intervalMs - Date.now()));
  });
  return () => {
    end();
    if (timer !== null) clearTimeout(timer);
  };
}

/** What the table shows, by places that count only what is in use. */
export function keysInUse(keys: readonly KeyView[]): readonly KeyView[] {
  return keys.filter(({ restorableUntil }) => restorableUntil === null);
}

export function deletedKeys(keys: readonly KeyView[]): readonly KeyView[] {
  return keys.filter(({ restorableUntil }) => restorableUntil !== null);
}
