import type { Clock } from '../clock.ts';
import type { HeaderList } from '../model/header-list.ts';
import type { Provider } from '../model/provider.ts';
import type { UpstreamKey } from '../model/upstream-key.ts';
import type { ProviderAdapter } from '../providers/provider-adapter.ts';

/** What a provider's free call says of a key. `unknown` when it has none, or did not tell. */
export type Validity = 'valid' | 'exhausted' | 'invalid' | 'unknown';

export interface ProbeAnswer {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: string;
}

export interface ProbeParts {
  readonly clock: Clock;
  readonly adapterOf: (provider: Provider) => ProviderAdapter;
  /** Sends one request of our own; null when no answer came. `path` is joined as a caller's would be. */
  readonly ask: (question: ProbeQuestion) => Promise<ProbeAnswer | null>;
}

export interface ProbeQuestion {
  readonly provider: Provider;
  readonly key: UpstreamKey;
  readonly method: string;
  readonly path: string;
  /** Flat, with the credential. */
  readonly headers: string[];
}

/** Asks the provider, at no cost, whether a key is genuine. A fault of the network never speaks against the key. */
export async function probeKey(parts: ProbeParts, provider: Provider, key: UpstreamKey): Promise<Validity> {
  const adapter = parts.adapterOf(provider);
  const { validation } = adapter;
  if (validation === null || key.secret === null) return 'unknown';
  const answer = await parts.ask({
    provider,
    key,
    method: validation.method,
    path: validation.path,
    headers: [...validation.headers, ...adapter.authorize(key.secret)],
  });
  if (answer === null) return 'unknown';
  if (answer.status < 300) return 'valid';
  const outcome = adapter.classify({ ...answer, receivedAt: parts.clock.wallNow() });
  switch (outcome.kind) {
    case 'key-rejected':
      return 'invalid';
    case 'quota-exhausted':
    case 'rate-limited':
      return 'exhausted';
    case 'served':
    case 'request-too-large':
    case 'model-unavailable':
    case 'overloaded':
    case 'not-sent':
    case 'uncertain':
    case 'request-refused':
    case 'caller-left':
      return 'unknown';
  }
}
