import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { type Clock, systemClock } from '../../src/clock.ts';
import type { SimulatedGroup, SimulatedProviderOptions } from '../../src/simulator/provider-options.ts';
import { type SimulatedProvider, startSimulatedProvider } from '../../src/simulator/simulated-provider.ts';
import { type FileShape, type RunningRotato, startTestRotato } from './running-rotato.ts';

export interface ProxiedOptions {
  readonly groups?: readonly SimulatedGroup[];
  readonly simulator?: Omit<SimulatedProviderOptions, 'groups'>;
  /** Of rotato and of the provider alike. */
  readonly clock?: Clock;
  /** Joined to every provider of the configuration. */
  readonly provider?: FileShape;
  /** Joined to the configuration itself. */
  readonly file?: FileShape;
}

/** A simulated provider with rotato in front of it, and unmodified SDKs in front of that. */
export interface ProxiedProvider extends AsyncDisposable {
  readonly simulator: SimulatedProvider;
  readonly rotato: RunningRotato;
  /** Each gets one more client option object than its SDK has to have; none retries on its own unless told to. */
  openai(options?: Partial<ConstructorParameters<typeof OpenAI>[0]>): OpenAI;
  anthropic(options?: Partial<ConstructorParameters<typeof Anthropic>[0]>): Anthropic;
  google(apiKey?: string): GoogleGenAI;
}

/** Four keys in three organisations. */
const THREE_GROUPS: readonly SimulatedGroup[] = [
  { name: 'org-a', keys: ['sk-a-1', 'sk-a-2'] },
  { name: 'org-b', keys: ['sk-b'] },
  { name: 'org-c', keys: ['sk-c'] },
];

/** What an SDK insists on sending; `access: open` drops it. */
const UNUSED_KEY = 'unused';

export async function startProxiedProvider(options: ProxiedOptions = {}): Promise<ProxiedProvider> {
  const { groups = THREE_GROUPS, simulator: simulated = {}, clock = systemClock, provider = {}, file = {} } = options;
  const resources = new AsyncDisposableStack();
  const simulator = resources.use(await startSimulatedProvider({ groups, clock, ...simulated }));
  const keys = groups.flatMap((group) =>
    group.keys.map((key) => {
      const secret = typeof key === 'string' ? key : key.secret;
      return { key: secret, label: secret.replace('sk-', 'key-'), group: group.name };
    }),
  );
  const providerAt = (baseUrl: string) => ({ baseUrl, allowPrivateAddress: true, keys, ...provider });
  const providers = {
    openai: providerAt(`${simulator.url}/v1`),
    anthropic: providerAt(`${simulator.url}/v1`),
    gemini: providerAt(`${simulator.url}/v1beta`),
  };
  const rotato = resources.use(await startTestRotato({ providers, ...file }, { clock }));
  const common = { apiKey: UNUSED_KEY, maxRetries: 0, logLevel: 'off' } as const;
  return {
    simulator,
    rotato,
    openai: (given) => new OpenAI({ ...common, baseURL: `${rotato.url}/openai`, ...given }),
    anthropic: (given) => new Anthropic({ ...common, baseURL: `${rotato.url}/anthropic`, ...given }),
    google: (apiKey = UNUSED_KEY) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: `${rotato.url}/gemini` } }),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
