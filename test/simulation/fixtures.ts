import { KeyPool, type KeyPoolParts } from '../../src/key-pool/key-pool.ts';
import type { Demand } from '../../src/model/demand.ts';
import type { TypedLimit } from '../../src/model/limit.ts';
import type { Outcome, TokenUsage } from '../../src/model/outcome.ts';
import type { Provider, QuotaTraits } from '../../src/model/provider.ts';
import { StatusSet } from '../../src/model/status-set.ts';
import type { UpstreamKey } from '../../src/model/upstream-key.ts';
import type { UpstreamUrl } from '../../src/model/upstream-url.ts';
import { seededRandom } from '../../src/random.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';

const NOWHERE: UpstreamUrl = {
  protocol: 'http:',
  hostname: 'upstream.test',
  port: 80,
  origin: 'http://upstream.test',
  host: 'upstream.test',
  path: '',
};

const PLAIN_TRAITS: QuotaTraits = {
  modelClass: (model) => model,
  algorithm: null,
  refusalsCount: false,
  chargesMaxTokens: false,
  concurrencyOnly: false,
  freeValidation: false,
};

export interface KeyOptions extends Partial<UpstreamKey> {
  readonly limits?: readonly TypedLimit[];
}

export interface ProviderOptions extends Omit<Partial<Provider>, 'keys' | 'traits'> {
  readonly keys?: readonly KeyOptions[];
  readonly traits?: Partial<QuotaTraits>;
}

/** A provider as a snapshot would hold it; keys are `k0`, `k1`, … and each its own group unless told otherwise. */
export function providerOf({ keys = [{}], traits, ...rest }: ProviderOptions = {}): Provider {
  return {
    name: 'acme',
    preset: 'custom',
    wire: 'openai',
    baseUrl: NOWHERE,
    enabled: true,
    strategy: 'round-robin',
    rotateOn: StatusSet.EMPTY,
    maxWaitMs: 30_000,
    maxWaitCeilingMs: 600_000,
    timeouts: { connectMs: 10_000, firstByteMs: 300_000, idleMs: 300_000 },
    allowPrivateAddress: false,
    groups: [],
    ...rest,
    keys: keys.map((key, at) => ({
      id: `k${at}`,
      label: `key-${at}`,
      group: `k${at}`,
      secret: null,
      weight: 1,
      enabled: true,
      limits: [],
      baseUrl: null,
      ...key,
    })),
    traits: { ...PLAIN_TRAITS, ...traits },
  };
}

export function demandOf(options: Partial<Demand> = {}): Demand {
  return {
    provider: 'acme',
    model: 'small',
    tokens: { bodyBytes: 400, maxOutputTokens: 16 },
    client: 'anonymous',
    groups: null,
    priority: 'interactive',
    deadline: 30_000,
    affinity: null,
    homeGroup: null,
    tried: [],
    signal: new AbortController().signal,
    ...options,
  };
}

export function poolOf(
  clock: VirtualClock,
  providers: readonly Provider[],
  parts: Partial<KeyPoolParts> = {},
): KeyPool {
  const pool = new KeyPool({ clock, random: seededRandom(1), ...parts });
  pool.configure(providers);
  return pool;
}

export function served(usage: Partial<TokenUsage> | null = null): Outcome {
  return {
    kind: 'served',
    usage:
      usage === null
        ? null
        : { inputTokens: null, outputTokens: null, cachedInputTokens: null, reasoningTokens: null, ...usage },
  };
}

export function rateLimited(options: Partial<Extract<Outcome, { kind: 'rate-limited' }>> = {}): Outcome {
  return {
    kind: 'rate-limited',
    waitMs: null,
    dimension: null,
    periodMs: null,
    limit: null,
    scope: 'bucket',
    ramp: false,
    reason: 'Too many requests',
    ...options,
  };
}
