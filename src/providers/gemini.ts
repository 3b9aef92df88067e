import type { TokenUsage } from '../model/outcome.ts';
import { idsUnder, pathSegments } from './homed-ids.ts';
import type { HomedObjects, ReplySample, WireError } from './provider-adapter.ts';
import { lastObjectNamed, sumKnown, tokens, type UsageObject, usageOrNull } from './stream-usage.ts';
import type { WireFormat } from './wire-format.ts';

/** Resources of one project; all are named `COLLECTION/ID`. */
const HOMED_COLLECTIONS: ReadonlySet<string> = new Set([
  'files',
  'cachedContents',
  'batches',
  'tunedModels',
  'operations',
  'interactions',
  'fileSearchStores',
]);

const homedObjects: HomedObjects = {
  requestFields: new Set([
    'fileUri',
    'file_uri',
    'uri',
    'fileName',
    'file_name',
    'cachedContent',
    'cached_content',
    'model',
    'previous_interaction_id',
    'fileSearchStoreNames',
    'file_search_store_names',
  ]),
  creates(method, path) {
    if (method !== 'GET' && method !== 'POST') return false;
    const segments = pathSegments(path);
    const action = segments.at(-1)?.split(':')[1];
    return (
      segments.some((segment) => HOMED_COLLECTIONS.has(resource(segment))) ||
      action === 'batchGenerateContent' ||
      action === 'asyncBatchEmbedContent' ||
      action === 'predictLongRunning'
    );
  },
  idsInHeaders(headers) {
    const address = headers.get(UPLOAD_ADDRESS);
    return address === null ? [] : uploadsIn(address);
  },
  idsIn: (body) =>
    idsUnder(
      body,
      ['name', 'uri', 'id'],
      ['files', 'cachedContents', 'batches', 'operations', 'tunedModels', 'fileSearchStores'],
    ),
  idsInPath(path) {
    const segments = pathSegments(path).map(resource);
    const named = segments.flatMap((segment, at) => {
      const id = segments[at + 1];
      if (id === undefined || !HOMED_COLLECTIONS.has(segment)) return [];
      // An operation is named with what it works on: `models/veo-3/operations/abc`.
      return segment === 'interactions' ? [id] : [segments.slice(0, at + 2).join('/')];
    });
    return [...uploadsIn(path), ...named];
  },
};

/** Where an upload that was begun goes on; the address names no project, but its `upload_id` belongs to one. */
const UPLOAD_ADDRESS = 'x-goog-upload-url';
const UPLOAD_ID = /[?&]upload_id=([^&#]{1,1024})/;

function uploadsIn(address: string): string[] {
  const id = UPLOAD_ID.exec(address)?.[1];
  return id === undefined ? [] : [`upload_id=${id}`];
}

/** `abc:generateContent` without the action. */
function resource(segment: string): string {
  return segment.split(':', 1)[0] ?? segment;
}

/** `models/gemini-2.5-flash:generateContent`, wherever the path begins; a tuned model keeps its full name. */
function modelInPath(path: string): string | null {
  const segments = pathSegments(path);
  for (const [at, segment] of segments.entries()) {
    const name = segments[at + 1];
    if (name === undefined || name === '') continue;
    if (segment === 'models') return resource(name);
    if (segment === 'tunedModels') return `tunedModels/${resource(name)}`;
  }
  return null;
}

/** Cumulative in a stream: the last counts. */
function readUsage({ head, tail }: ReplySample): TokenUsage | null {
  const last = lastUsage(tail) ?? lastUsage(head);
  return last === null ? null : usageIn(last);
}

/** Interactions have a `usage` of their own. */
const USAGE_NAMES = ['usageMetadata', 'usage', 'total_usage'];

function lastUsage(text: string): UsageObject | null {
  for (const name of USAGE_NAMES) {
    const usage = lastObjectNamed(text, name, (object) => usageIn(object) !== null);
    if (usage !== null) return usage;
  }
  return null;
}

/** The prompt includes what was cached; thinking is billed as output but counted apart. */
function usageIn(object: UsageObject): TokenUsage | null {
  const count = (...names: readonly string[]) => {
    for (const name of names) if (tokens(object[name]) !== null) return tokens(object[name]);
    return null;
  };
  const reasoning = count('thoughtsTokenCount', 'total_thought_tokens');
  return usageOrNull({
    inputTokens: sumKnown(
      count('promptTokenCount', 'total_input_tokens'),
      count('toolUsePromptTokenCount', 'total_tool_use_tokens'),
    ),
    outputTokens: sumKnown(count('candidatesTokenCount', 'total_output_tokens'), reasoning),
    cachedInputTokens: count('cachedContentTokenCount', 'total_cached_tokens'),
    reasoningTokens: reasoning,
  });
}

/** The names of `google.rpc.Code` that the API pairs with a status. */
const STATUS_NAME: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  413: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

function statusName(status: number): string {
  return STATUS_NAME[status] ?? (status < 500 ? 'FAILED_PRECONDITION' : 'INTERNAL');
}

function renderError({ status, code, message, retryAt, details }: WireError): string {
  const metadata: Record<string, string> = retryAt === null ? {} : { retryAt };
  for (const [name, value] of Object.entries(details)) metadata[name] = String(value);
  const info = {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: code.toUpperCase().replaceAll('-', '_'),
    domain: 'rotato',
    metadata,
  };
  return JSON.stringify({ error: { code: status, message, status: statusName(status), details: [info] } });
}

/** The client looks for an error in raw chunks and in events alike. */
function renderStreamError(message: string): string {
  return `data: ${JSON.stringify({ error: { code: 502, message, status: 'UNAVAILABLE' } })}\n\n`;
}

export const geminiWire: WireFormat = {
  wire: 'gemini',
  homedObjects,
  // Uploads, and the WebSockets of the Live API.
  besideVersion: ['/upload/', '/ws/'],
  addressHeaders: [UPLOAD_ADDRESS],
  modelInPath,
  readUsage,
  renderError,
  renderStreamError,
};
