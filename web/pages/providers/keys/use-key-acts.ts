import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { BulkAct, KeyView } from '../../../../src/admin/contract.ts';
import { call } from '../../../api/client.ts';
import { sayProblem } from '../../../api/problem.ts';
import { queryKeys } from '../../../api/query-keys.ts';
import { serverNow } from '../../../time/server-clock.ts';
import { showToast } from '../../../ui/toasts.ts';
import { afterAct, sayAllTested, sayDone, sayTested, undoOf } from './key-act-outlook.ts';
import { applyMove, type KeyMove } from './key-order.ts';

export interface KeyActs {
  /** One act on one key or many: shown at once, said when done, taken back on failure. */
  act(keys: readonly KeyView[], act: BulkAct): Promise<void>;
  /** Whether it was moved. */
  move(move: KeyMove): Promise<boolean>;
}

type Keys = readonly KeyView[];

/** As many as the provider is asked about in one call. */
const TESTED_AT_ONCE = 100;

export function useKeyActs(provider: string): KeyActs {
  const cache = useQueryClient();
  return useMemo(() => new CachedKeyActs(cache, provider), [cache, provider]);
}

class CachedKeyActs implements KeyActs {
  readonly #cache: QueryClient;
  readonly #provider: string;

  constructor(cache: QueryClient, provider: string) {
    this.#cache = cache;
    this.#provider = provider;
  }

  readonly act = async (keys: Keys, act: BulkAct): Promise<void> => {
    const ids = keys.map(({ id }) => id);
    const meant = new Set(ids);
    try {
      await this.#show((shown) => shown.map((key) => (meant.has(key.id) ? afterAct(key, act, serverNow()) : key)));
      if (act === 'validate') return await this.#test(keys);
      const { refused } = await call('POST /keys/bulk', { body: { ids, act } });
      this.#say(keys, act, refused);
    } catch (error) {
      showToast({ title: 'That did not work.', detail: sayProblem(error), tone: 'problem' });
    } finally {
      await this.#refresh();
    }
  };

  readonly move = async (move: KeyMove): Promise<boolean> => {
    try {
      await this.#show((shown) => applyMove(shown, move).map((key, at) => ({ ...key, place: at + 1 })));
      await call('POST /providers/{id}/keys/move', { id: this.#provider, body: move });
      return true;
    } catch (error) {
      showToast({ title: 'The key could not be moved.', detail: sayProblem(error), tone: 'problem' });
      return false;
    } finally {
      await this.#refresh();
    }
  };

  #say(keys: Keys, act: BulkAct, refused: readonly { readonly id: string; readonly reason: string }[]): void {
    const done = keys.filter(({ id }) => !refused.some((refusal) => refusal.id === id));
    const undo = undoOf(act);
    if (done.length > 0) {
      showToast({
        title: sayDone(done, act),
        ...(undo === null ? {} : { undo: { label: 'Undo', act: () => void this.act(done, undo) } }),
      });
    }
    const [first] = refused;
    if (first === undefined) return;
    const others = refused.length === 1 ? '' : ` The same or like for ${refused.length - 1} more.`;
    showToast({ title: sayRefused(refused.length), detail: `${first.reason}${others}`, tone: 'problem' });
  }

  async #test(keys: Keys): Promise<void> {
    const [only] = keys;
    if (keys.length === 1 && only !== undefined) {
      const tested = await call('POST /keys/{id}/validate', { id: only.id });
      showToast({ title: sayTested(tested), tone: tested.validity?.said === 'invalid' ? 'problem' : 'plain' });
      return;
    }
    const ids = keys.map(({ id }) => id);
    for (let at = 0; at < ids.length; at += TESTED_AT_ONCE) {
      await call('POST /keys/bulk', { body: { ids: ids.slice(at, at + TESTED_AT_ONCE), act: 'validate' } });
    }
    await this.#refresh();
    const now = this.#cache.getQueryData<Keys>(queryKeys.keys(this.#provider)) ?? [];
    const meant = new Set(ids);
    const tested = now.filter(({ id }) => meant.has(id));
    showToast({ title: sayDone(keys, 'validate'), detail: sayAllTested(tested) });
  }

  /** What was on its way is older than what is about to be shown. */
  async #show(change: (keys: Keys) => Keys): Promise<void> {
    const queryKey = queryKeys.keys(this.#provider);
    await this.#cache.cancelQueries({ queryKey });
    this.#cache.setQueryData<Keys>(queryKey, (keys) => (keys === undefined ? undefined : change(keys)));
  }

  async #refresh(): Promise<void> {
    await this.#cache.invalidateQueries({ queryKey: queryKeys.keys(this.#provider) });
  }
}

function sayRefused(count: number): string {
  return count === 1 ? 'One key stayed as it was.' : `${count} keys stayed as they were.`;
}
