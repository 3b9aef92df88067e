import { STATUS_CODES } from 'node:http';
import { asRotatoError, RotatoError } from '../errors.ts';
import type { Problem } from './contract.ts';

/** Too many wrong passwords from one source, or from everywhere. */
export class ThrottledError extends RotatoError {
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number) {
    super('rate-limited', message);
    this.retryAfterMs = retryAfterMs;
  }
}

export interface RenderedProblem {
  readonly status: number;
  readonly body: Problem;
  /** Beside the content type. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * RFC 9457. `conditional` says that the request carried If-Match, for whose failing HTTP has a status of its own.
 */
export function renderProblem(thrown: unknown, conditional = false): RenderedProblem {
  const error = asRotatoError(thrown);
  const status = error.code === 'conflict' && conditional ? 412 : error.status;
  const retryAfterMs = error instanceof ThrottledError ? error.retryAfterMs : undefined;
  return {
    status,
    body: {
      type: 'about:blank',
      title: STATUS_CODES[status] ?? 'Error',
      status,
      detail: error.message,
      code: error.code,
      ...(error.fields.length > 0 && { fields: error.fields }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
    headers: retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) },
  };
}

export const PROBLEM_TYPE = 'application/problem+json';
