import { formatDuration } from '../config/quantities.ts';
import type { ProviderView as PooledProviderView, PoolView } from '../key-pool/pool-view.ts';
import type { StatusSet } from '../model/status-set.ts';
import type { UpstreamUrl } from '../model/upstream-url.ts';
import type { EffectiveProvider } from './effective-settings.ts';
import { stateOfKey } from './key-state.ts';
import { restorableUntil } from './recycle-bin.ts';
import { providerOf } from './snapshot.ts';
import type { ProviderSettingsView, ProviderView } from './views.ts';

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
    baseUrl: textOfUrl(baseUrl),
    strategy: settings.strategy,
    rotateOn: textsOfStatuses(settings.rotateOn),
    maxWait: formatDuration(settings.maxWaitMs),
    maxWaitCeiling: formatDuration(settings.maxWaitCeilingMs),
    timeouts: {
      connect: formatDuration(settings.timeouts.connectMs),
      firstByte: formatDuration(settings.timeouts.firstByteMs),
      idle: formatDuration(settings.timeouts.idleMs),
    },
    allowPrivateAddress,
    groups: Object.fromEntries(settings.groups.map(({ name, limits }) => [name, { limits }])),
  };
}

export function textOfUrl({ origin, path }: UpstreamUrl): string {
  return `${origin}${path}`;
}

/** As few texts as say it: `500-503`, or the number alone. */
function textsOfStatuses(set: StatusSet): (string | number)[] {
  const ranges: { first: number; last: number }[] = [];
  for (const status of set.values()) {
    const range = ranges.at(-1);
    if (range !== undefined && range.last === status - 1) range.last = status;
    else ranges.push({ first: status, last: status });
  }
  return ranges.map(({ first, last }) => (first === last ? first : `${first}-${last}`));
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
