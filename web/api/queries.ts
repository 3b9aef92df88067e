import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import type {
  AnswerOf,
  ClientView,
  ExchangeRecord,
  NoticeView,
  PoolView,
  PresetView,
  ProviderView,
  Session,
  SettingsView,
  TrafficView,
} from '../../src/admin/contract.ts';
import { call } from './client.ts';
import { ApiProblem } from './problem.ts';
import { LIVE_WINDOW, queryKeys } from './query-keys.ts';

/** What several pages read. What the live stream carries is fetched once, and kept fresh by it afterwards. */

const MINUTE_MS = 60_000;

/** Null for those who are not signed in. */
export function useSession(): UseQueryResult<Session | null> {
  return useQuery({
    queryKey: queryKeys.session,
    queryFn: ({ signal }) => call('GET /session', { signal }).catch(nobodyIfSignedOut),
    staleTime: MINUTE_MS,
  });
}

function nobodyIfSignedOut(error: unknown): null {
  if (error instanceof ApiProblem && error.code === 'unauthorized') return null;
  throw error;
}

export function usePresets(): UseQueryResult<readonly PresetView[]> {
  return useQuery({
    queryKey: queryKeys.presets,
    queryFn: async ({ signal }) => (await call('GET /presets', { signal })).items,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useProviders(): UseQueryResult<readonly ProviderView[]> {
  return useQuery({
    queryKey: queryKeys.providers,
    queryFn: async ({ signal }) => (await call('GET /providers', { signal })).items,
  });
}

export function useProvider(name: string): UseQueryResult<ProviderView> {
  return useQuery({
    queryKey: queryKeys.provider(name),
    queryFn: ({ signal }) => call('GET /providers/{id}', { id: name, signal }),
  });
}

/** Asks the provider itself, so it is not repeated without need. `error` says why there are none. */
export function useModels(provider: string | null): UseQueryResult<AnswerOf<'GET /providers/{id}/models'>> {
  return useQuery({
    queryKey: queryKeys.models(provider ?? ''),
    queryFn: ({ signal }) => call('GET /providers/{id}/models', { id: provider ?? '', signal }),
    enabled: provider !== null,
    staleTime: 5 * MINUTE_MS,
    refetchOnWindowFocus: false,
  });
}

export function useClients(): UseQueryResult<readonly ClientView[]> {
  return useQuery({
    queryKey: queryKeys.clients,
    queryFn: async ({ signal }) => (await call('GET /clients', { signal })).items,
  });
}

export function useSettings(): UseQueryResult<SettingsView> {
  return useQuery({
    queryKey: queryKeys.settings,
    queryFn: ({ signal }) => call('GET /settings', { signal }),
  });
}

export function usePool(): UseQueryResult<PoolView> {
  return useQuery({
    queryKey: queryKeys.pool,
    queryFn: ({ signal }) => call('GET /pool', { signal }),
    staleTime: MINUTE_MS,
  });
}

/** Other windows than the live one are asked for again every few seconds. */
export function useTraffic(window: string): UseQueryResult<TrafficView> {
  return useQuery({
    queryKey: queryKeys.traffic(window),
    queryFn: ({ signal }) => call('GET /traffic', { query: { window }, signal }),
    refetchInterval: window === LIVE_WINDOW ? false : 5_000,
    placeholderData: (before) => before,
  });
}

export function useNotices(): UseQueryResult<readonly NoticeView[]> {
  return useQuery({
    queryKey: queryKeys.notices,
    queryFn: async ({ signal }) => (await call('GET /notices', { signal })).items,
  });
}

export function useExchange(id: string | null): UseQueryResult<ExchangeRecord> {
  return useQuery({
    queryKey: queryKeys.exchange(id ?? ''),
    queryFn: ({ signal }) => call('GET /exchanges/{id}', { id: id ?? '', signal }),
    enabled: id !== null,
    // The record is written when the last byte has gone, which may be a moment after we have read it.
    retry: (tries) => tries < 6,
    retryDelay: (tries) => 80 * 2 ** tries,
    staleTime: Number.POSITIVE_INFINITY,
  });
}
