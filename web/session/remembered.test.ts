import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { queryKeys } from '../api/query-keys.ts';
import { forget, recall, remember } from './remembered.ts';

/** What a browser gives, as far as it is used. */
function memoryStorage() {
  const entries = new Map<string, string>();
  return {
    entries,
    getItem: (name: string) => entries.get(name) ?? null,
    setItem: (name: string, value: string) => void entries.set(name, value),
    removeItem: (name: string) => void entries.delete(name),
  };
}

function signedIn(expiresAt: number): QueryClient {
  const cache = new QueryClient();
  cache.setQueryData(queryKeys.session, { by: 'password', expiresAt });
  cache.setQueryData(queryKeys.providers, [{ name: 'openai' }]);
  return cache;
}

describe('what is remembered for the first paint', () => {
  const storage = memoryStorage();
  beforeEach(() => void Object.assign(globalThis, { localStorage: storage }));
  afterEach(() => {
    storage.entries.clear();
    Reflect.deleteProperty(globalThis, 'localStorage');
  });

  it('is there at the next visit, and counts as old at once', () => {
    remember(signedIn(Date.now() + 60_000));
    const next = new QueryClient();
    expect(recall(next)).toBe(true);
    expect(next.getQueryData(queryKeys.providers)).toEqual([{ name: 'openai' }]);
    expect(next.getQueryState(queryKeys.providers)?.dataUpdatedAt).toBe(1);
  });

  it('goes with the session', () => {
    remember(signedIn(Date.now() + 60_000));
    forget();
    expect(storage.entries.size).toBe(0);
    expect(recall(new QueryClient())).toBe(false);
  });

  it('is not shown once the session must have ended, nor kept for those who have none', () => {
    remember(signedIn(Date.now() - 1));
    expect(recall(new QueryClient())).toBe(false);
    storage.entries.clear();
    remember(new QueryClient());
    expect(storage.entries.size).toBe(0);
  });

  it('is given up where it would be large, and what is damaged is nothing', () => {
    const cache = signedIn(Date.now() + 60_000);
    cache.setQueryData(queryKeys.clients, ['x'.repeat(400_000)]);
    remember(cache);
    expect(storage.entries.size).toBe(0);
    storage.entries.set('rotato.remembered', '{"until":');
    expect(recall(new QueryClient())).toBe(false);
  });
});
