import type { TokenUsage } from '../model/outcome.ts';
import { asRecord } from './cut-json.ts';
import { idsUnder, pathSegments } from './homed-ids.ts';
import type { HomedObjects, ReplySample, WireError } from './provider-adapter.ts';
import { lastObjectNamed, sumKnown, tokens, type UsageObject, usageOrNull } from './stream-usage.ts';
import type { WireFormat } from './wire-format.ts';

const homedObjects: HomedObjects = {
  requestFields: new Set(['file_id', 'skill_id', 'container']),
  creates(method, path) {
    if (method !== 'GET' && method !== 'POST') return false;
    const [collection, next] = pathSegments(path);
    return collection === 'files' || collection === 'skills' || (collection === 'messages' && next === 'batches');
  },
  idsInHeaders: () => [],
  idsIn: (body) => idsUnder(body, ['id'], ['data']),
  idsInPath: (path) => pathSegments(path).filter((segment) => !FIXED_SEGMENTS.has(segment)),
};

const FIXED_SEGMENTS: ReadonlySet<string> = new Set(['files', 'skills', 'messages', 'batches', 'versions']);

/**
 * A stream tells its input in `message_start`, at the head, and its output in `message_delta`, at the tail, whose
 * figures are cumulative and replace the earlier ones. What `message_start` says of the output is only a beginning.
 */
function readUsage({ head, tail }: ReplySample): TokenUsage | null {
  const last = lastObjectNamed(tail, 'usage', isUsage) ?? lastObjectNamed(head, 'usage', isUsage);
  if (last === null) return null;
  const start = startUsage(head);
  if (start === null) return usageIn(last, last, last.output_tokens);
  const final = deltaUsage(tail) ?? deltaUsage(head);
  return usageIn(start, final ?? start, final?.output_tokens);
}

function isUsage(object: UsageObject): boolean {
  return tokens(object.input_tokens) !== null || tokens(object.output_tokens) !== null;
}

function startUsage(head: string): UsageObject | null {
  const start = head.indexOf('"message_start"');
  if (start === -1) return null;
  const nextEvent = head.indexOf('\nevent:', start);
  return lastObjectNamed(head.slice(start, nextEvent === -1 ? head.length : nextEvent), 'usage', isUsage);
}

function deltaUsage(text: string): UsageObject | null {
  const delta = text.lastIndexOf('"message_delta"');
  return delta === -1 ? null : lastObjectNamed(text.slice(delta), 'usage', isUsage);
}

/** `input_tokens` leaves the cache out; the input is all three together. */
function usageIn(start: UsageObject, final: UsageObject, output: unknown): TokenUsage | null {
  const count = (name: string) => tokens(final[name]) ?? tokens(start[name]);
  const fresh = count('input_tokens');
  const cached = count('cache_read_input_tokens');
  const written = count('cache_creation_input_tokens');
  const byLife = asRecord(final.cache_creation) ?? asRecord(start.cache_creation);
  const writtenHour = tokens(byLife?.ephemeral_1h_input_tokens);
  return usageOrNull({
    inputTokens: fresh === null ? null : sumKnown(fresh, written, cached),
    outputTokens: tokens(output),
    cachedInputTokens: cached,
    reasoningTokens: tokens(asRecord(final.output_tokens_details)?.thinking_tokens),
    ...(written !== null && { cacheWriteTokens: written }),
    ...(writtenHour !== null && { cacheWriteHourTokens: writtenHour }),
  });
}

const TYPE_OF_STATUS: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
};

function renderError({ status, code, message, retryAt, details }: WireError): string {
  return JSON.stringify({
    type: 'error',
    error: {
      type: TYPE_OF_STATUS[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error'),
      message,
      details: { error_code: code, ...(retryAt === null ? {} : { retry_at: retryAt }), ...details },
    },
  });
}

function renderStreamError(message: string): string {
  const data = JSON.stringify({ type: 'error', error: { details: null, type: 'api_error', message } });
  return `event: error\ndata: ${data}\n\n`;
}

export const anthropicWire: WireFormat = {
  wire: 'anthropic',
  homedObjects,
  besideVersion: [],
  addressHeaders: [],
  modelInPath: () => null,
  readUsage,
  renderError,
  renderStreamError,
};
