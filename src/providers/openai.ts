import type { TokenUsage } from '../model/outcome.ts';
import { asRecord } from './cut-json.ts';
import { idsUnder, pathSegments } from './homed-ids.ts';
import type { HomedObjects, ReplySample, WireError } from './provider-adapter.ts';
import { lastObjectNamed, sumKnown, tokens, type UsageObject, usageOrNull } from './stream-usage.ts';
import type { WireFormat } from './wire-format.ts';

/** Endpoints whose objects stay in the organisation that made them. */
const HOMED_COLLECTIONS: ReadonlySet<string> = new Set([
  'files',
  'uploads',
  'batches',
  'responses',
  'conversations',
  'vector_stores',
  'fine_tuning',
  'assistants',
  'threads',
  'containers',
  'videos',
  'evals',
]);

const homedObjects: HomedObjects = {
  requestFields: new Set([
    'previous_response_id',
    'conversation',
    'file_id',
    'file_ids',
    'input_file_id',
    'training_file',
    'validation_file',
    'batch_id',
    'vector_store_id',
    'vector_store_ids',
    'assistant_id',
    'thread_id',
    'container',
    'container_id',
    'eval_id',
    'video_id',
    // A fine-tuned model is called by a name that only its own organisation knows.
    'model',
  ]),
  creates(method, path) {
    const [collection, next] = pathSegments(path);
    if (collection === undefined || (method !== 'GET' && method !== 'POST')) return false;
    // Stored completions are listed there; making one is the ordinary call, and its id is seldom asked for.
    if (collection === 'chat') return method === 'GET' && next === 'completions';
    return HOMED_COLLECTIONS.has(collection);
  },
  idsInHeaders: () => [],
  idsIn: (body) => idsUnder(body, ['id', 'output_file_id', 'error_file_id', 'fine_tuned_model'], ['data']),
  idsInPath: (path) => pathSegments(path).filter((segment) => !HOMED_COLLECTIONS.has(segment)),
};

/** `…/deployments/NAME/chat/completions`, Azure's older paths. */
const DEPLOYMENT = /(?:^|\/)deployments\/([^/?#]{1,200})/;

function modelInPath(path: string): string | null {
  const deployment = DEPLOYMENT.exec(path)?.[1];
  return deployment === undefined ? null : (pathSegments(deployment)[0] ?? null);
}

/**
 * `usage` of completions, Responses, embeddings and Cohere's v2 (which counts under `tokens`), `x_groq.usage`, and
 * the counts at the top level of Ollama's native API. In a stream it is cumulative or comes once: the last counts.
 */
function readUsage({ head, tail }: ReplySample): TokenUsage | null {
  for (const text of [tail, head]) {
    const usage = lastObjectNamed(text, 'usage', (object) => usageIn(object) !== null);
    if (usage !== null) return usageIn(usage);
  }
  return ollamaUsage(tail) ?? ollamaUsage(head);
}

function usageIn(object: UsageObject): TokenUsage | null {
  const counts = asRecord(object.tokens) ?? object;
  const inputDetails = asRecord(object.prompt_tokens_details) ?? asRecord(object.input_tokens_details);
  const outputDetails = asRecord(object.completion_tokens_details) ?? asRecord(object.output_tokens_details);
  return usageOrNull({
    inputTokens: tokens(counts.prompt_tokens) ?? tokens(counts.input_tokens),
    outputTokens: tokens(counts.completion_tokens) ?? tokens(counts.output_tokens),
    cachedInputTokens: tokens(inputDetails?.cached_tokens) ?? tokens(object.prompt_cache_hit_tokens),
    reasoningTokens: tokens(outputDetails?.reasoning_tokens),
  });
}

const OLLAMA_COUNT = {
  input: /"prompt_eval_count":\s{0,4}(\d{1,12})[,}\s]/g,
  output: /"eval_count":\s{0,4}(\d{1,12})[,}\s]/g,
};

function ollamaUsage(text: string): TokenUsage | null {
  const inputTokens = lastCount(text, OLLAMA_COUNT.input);
  const outputTokens = lastCount(text, OLLAMA_COUNT.output);
  if (sumKnown(inputTokens, outputTokens) === null) return null;
  return { inputTokens, outputTokens, cachedInputTokens: null, reasoningTokens: null };
}

function lastCount(text: string, pattern: RegExp): number | null {
  let last: string | undefined;
  for (const match of text.matchAll(pattern)) last = match[1];
  return last === undefined ? null : Number(last);
}

const TYPE_OF_STATUS: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'invalid_request_error',
  429: 'rate_limit_error',
  503: 'service_unavailable_error',
  504: 'timeout_error',
};

function typeOfStatus(status: number): string {
  return TYPE_OF_STATUS[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
}

function renderError({ status, code, message, retryAt, details }: WireError): string {
  return JSON.stringify({
    error: {
      message,
      type: typeOfStatus(status),
      param: null,
      code,
      ...(retryAt === null ? {} : { retry_at: retryAt }),
      ...(Object.keys(details).length === 0 ? {} : { details }),
    },
  });
}

/** Both clients, of completions and of Responses, throw on data with an `error` at its top. */
function renderStreamError(message: string): string {
  const error = { message, type: 'api_error', param: null, code: 'stream_interrupted' };
  return `data: ${JSON.stringify({ error })}\n\n`;
}

export const openaiWire: WireFormat = {
  wire: 'openai',
  homedObjects,
  besideVersion: [],
  addressHeaders: [],
  modelInPath,
  readUsage,
  renderError,
  renderStreamError,
};
