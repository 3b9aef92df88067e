import type { Wire } from '../model/provider.ts';
import type { Endpoint } from './endpoint.ts';
import { OPENAI_CHAT_ENDPOINTS } from './openai-chat.ts';

const ENDPOINTS: readonly Endpoint[] = [...OPENAI_CHAT_ENDPOINTS];

export interface FoundEndpoint {
  readonly endpoint: Endpoint;
  readonly params: Readonly<Record<string, string>>;
}

export function findEndpoint(wire: Wire, method: string, path: string): FoundEndpoint | null {
  // A HEAD is answered as the GET would be; Node leaves the body out.
  const wanted = method === 'HEAD' ? 'GET' : method;
  for (const endpoint of ENDPOINTS) {
    if (endpoint.wire !== wire || endpoint.method !== wanted) continue;
    const match = endpoint.path.exec(path);
    if (match !== null) return { endpoint, params: { ...match.groups } };
  }
  return null;
}
