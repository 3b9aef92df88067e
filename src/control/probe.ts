import type { Clock } from '../clock.ts';
import type { HeaderList } from '../model/header-list.ts';
import type { Provider } from '../model/provider.ts';
import type { Secret } from '../model/secret.ts';
import type { UpstreamKey } from '../model/upstream-key.ts';
import type { ProviderAdapter } from '../providers/provider-adapter.ts';
import { Redactor } from '../redactor.ts';
import type { Validity } from './views.ts';

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
  /** What is read of the answer at most; by default what an error takes. */
  readonly mostBytes?: number;
}

export interface Finding {
  readonly said: Validity;
  /** What the provider said, where it said something that a person should read. */
  readonly reason: string | null;
}

/** Asks the provider, at no cost, whether a key is genuine. A fault of the network never speaks against the key. */
export async function probeKey(parts: ProbeParts, provider: Provider, key: UpstreamKey): Promise<Finding> {
  const adapter = parts.adapterOf(provider);
  const { validation } = adapter;
  if (validation === null || key.secret === null) return unknown('This provider has no free call to ask it with.');
  const answer = await parts.ask({
    provider,
    key,
    method: validation.method,
    path: validation.path,
    headers: [...validation.headers, ...adapter.authorize(key.secret)],
  });
  if (answer === null) return unknown('The provider did not answer.');
  if (answer.status < 300) return { said: 'valid', reason: null };
  const outcome = adapter.classify({ ...answer, receivedAt: parts.clock.wallNow() });
  switch (outcome.kind) {
    case 'key-rejected':
      return { said: 'invalid', reason: withoutKey(outcome.reason, key.secret) };
    case 'quota-exhausted':
    case 'rate-limited':
      return { said: 'exhausted', reason: withoutKey(outcome.reason, key.secret) };
    case 'served':
    case 'request-too-large':
    case 'model-unavailable':
    case 'overloaded':
    case 'not-sent':
    case 'uncertain':
    case 'request-refused':
    case 'caller-left':
      return unknown(`The provider answered with ${answer.status}, which says nothing about the key.`);
  }
}

/** Some vendors quote the key they refuse. */
function withoutKey(reason: string, key: Secret): string {
  const redactor = new Redactor();
  redactor.protect([key]);
  return redactor.redactExact(reason);
}

function unknown(reason: string): Finding {
  return { said: 'unknown', reason };
}
