import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import type { ProviderView } from '../../../src/admin/contract.ts';
import { call } from '../../api/client.ts';
import { sayProblem } from '../../api/problem.ts';
import { queryKeys } from '../../api/query-keys.ts';
import { showToast } from '../../ui/toasts.ts';

export interface ProviderActs {
  setEnabled(provider: ProviderView, enabled: boolean): Promise<void>;
  remove(provider: ProviderView): Promise<boolean>;
  restore(provider: ProviderView): Promise<void>;
}

/** Acts that need no form. They are shown as done at once, undone when they fail, and can be undone for a while. */
export function useProviderActs(): ProviderActs {
  const cache = useQueryClient();
  const acts: ProviderActs = {
    async setEnabled(provider, enabled) {
      patchProvider(cache, { ...provider, enabled });
      const done = await attempt(cache, `${provider.name} could not be ${enabled ? 'enabled' : 'disabled'}.`, () =>
        call(enabled ? 'POST /providers/{id}/enable' : 'POST /providers/{id}/disable', { id: provider.id }),
      );
      if (!done) return;
      showToast({
        title: enabled ? `${provider.name} is in service.` : `${provider.name} is out of service.`,
        ...(enabled ? {} : { undo: { label: 'Undo', act: () => void acts.setEnabled(provider, true) } }),
      });
    },
    async remove(provider) {
      const done = await attempt(cache, `${provider.name} could not be deleted.`, () =>
        call('DELETE /providers/{id}', { id: provider.id }),
      );
      if (!done) return false;
      showToast({
        title: `Deleted ${provider.name}.`,
        detail: 'Its keys are kept for a minute.',
        undo: { label: 'Undo', act: () => void acts.restore(provider) },
      });
      return true;
    },
    async restore(provider) {
      const done = await attempt(cache, `${provider.name} could not be restored.`, () =>
        call('POST /providers/{id}/restore', { id: provider.id }),
      );
      if (done) showToast({ title: `${provider.name} is back.` });
    },
  };
  return acts;
}

/** Whether it was done; says why not. What is shown afterwards is what rotato says, either way. */
async function attempt(cache: QueryClient, failure: string, act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    showToast({ title: failure, detail: sayProblem(error), tone: 'problem' });
    return false;
  } finally {
    await refreshProviders(cache);
  }
}

export async function refreshProviders(cache: QueryClient): Promise<void> {
  await cache.invalidateQueries({ queryKey: queryKeys.providers });
}

/** Puts what is known of a provider where the lists and its page read it. */
export function patchProvider(cache: QueryClient, provider: ProviderView): void {
  cache.setQueryData<readonly ProviderView[]>(queryKeys.providers, (all) =>
    all?.map((other) => (other.id === provider.id ? provider : other)),
  );
  cache.setQueryData(queryKeys.provider(provider.name), provider);
}
