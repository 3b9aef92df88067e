import type { Provider, QuotaTraits } from '../../src/model/provider.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { StatusSet } from '../../src/model/status-set.ts';
import { parseUpstreamUrl, type UpstreamUrl } from '../../src/model/upstream-url.ts';

/** A snapshot of an open, empty server; a test names what it is about. */
export function snapshotOf(overrides: Partial<Snapshot> = {}): Snapshot {
  return {
    version: 1,
    providers: new Map(),
    access: 'open',
    clients: new Map(),
    hosts: new Set(),
    cors: new Set(),
    replyHeaders: true,
    limits: {
      maxBodyBytes: 100 * 1024 * 1024,
      replayBudgetBytes: 64 * 1024 * 1024,
      maxWalk: 20,
      retries: 2,
      clientStallMs: 600_000,
    },
    ...overrides,
  };
}

const TRAITS: QuotaTraits = {
  modelClass: (model) => model,
  algorithm: null,
  refusalsCount: false,
  chargesMaxTokens: false,
  concurrencyOnly: false,
  freeValidation: false,
};

/** A provider of the OpenAI wire without keys or limits. */
export function providerOf(overrides: Partial<Provider> = {}): Provider {
  return {
    name: 'openai',
    preset: 'openai',
    wire: 'openai',
    baseUrl: upstreamUrl('https://api.openai.com/v1'),
    enabled: true,
    strategy: 'round-robin',
    rotateOn: StatusSet.EMPTY,
    maxWaitMs: 30_000,
    maxWaitCeilingMs: 600_000,
    timeouts: { connectMs: 10_000, firstByteMs: 300_000, idleMs: 300_000 },
    allowPrivateAddress: false,
    groups: [],
    keys: [],
    traits: TRAITS,
    ...overrides,
  };
}

/** Throws where the configuration would refuse it. */
export function upstreamUrl(text: string): UpstreamUrl {
  const url = parseUpstreamUrl(text);
  if (typeof url === 'string') throw new Error(url);
  return url;
}
