import type { ProviderAdapter } from './provider-adapter.ts';

/** What depends on the protocol alone, whichever vendor speaks it. */
export type WireFormat = Pick<
  ProviderAdapter,
  | 'wire'
  | 'homedObjects'
  | 'besideVersion'
  | 'addressHeaders'
  | 'modelInPath'
  | 'readUsage'
  | 'renderError'
  | 'renderStreamError'
>;
