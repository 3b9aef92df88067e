import type { Wire } from '../model/provider.ts';
import { goDuration, periodWords, type ResolvedStyle } from './limit-headers.ts';
import type { ConcurrencyRefusal, MeterRefusal, WindowRefusal } from './meter.ts';
import { type VendorError, vendorError } from './vendor-errors.ts';

export interface RefusedCall {
  readonly wire: Wire;
  readonly style: ResolvedStyle;
  readonly model: string;
  readonly group: string;
  readonly requestId: string;
}

/** What a vendor answers when a window is full, with as much explanation as the header style gives. */
export function rateLimitRefusal(call: RefusedCall, refusal: MeterRefusal): VendorError {
  if (refusal.kind === 'concurrency') return concurrencyRefusal(call, refusal);
  const fits = Number.isFinite(refusal.waitMs);
  switch (call.style) {
    case 'openai':
    case 'groq': {
      const answer = openaiRefusal(call, refusal);
      return fits ? withRetryAfter(answer, refusal.waitMs, call.style === 'openai') : answer;
    }
    case 'anthropic': {
      const answer = plain(call, anthropicSentence(refusal));
      return fits ? withRetryAfter(answer, refusal.waitMs, false) : answer;
    }
    case 'gemini':
      return geminiRefusal(call, refusal);
    case 'retry-after':
      return fits ? withRetryAfter(plain(call), refusal.waitMs, false) : plain(call);
    case 'none':
      return plain(call);
  }
}

/** As counters and the request log call it: `requests/min`, `tokens/day`, `concurrency`, `too-large`. */
export function reasonOf(refusal: MeterRefusal): string {
  if (refusal.kind === 'concurrency') return 'concurrency';
  if (!Number.isFinite(refusal.waitMs)) return 'too-large';
  return `${refusal.limit.dimension}/${periodWords(refusal.limit.periodMs).short}`;
}

function plain(call: RefusedCall, message?: string): VendorError {
  return vendorError(call.wire, 'rate-limited', { message, requestId: call.requestId });
}

function concurrencyRefusal(call: RefusedCall, { limit }: ConcurrencyRefusal): VendorError {
  const bare = call.style === 'none' || call.style === 'retry-after';
  return plain(call, bare ? undefined : `Too many concurrent requests: at most ${limit} may run at once.`);
}

/** Vendors round seconds up; `retry-after-ms` is exact. */
function withRetryAfter(answer: VendorError, waitMs: number, exact: boolean): VendorError {
  const headers: Record<string, string> = { ...answer.headers, 'retry-after': String(Math.ceil(waitMs / 1_000)) };
  if (exact) headers['retry-after-ms'] = String(Math.ceil(waitMs));
  return { ...answer, headers };
}

const OPENAI_INITIALS = { requests: 'RP', tokens: 'TP', 'input-tokens': 'ITP', 'output-tokens': 'OTP' } as const;

function openaiRefusal(call: RefusedCall, { limit, used, requested, waitMs }: WindowRefusal): VendorError {
  const { short, initial } = periodWords(limit.periodMs);
  const what = limit.dimension.replace('-', ' ');
  const where = `for ${call.model} in organization ${call.group} on ${what} per ${short} (${OPENAI_INITIALS[limit.dimension]}${initial})`;
  const fits = Number.isFinite(waitMs);
  const message = fits
    ? `Rate limit reached ${where}: Limit ${limit.limit}, Used ${used}, Requested ${requested}. Please try again in ${goDuration(waitMs)}.`
    : `Request too large ${where}: Limit ${limit.limit}, Requested ${requested}. The input or output tokens must be reduced in order to run successfully.`;
  if (call.wire !== 'openai') return plain(call, message);
  return {
    // Groq calls a request that can never fit by its own status.
    status: !fits && call.style === 'groq' ? 413 : 429,
    body: {
      error: {
        message,
        type: limit.dimension === 'requests' ? 'requests' : 'tokens',
        param: null,
        code: 'rate_limit_exceeded',
      },
    },
  };
}

function anthropicSentence({ limit }: WindowRefusal): string {
  const figure = `${limit.limit.toLocaleString('en-US')} ${limit.dimension.replace('-', ' ')} per ${periodWords(limit.periodMs).long}`;
  return `This request would exceed the rate limit for your organization of ${figure}.`;
}

const GEMINI_METRICS = {
  requests: { metric: 'generate_content_free_tier_requests', id: 'GenerateRequests' },
  tokens: { metric: 'generate_content_paid_tier_input_token_count', id: 'GenerateContentInputTokens' },
  'input-tokens': { metric: 'generate_content_paid_tier_input_token_count', id: 'GenerateContentInputTokens' },
  'output-tokens': { metric: 'generate_content_output_token_count', id: 'GenerateContentOutputTokens' },
} as const;

/** Recorded: Help, QuotaFailure and RetryInfo in the body, not one header. */
function geminiRefusal(call: RefusedCall, { limit, waitMs }: WindowRefusal): VendorError {
  const names = GEMINI_METRICS[limit.dimension];
  const quotaMetric = `generativelanguage.googleapis.com/${names.metric}`;
  const quotaId = `${names.id}Per${periodWords(limit.periodMs).camel}PerProjectPerModel-FreeTier`;
  const seconds = waitMs / 1_000;
  const fits = Number.isFinite(waitMs);
  const message = [
    'You exceeded your current quota, please check your plan and billing details.',
    `* Quota exceeded for metric: ${quotaMetric}, limit: ${limit.limit}, model: ${call.model}`,
    ...(fits ? [`Please retry in ${seconds}s.`] : []),
  ].join(' \n');
  const violation = {
    quotaMetric,
    quotaId,
    quotaDimensions: { model: call.model, location: 'global' },
    quotaValue: String(limit.limit),
  };
  const details = [
    {
      '@type': 'type.googleapis.com/google.rpc.Help',
      links: [
        { description: 'Learn more about Gemini API quotas', url: 'https://ai.google.dev/gemini-api/docs/rate-limits' },
      ],
    },
    { '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [violation] },
    ...(fits ? [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${Math.floor(seconds)}s` }] : []),
  ];
  const error = { error: { code: 429, message, status: 'RESOURCE_EXHAUSTED', details } };
  switch (call.wire) {
    case 'gemini':
      return { status: 429, body: error };
    case 'openai':
      // Gemini's OpenAI-compatible endpoint wraps its errors in a list.
      return { status: 429, body: [error] };
    case 'anthropic':
      return plain(call, message);
  }
}
