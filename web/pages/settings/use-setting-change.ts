import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { SettingsView } from '../../../src/admin/contract.ts';
import { call } from '../../api/client.ts';
import { ApiProblem, fieldErrors, sayProblem } from '../../api/problem.ts';
import { queryKeys } from '../../api/query-keys.ts';
import { showToast } from '../../ui/toasts.ts';
import { settingPatch } from './setting-catalog.ts';

export interface SettingChange {
  readonly isBusy: boolean;
  /** Why it was not saved; undefined when nothing is wrong. */
  readonly error: string | undefined;
  /** Somebody else changed this very setting meanwhile: what they made of it. */
  readonly theirs: { readonly value: unknown } | null;
  /** Whether it was saved. `base` is the value that was shown when the change began. */
  save(value: unknown, base: unknown): Promise<boolean>;
  forget(): void;
}

/**
 * Changes one setting. All settings share a version; when somebody else changed another one, that is no conflict, and
 * the change is made on top.
 */
export function useSettingChange(name: string, title: string, version: number): SettingChange {
  const cache = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string | undefined>();
  const [theirs, setTheirs] = useState<SettingChange['theirs']>(null);
  const send = async (value: unknown, on: number) => {
    const settings = await call('PATCH /settings', { body: settingPatch(name, value), version: on });
    cache.setQueryData(queryKeys.settings, settings);
    showToast({ title: `${title} saved. It is in force.` });
  };
  const settle = async (value: unknown, base: unknown, failure: unknown) => {
    if (!(failure instanceof ApiProblem) || failure.code !== 'conflict') throw failure;
    const settings = await call('GET /settings', {});
    cache.setQueryData(queryKeys.settings, settings);
    const now = shownValue(settings, name);
    if (JSON.stringify(now) === JSON.stringify(base)) return send(value, settings.storedVersion);
    setTheirs({ value: now });
    throw failure;
  };
  return {
    isBusy,
    error,
    theirs,
    save: async (value, base) => {
      setBusy(true);
      setError(undefined);
      setTheirs(null);
      try {
        await send(value, version).catch((failure: unknown) => settle(value, base, failure));
        return true;
      } catch (failure) {
        setError(fieldErrors(failure)[name] ?? sayProblem(failure));
        return false;
      } finally {
        setBusy(false);
      }
    },
    forget: () => {
      setError(undefined);
      setTheirs(null);
    },
  };
}

function shownValue(settings: SettingsView, name: string): unknown {
  return settings.settings.find((setting) => setting.name === name)?.value;
}
