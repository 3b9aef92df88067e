import { formatDuration } from '../config/quantities.ts';
import type { ProviderView as PooledProviderView, PoolView } from '../key-pool/pool-view.ts';
import type { EffectiveProvider } from './effective-settings.ts';
import { stateOfKey } from './key-state.ts';
import { restorableUntil } from './recycle-bin.ts';
import { providerOf } from './snapshot.ts';
import type { ProviderSettingsView, ProviderView } from './views.ts';
import { writtenStatuses, writtenTimeouts, writtenUrl } from './written-values.ts';

export function viewProvider(effective: EffectiveProvider, pool: PoolView): ProviderView {
  const { id, origin, row, inForce, shadowed, settings } = effective;
  const pooled = inForce ? pool.providers.find(({ name }) => name === settings.name) : undefined;
  return {
    id,
    name: settings.name,
    origin,
    shadowed,
    enabled: settings.enabled,
    settings: viewSettings(effective),
    keyCounts: countKeys(effective, pooled),
    version: row?.version ?? null,
    restorableUntil: restorableUntil(row?.deletedAt ?? null),
  };
}

function viewSettings(effective: EffectiveProvider): ProviderSettingsView {
  const { settings } = effective;
  const { wire, baseUrl, allowPrivateAddress } = providerOf(effective);
  return {
    preset: settings.preset,
    wire,
    baseUrl: writtenUrl(baseUrl),
    strategy: settings.strategy,
    rotateOn: writtenStatuses(settings.rotateOn),
    maxWait: formatDuration(settings.maxWaitMs),
    maxWaitCeiling: formatDuration(settings.maxWaitCeilingMs),
    timeouts: writtenTimeouts(settings.timeouts),
    allowPrivateAddress,
    groups: Object.fromEntries(settings.groups.map(({ name, limits }) => [name, { limits }])),
  };
}

function countKeys({ keys }: EffectiveProvider, pooled: PooledProviderView | undefined): ProviderView['keyCounts'] {
  const living = keys.filter(({ deletedAt }) => deletedAt === null);
  const counts = { all: living.length, ready: 0, resting: 0, rejected: 0, disabled: 0 };
  if (pooled === undefined) return counts;
  const groups = new Map(pooled.groups.map((group) => [group.name, group]));
  for (const key of pooled.keys) counts[KIND_OF[stateOfKey(key, groups.get(key.group)).state]]++;
  return counts;
}

const KIND_OF = {
  ready: 'ready',
  cooling: 'resting',
  exhausted: 'resting',
  unavailable: 'resting',
  rejected: 'rejected',
  disabled: 'disabled',
  draining: 'disabled',
} as const;
