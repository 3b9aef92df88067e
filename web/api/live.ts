import type { QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { setServerTime } from '../time/server-clock.ts';
import { type LiveEvents, type LiveState, LiveStream } from './live-stream.ts';
import { queryClient } from './query-client.ts';
import { LIVE_WINDOW, queryKeys } from './query-keys.ts';

const MOST_KEPT = 200;

const stream = new LiveStream({
  connect: () => new EventSource('/admin/api/events'),
  onBack: () => void queryClient.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'models' }),
  onBreak: () => void queryClient.invalidateQueries({ queryKey: queryKeys.session }),
});

export function useLiveState(): LiveState {
  return useSyncExternalStore(stream.watch, stream.state);
}

/** Returns what ends it. */
export function onLiveEvent<Kind extends keyof LiveEvents>(
  name: Kind,
  listener: (event: LiveEvents[Kind]) => void,
): () => void {
  return stream.on(name, listener);
}

/** Opens the stream and keeps `cache` fresh with it, until the answer is called. */
export function startLive(cache: QueryClient): () => void {
  const ends = [
    stream.on('pool', (pool) => {
      setServerTime(pool.at);
      cache.setQueryData(queryKeys.pool, pool);
    }),
    stream.on('traffic', (traffic) => cache.setQueryData(queryKeys.traffic(LIVE_WINDOW), traffic)),
    stream.on('heartbeat', ({ at }) => setServerTime(at)),
    stream.on('settings', () => {
      for (const [name] of [queryKeys.providers, ['keys'], queryKeys.clients, queryKeys.settings, queryKeys.tokens]) {
        void cache.invalidateQueries({ queryKey: [name] });
      }
    }),
    stream.on('notice', (notice) => cache.setQueryData(queryKeys.notices, prepend(notice))),
    stream.on('exchange', (exchange) => cache.setQueryData(queryKeys.exchanges, prepend(exchange))),
  ];
  const endSaving = whileSeen(
    () => stream.open(),
    () => stream.close(),
  );
  return () => {
    for (const end of ends) end();
    endSaving();
    stream.close();
  };
}

const UNSEEN_MS = 30_000;

/** A browser opens six connections to one origin, over all tabs: those that nobody looks at must not hold one. */
function whileSeen(open: () => void, close: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(close, UNSEEN_MS);
    else open();
  };
  open();
  document.addEventListener('visibilitychange', look);
  return () => {
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', look);
  };
}

function prepend<Item extends { readonly id: string | number }>(item: Item) {
  return (before: readonly Item[] | undefined) =>
    before === undefined ? undefined : [item, ...before.filter(({ id }) => id !== item.id)].slice(0, MOST_KEPT);
}
