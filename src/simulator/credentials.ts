import type { IncomingHttpHeaders } from 'node:http';
import type { Wire } from '../model/provider.ts';

/**
 * The credential, only where the vendor itself looks for one: a key in the wrong header is no key. OpenAI's endpoints
 * also read Azure's `api-key`; Gemini's read `x-goog-api-key` and `?key=`, but no bearer token.
 */
export function credentialOf(wire: Wire, headers: IncomingHttpHeaders, query: URLSearchParams): string | null {
  switch (wire) {
    case 'openai':
      return bearer(headers) ?? single(headers['api-key']);
    case 'anthropic':
      return single(headers['x-api-key']) ?? bearer(headers);
    case 'gemini':
      return single(headers['x-goog-api-key']) ?? query.get('key');
  }
}

function bearer(headers: IncomingHttpHeaders): string | null {
  return /^Bearer +(?<token>.*)$/i.exec(headers.authorization ?? '')?.groups?.token ?? null;
}

function single(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

/** Paths that only Gemini has: methods after a colon, previews of the API, uploads and caches. */
const GEMINI_PATH = /^\/(?:upload\/|v1(?:beta|alpha)\/|v1\/cachedContents|v1\/models\/[^/]+:)/;

/** `/v1/models` and `/v1/files` exist at every vendor; there the headers that the vendors insist on tell them apart. */
export function wireOf(path: string, headers: IncomingHttpHeaders): Wire {
  if (path.startsWith('/v1beta/openai/')) return 'openai';
  if (GEMINI_PATH.test(path) || headers['x-goog-api-key'] !== undefined) return 'gemini';
  const anthropic = headers['anthropic-version'] !== undefined || headers['x-api-key'] !== undefined;
  return anthropic || path.startsWith('/v1/messages') ? 'anthropic' : 'openai';
}
