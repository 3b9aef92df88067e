/**
 * What ends a request or a start-up by our own decision. What an upstream does is never one of these: that is a
 * value, an `Outcome`.
 */
export type ErrorCode =
  | 'bad-request'
  | 'unauthorized'
  | 'forbidden'
  | 'unknown-provider'
  | 'not-found'
  | 'method-not-allowed'
  | 'conflict'
  | 'managed-by-file'
  | 'invalid-input'
  | 'body-too-large'
  | 'target-too-long'
  | 'unsupported-media-type'
  | 'misdirected'
  | 'rate-limited'
  | 'upstream-unreachable'
  | 'provider-unavailable'
  | 'upstream-timeout'
  | 'store-unavailable'
  | 'bad-configuration'
  | 'internal';

const STATUS_OF: Readonly<Record<ErrorCode, number>> = {
  'bad-request': 400,
  unauthorized: 401,
  forbidden: 403,
  'unknown-provider': 404,
  'not-found': 404,
  'method-not-allowed': 405,
  conflict: 409,
  'managed-by-file': 409,
  'invalid-input': 422,
  'body-too-large': 413,
  'target-too-long': 414,
  'unsupported-media-type': 415,
  misdirected: 421,
  'rate-limited': 429,
  'upstream-unreachable': 502,
  'provider-unavailable': 503,
  'upstream-timeout': 504,
  'store-unavailable': 503,
  'bad-configuration': 500,
  internal: 500,
};

/** What is wrong with one part of what an operator sent. `path` is dotted, as in `keys[2].label`; empty for the whole. */
export interface FieldProblem {
  readonly path: string;
  readonly message: string;
}

/** The message is shown to callers and operators: it says what was wrong and what to do, and holds no secret. */
export class RotatoError extends Error {
  override readonly name = 'RotatoError';
  readonly code: ErrorCode;
  /** Of `invalid-input`; else empty. */
  readonly fields: readonly FieldProblem[];

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly fields?: readonly FieldProblem[] } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.fields = options.fields ?? [];
  }

  get status(): number {
    return STATUS_OF[this.code];
  }
}

/** Anything that is not ours becomes `internal`, with the original as its cause for the log. */
export function asRotatoError(error: unknown): RotatoError {
  return error instanceof RotatoError ? error : new RotatoError('internal', 'Internal error', { cause: error });
}
