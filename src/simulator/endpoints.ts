import type { Wire } from '../model/provider.ts';
import { ANTHROPIC_ENDPOINTS } from './anthropic.ts';
import type { Endpoint } from './endpoint.ts';
import { GEMINI_ENDPOINTS } from './gemini.ts';
import { OPENAI_CHAT_ENDPOINTS } from './openai-chat.ts';
import { OPENAI_FILES_ENDPOINTS } from './openai-files.ts';
import { OPENAI_MEDIA_ENDPOINTS } from './openai-media.ts';
import { OPENAI_RESPONSES_ENDPOINTS } from './openai-responses.ts';

const ENDPOINTS: readonly Endpoint[] = [
  ...OPENAI_CHAT_ENDPOINTS,
  ...OPENAI_RESPONSES_ENDPOINTS,
  ...OPENAI_FILES_ENDPOINTS,
  ...OPENAI_MEDIA_ENDPOINTS,
  ...ANTHROPIC_ENDPOINTS,
  ...GEMINI_ENDPOINTS,
];

export interface FoundEndpoint {
  readonly endpoint: Endpoint;
  readonly params: Readonly<Record<string, string>>;
}

export function findEndpoint(wire: Wire, method: string, path: string): FoundEndpoint | null {
  const plain = withoutPrefix(path);
  // A HEAD is answered as the GET would be; Node leaves the body out.
  const wanted = method === 'HEAD' ? 'GET' : method;
  for (const endpoint of ENDPOINTS) {
    if (endpoint.wire !== wire || endpoint.method !== wanted) continue;
    const match = endpoint.path.exec(plain);
    if (match !== null) return { endpoint, params: { ...match.groups } };
  }
  return null;
}

/** Where other hosts keep the same endpoints: Gemini's compatible ones, Groq's and Azure's, OpenRouter's. */
const PREFIXES = ['/v1beta/openai', '/openai/v1', '/api/v1'];

function withoutPrefix(path: string): string {
  const prefix = PREFIXES.find((candidate) => path.startsWith(`${candidate}/`));
  return prefix === undefined ? path : `/v1${path.slice(prefix.length)}`;
}
