import type { Wire } from '../model/provider.ts';

/** An error as one vendor words it. */
export interface VendorError {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** The part of an error that differs; each wire wraps it in its own envelope. */
interface Wording {
  readonly status: number;
  /** OpenAI's and Anthropic's `type`, Gemini's `status`. */
  readonly type: string;
  /** OpenAI's `code`; Gemini's ErrorInfo reason. */
  readonly code?: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Anthropic's `error.details`. */
  readonly details?: unknown;
}

type Wordings = Readonly<Record<Wire, Wording>>;

/**
 * Shapes recorded from the vendors (OpenAI, Anthropic, Google) between 2025 and 2026. `{key}` is the credential as
 * presented, `{model}` the model asked for.
 */
const WORDINGS = {
  'invalid-key': {
    openai: {
      status: 401,
      type: 'invalid_request_error',
      code: 'invalid_api_key',
      message:
        'Incorrect API key provided: {masked}. You can find your API key at https://platform.openai.com/account/api-keys.',
      headers: { 'www-authenticate': 'Bearer realm="OpenAI API"' },
    },
    anthropic: {
      status: 401,
      type: 'authentication_error',
      message: 'invalid x-api-key',
      headers: { 'x-should-retry': 'false' },
    },
    gemini: {
      status: 400,
      type: 'INVALID_ARGUMENT',
      code: 'API_KEY_INVALID',
      message: 'API key not valid. Please pass a valid API key.',
    },
  },
  'no-credit': {
    openai: {
      status: 429,
      type: 'insufficient_quota',
      code: 'insufficient_quota',
      message: 'You exceeded your current quota, please check your plan and billing details.',
    },
    anthropic: {
      status: 400,
      type: 'invalid_request_error',
      message:
        'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
    },
    gemini: { status: 402, type: 'RESOURCE_EXHAUSTED', message: 'Your prepayment credits are depleted.' },
  },
  'spend-limit': {
    openai: {
      status: 429,
      type: 'insufficient_quota',
      code: 'project_spend_limit_exceeded',
      message: 'This project has reached its spend limit.',
    },
    anthropic: {
      status: 429,
      type: 'rate_limit_error',
      message:
        'You have reached your API usage limits: your monthly spend limit. You will regain access on {next-month} at 00:00 UTC.',
      details: { error_code: 'enforced_spend_limit_reached' },
    },
    gemini: {
      status: 429,
      type: 'RESOURCE_EXHAUSTED',
      message: 'Your project has exceeded its monthly spending cap.',
    },
  },
  deactivated: {
    openai: {
      status: 401,
      type: 'invalid_request_error',
      code: 'account_deactivated',
      message: 'The OpenAI account associated with this API key has been deactivated.',
    },
    anthropic: { status: 400, type: 'invalid_request_error', message: 'This organization has been disabled.' },
    gemini: {
      status: 403,
      type: 'PERMISSION_DENIED',
      code: 'CONSUMER_SUSPENDED',
      message: 'Permission denied: Consumer has been suspended.',
    },
  },
  forbidden: {
    openai: {
      status: 403,
      type: 'invalid_request_error',
      code: 'unsupported_country_region_territory',
      message: 'Country, region, or territory not supported',
    },
    anthropic: { status: 403, type: 'permission_error', message: 'Your API key does not have permission to use this.' },
    gemini: {
      status: 403,
      type: 'PERMISSION_DENIED',
      message: 'Requests to this API method are blocked.',
    },
  },
  'model-unavailable': {
    openai: {
      status: 404,
      type: 'invalid_request_error',
      code: 'model_not_found',
      message: 'The model `{model}` does not exist or you do not have access to it.',
    },
    anthropic: { status: 404, type: 'not_found_error', message: 'model: {model}' },
    gemini: {
      status: 404,
      type: 'NOT_FOUND',
      message: 'models/{model} is not found for API version v1beta, or is not supported for generateContent.',
    },
  },
  overloaded: {
    openai: {
      status: 503,
      type: 'service_unavailable_error',
      code: 'server_is_overloaded',
      message: 'The server is currently overloaded with other requests. Please try again later.',
    },
    anthropic: { status: 529, type: 'overloaded_error', message: 'Overloaded' },
    gemini: { status: 503, type: 'UNAVAILABLE', message: 'The model is overloaded. Please try again later.' },
  },
  'server-error': {
    openai: { status: 500, type: 'server_error', message: 'The server had an error while processing your request.' },
    anthropic: { status: 500, type: 'api_error', message: 'Internal server error' },
    gemini: { status: 500, type: 'INTERNAL', message: 'An internal error has occurred.' },
  },
  'bad-gateway': {
    openai: { status: 502, type: 'server_error', message: 'Bad gateway.' },
    anthropic: { status: 502, type: 'api_error', message: 'Bad gateway' },
    gemini: { status: 502, type: 'INTERNAL', message: 'Bad gateway.' },
  },
  'gateway-timeout': {
    openai: { status: 504, type: 'server_error', message: 'Gateway timeout.' },
    anthropic: { status: 504, type: 'timeout_error', message: 'The request timed out.' },
    gemini: { status: 504, type: 'DEADLINE_EXCEEDED', message: 'Deadline expired before operation could complete.' },
  },
  'rate-limited': {
    openai: { status: 429, type: 'rate_limit_error', message: 'Too many requests' },
    anthropic: { status: 429, type: 'rate_limit_error', message: 'Number of requests has exceeded your rate limit' },
    gemini: {
      status: 429,
      type: 'RESOURCE_EXHAUSTED',
      message: 'Resource has been exhausted (e.g. check quota).',
    },
  },
  'slow-down': {
    openai: {
      status: 429,
      type: 'rate_limit_error',
      code: 'slow_down',
      message: 'Your request rate is increasing too quickly. Please slow down.',
    },
    anthropic: {
      status: 429,
      type: 'rate_limit_error',
      message: 'This request would exceed your organization’s maximum usage increase rate for input tokens per minute.',
    },
    gemini: { status: 429, type: 'RESOURCE_EXHAUSTED', message: 'Resource has been exhausted (e.g. check quota).' },
  },
  'context-length': {
    openai: {
      status: 400,
      type: 'invalid_request_error',
      code: 'context_length_exceeded',
      message: 'Your input exceeds the context window of this model. Please adjust your input and try again.',
    },
    anthropic: {
      status: 400,
      type: 'invalid_request_error',
      message: 'prompt is too long: 3333404 tokens > 200000 maximum',
      headers: { 'x-should-retry': 'false' },
    },
    gemini: {
      status: 400,
      type: 'INVALID_ARGUMENT',
      message: 'The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).',
    },
  },
  'content-policy': {
    openai: {
      status: 400,
      type: 'invalid_request_error',
      code: 'content_policy_violation',
      message: 'Your request was rejected as a result of our safety system.',
    },
    anthropic: {
      status: 400,
      type: 'invalid_request_error',
      message: 'Output blocked by content filtering policy',
    },
    gemini: {
      status: 400,
      type: 'INVALID_ARGUMENT',
      message: 'The request was blocked by the content policy.',
    },
  },
  /** A vendor, or a host in between, that quotes the whole credential back. */
  'echo-key': {
    openai: { status: 400, type: 'invalid_request_error', message: 'Your request with key {key} was not understood.' },
    anthropic: {
      status: 400,
      type: 'invalid_request_error',
      message: 'Your request with key {key} was not understood.',
    },
    gemini: {
      status: 400,
      type: 'INVALID_ARGUMENT',
      message: 'Your request with key {key} was not understood.',
    },
  },
  'bad-request': {
    openai: { status: 400, type: 'invalid_request_error', message: '{detail}' },
    anthropic: { status: 400, type: 'invalid_request_error', message: '{detail}' },
    gemini: { status: 400, type: 'INVALID_ARGUMENT', message: '{detail}' },
  },
  'not-found': {
    openai: { status: 404, type: 'invalid_request_error', message: '{detail}' },
    anthropic: { status: 404, type: 'not_found_error', message: '{detail}' },
    gemini: { status: 404, type: 'NOT_FOUND', message: '{detail}' },
  },
  /** Google does not say whether somebody else's file exists. */
  'not-yours': {
    openai: { status: 404, type: 'invalid_request_error', message: '{detail}' },
    anthropic: { status: 404, type: 'not_found_error', message: '{detail}' },
    gemini: {
      status: 403,
      type: 'PERMISSION_DENIED',
      message: 'You do not have permission to access the File {detail} or it may not exist.',
    },
  },
} as const satisfies Readonly<Record<string, Wordings>>;

export type VendorErrorName = keyof typeof WORDINGS;

export function isVendorErrorName(name: unknown): name is VendorErrorName {
  return typeof name === 'string' && Object.hasOwn(WORDINGS, name);
}

/** Errors that say the work was tried: the request was metered before it failed. The others cost nothing. */
const AFTER_METERING: ReadonlySet<VendorErrorName> = new Set(['server-error', 'bad-gateway', 'gateway-timeout']);

export function failsAfterMetering(name: VendorErrorName): boolean {
  return AFTER_METERING.has(name);
}

export interface ErrorContext {
  readonly key?: string | null;
  readonly model?: string | null;
  /** What exactly was wrong, for the errors that say so. */
  readonly detail?: string;
  readonly status?: number | undefined;
  readonly message?: string | undefined;
  readonly requestId?: string;
  /** Milliseconds since the Unix epoch, for the dates errors name. */
  readonly wallNow?: number;
}

export function vendorError(wire: Wire, name: VendorErrorName, context: ErrorContext = {}): VendorError {
  const wording: Wording = WORDINGS[name][wire];
  const message = fill(context.message ?? wording.message, context);
  const status = context.status ?? wording.status;
  const body = envelope(wire, { ...wording, status, message }, context);
  return wording.headers === undefined ? { status, body } : { status, body, headers: wording.headers };
}

function fill(template: string, context: ErrorContext): string {
  const key = context.key ?? '';
  return template
    .replaceAll('{key}', key)
    .replaceAll('{masked}', masked(key))
    .replaceAll('{model}', context.model ?? 'unknown')
    .replaceAll('{next-month}', nextMonth(context.wallNow ?? 0))
    .replaceAll('{detail}', context.detail ?? 'Invalid request.');
}

/** As OpenAI masks: enough to recognise one's key by, not enough to use it. */
function masked(key: string): string {
  return key.length <= 8 ? '*'.repeat(key.length) : `${key.slice(0, 4)}${'*'.repeat(8)}${key.slice(-4)}`;
}

function nextMonth(wallNow: number): string {
  const now = new Date(wallNow);
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)).toISOString().slice(0, 10);
}

function envelope(wire: Wire, { status, type, code, message, details }: Wording, context: ErrorContext): unknown {
  switch (wire) {
    case 'openai':
      return { error: { message, type, param: null, code: code ?? null } };
    case 'anthropic':
      return {
        type: 'error',
        error: { type, message, ...(details === undefined ? {} : { details }) },
        request_id: context.requestId ?? 'req_simulated',
      };
    case 'gemini':
      return { error: { code: status, message, status: type, ...(code === undefined ? {} : errorInfo(code)) } };
  }
}

function errorInfo(reason: string): { details: unknown[] } {
  return {
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason,
        domain: 'googleapis.com',
        metadata: { service: 'generativelanguage.googleapis.com' },
      },
    ],
  };
}
