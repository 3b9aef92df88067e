import { STATUS_CODES } from 'node:http';
import { asRotatoError, type FieldProblem, RotatoError } from '../errors.ts';
import { redactShapes } from '../redactor.ts';
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
 * RFC 9457. What was sent may be repeated in it, so what looks like a key is hidden: some are pasted where none
 * belongs. `conditional` says that the request carried If-Match, for whose failing HTTP has a status of its own.
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
      detail: redactShapes(error.message),
      code: error.code,
      ...(error.fields.length > 0 && { fields: error.fields.map(redactField) }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
    headers: retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) },
  };
}

function redactField({ path, message }: FieldProblem): FieldProblem {
  return { path: redactShapes(path), message: redactShapes(message) };
}

export const PROBLEM_TYPE = 'application/problem+json';
