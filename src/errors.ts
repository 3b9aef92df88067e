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
  | 'body-too-large'
  | 'target-too-long'
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
  'body-too-large': 413,
  'target-too-long': 414,
  misdirected: 421,
  'rate-limited': 429,
  'upstream-unreachable': 502,
  'provider-unavailable': 503,
  'upstream-timeout': 504,
  'store-unavailable': 503,
  'bad-configuration': 500,
  internal: 500,
};

/** The message is shown to callers and operators: it says what was wrong and what to do, and holds no secret. */
export class RotatoError extends Error {
  override readonly name = 'RotatoError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  get status(): number {
    return STATUS_OF[this.code];
  }
}

/** Anything that is not ours becomes `internal`, with the original as its cause for the log. */
export function asRotatoError(error: unknown): RotatoError {
  return error instanceof RotatoError ? error : new RotatoError('internal', 'Internal error', { cause: error });
}
