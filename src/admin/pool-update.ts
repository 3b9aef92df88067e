import type { PoolView, ProviderView } from '../key-pool/pool-view.ts';
import type { PoolUpdate, ProviderUpdate } from './pool-schemas.ts';

/** More rows than this are read page by page, not sent each second. */
const MOST_LISTED = 200;

/** What is sent of the pool each second: whole, but for providers with very many keys. */
export function trimPool({ at, waiting, providers }: PoolView): PoolUpdate {
  return { at, waiting, providers: providers.map(trimProvider) };
}

function trimProvider(provider: ProviderView): ProviderUpdate {
  return {
    ...provider,
    groups: provider.groups
      .slice(0, MOST_LISTED)
      .map((group) => ({ ...group, keys: group.keys.slice(0, MOST_LISTED) })),
    keys: provider.keys.slice(0, MOST_LISTED),
    groupCount: provider.groups.length,
    keyCount: provider.keys.length,
  };
}
