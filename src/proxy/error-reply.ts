import { asRotatoError, type RotatoError } from '../errors.ts';
import type { HeaderList } from '../model/header-list.ts';
import type { Wire } from '../model/provider.ts';
import type { ProviderAdapter } from '../providers/provider-adapter.ts';
import type { Exchange, Reply } from './exchange.ts';
import { bodyIsBroken } from './request-body.ts';

/** Up to here a caller's SDK is asked to wait and call again; beyond, its sleeping for hours would help nobody. */
const LONGEST_ASKED_WAIT_MS = 60_000;

/** What a refusal knows beyond its message. */
export interface RefusalFacts {
  /** From now; null when nobody knows. */
  readonly retryAfterMs: number | null;
  readonly details: Readonly<Record<string, string | number>>;
}

export interface ErrorReplyParts {
  readonly exchange: Exchange;
  readonly to: Reply;
  /** Speaks the wire of the caller. */
  readonly adapter: ProviderAdapter;
  /** Further headers, flat: CORS, the reply headers of the exchange. */
  readonly headers: readonly string[];
}

/** The only exit for errors of our own, in the caller's wire format. */
export function replyWithError(
  parts: ErrorReplyParts,
  thrown: unknown,
  facts: RefusalFacts | null = null,
): RotatoError {
  const { exchange, to, adapter } = parts;
  const error = asRotatoError(thrown);
  if (to.headersSent || to.destroyed) {
    to.destroy();
    return error;
  }
  const retryAfterMs = facts?.retryAfterMs ?? null;
  const body = Buffer.from(
    adapter.renderError({
      status: error.status,
      code: error.code,
      message: error.message,
      retryAt: retryAfterMs === null ? null : retryDate(exchange, retryAfterMs),
      details: facts?.details ?? {},
    }),
  );
  const headers = [
    ...parts.headers,
    ...retryHeaders(exchange, error.status, retryAfterMs),
    ...['content-type', 'application/json', 'content-length', String(body.length), 'x-rotato-source', 'rotato'],
  ];
  exchange.status = error.status;
  exchange.firstByteAt = exchange.clock.now();
  exchange.bytesOut += body.length;
  const { complete, method } = exchange.request;
  if (!complete) headers.push('connection', 'close');
  to.writeHead(error.status, headers);
  if (method === 'HEAD') to.flushHeaders();
  else to.write(body);
  if (complete) to.end();
  else endOnceRead(exchange, to);
  return error;
}

/**
 * What tells an SDK whether and when to call again. Short waits are asked for in every form SDKs read; for long ones
 * `retry-after` is left out, because one SDK obeys it without a cap and would sleep for hours.
 */
export function retryHeaders(exchange: Exchange, status: number, retryAfterMs: number | null): string[] {
  if (retryAfterMs === null) return status === 429 || status === 503 ? ['x-should-retry', 'false'] : [];
  if (retryAfterMs > LONGEST_ASKED_WAIT_MS) {
    return ['x-should-retry', 'false', 'x-rotato-retry-at', retryDate(exchange, retryAfterMs)];
  }
  const waitMs = Math.max(1, Math.ceil(retryAfterMs));
  return [
    ...['retry-after', String(Math.ceil(waitMs / 1000)), 'retry-after-ms', String(waitMs)],
    ...['x-should-retry', 'true'],
  ];
}

function retryDate(exchange: Exchange, retryAfterMs: number): string {
  return new Date(exchange.clock.wallNow() + Math.ceil(retryAfterMs)).toISOString();
}

/** The most of an unwanted body that is read so that the answer is not lost to a reset. */
const MOST_DRAINED_BYTES = 1024 * 1024;
const LONGEST_DRAIN_MS = 2_000;

/**
 * The answer was known before the body had come. Closing now would reset the connection under the caller's writing
 * and take the answer with it, so what still comes is read away first, within bounds.
 */
function endOnceRead({ request, clock }: Exchange, to: Reply): void {
  let drained = 0;
  const end = () => {
    timer.cancel();
    to.end();
  };
  const timer = clock.setTimer(bodyIsBroken(request) ? 0 : LONGEST_DRAIN_MS, end);
  to.once('close', () => timer.cancel());
  // Who read the body so far may still wait for more of it, and nothing flows while somebody does.
  request.removeAllListeners('readable');
  request.on('data', (chunk: Buffer) => {
    drained += chunk.length;
    if (drained > MOST_DRAINED_BYTES) end();
  });
  request.once('end', end);
}

/** The wire a caller probably speaks, where no provider says so: each SDK has its own way of sending a key. */
export function guessWire(headers: HeaderList, target: string): Wire {
  if (headers.get('x-api-key') !== null || headers.get('anthropic-version') !== null) return 'anthropic';
  if (headers.get('x-goog-api-key') !== null || /[?&]key=/.test(target)) return 'gemini';
  return 'openai';
}
