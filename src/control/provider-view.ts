import { formatDuration } from '../config/quantities.ts';
import type { PoolLook } from '../key-pool/pool-view.ts';
import type { EffectiveProvider } from './effective-settings.ts';
import { restorableUntil } from './recycle-bin.ts';
import { providerOf } from './snapshot.ts';
import type { ProviderSettingsView, ProviderView } from './views.ts';
import { writtenStatuses, writtenTimeouts, writtenUrl } from './written-values.ts';

export function viewProvider(effective: EffectiveProvider, pool: PoolLook): ProviderView {
  const { id, origin, row, shadowed, settings } = effective;
  return {
    id,
    name: settings.name,
    origin,
    shadowed,
    enabled: settings.enabled,
    settings: viewSettings(effective),
    keyCounts: countKeys(effective, pool),
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

function countKeys({ keys }: EffectiveProvider, pool: PoolLook): ProviderView['keyCounts'] {
  const counts = { all: 0, ready: 0, resting: 0, rejected: 0, disabled: 0 };
  for (const { id, deletedAt } of keys) {
    if (deletedAt !== null) continue;
    counts.all++;
    const state = pool.state(id)?.state;
    if (state !== undefined) counts[KIND_OF[state]]++;
  }
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
