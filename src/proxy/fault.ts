import { RotatoError } from '../errors.ts';
import type { EndReason } from '../model/exchange.ts';
import type { Outcome } from '../model/outcome.ts';

/** An attempt that brought no answer, or none that can be used. */
export interface Fault {
  readonly end: EndReason;
  /** For callers and operators; names no URL, since a URL may hold a secret. */
  readonly message: string;
  readonly outcome: Extract<Outcome, { kind: 'not-sent' | 'uncertain' | 'caller-left' }>;
  /** The caller's own body ended the attempt (too large, stalled): what it is told instead. */
  readonly refusal?: RotatoError;
}

/** How far an attempt had come when it failed. */
export interface Progress {
  /** Its first byte was handed to an open connection. */
  readonly started: boolean;
  /** Requests the connection had carried before this one. */
  readonly earlierRequests: number;
}

const DNS_CODES = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME']);
const UNREACHABLE_CODES = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EACCES', 'EPERM']);
const RESET_CODES = new Set(['ECONNRESET', 'EPIPE']);
const TLS_CODE =
  /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO|HOSTNAME_MISMATCH|INVALID_CA|CRL_|INVALID_PURPOSE)/;

/** The reason of an attempt that fell to a time-out of ours; thrown into the connection, found again as its error. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
  readonly end: 'first_byte_timeout' | 'upstream_idle';

  constructor(end: 'first_byte_timeout' | 'upstream_idle', message: string) {
    super(message);
    this.end = end;
  }
}

/** The caller left; whatever the connection says is only the echo of our hanging up. */
export class CallerLeftError extends Error {
  override readonly name = 'CallerLeftError';
}

/** Reads an error of the connection. Only what provably never reached the upstream may be sent again. */
export function readFault(error: Error, progress: Progress): Fault {
  const ours = ownFault(error);
  if (ours !== null) return ours;
  const code = codeOf(error);
  if (!progress.started) return connectFault(code, error);
  if (RESET_CODES.has(code) && progress.earlierRequests > 0) {
    // The upstream closed an idle connection while this request was on its way into it: nobody read it.
    return notSent('upstream_closed', 'The upstream closed an idle connection as it was reused.');
  }
  if (code.startsWith('HPE_') || code.startsWith('UND_ERR_HEADERS_OVERFLOW') || isBadResponse(error)) {
    return uncertain('bad_response', 'The upstream answered with something that is not HTTP.');
  }
  return uncertain('upstream_closed', 'The upstream closed the connection without an answer.');
}

/** Reads an error that came after the head: the upstream began to answer, and nothing can be sent again. */
export function readBreak(error: Error): Fault {
  const ours = ownFault(error);
  if (ours !== null) return ours;
  // The parser's word for a connection that ends in the middle of a body, by length or in chunks.
  const isCut = error.name === 'ResponseContentLengthMismatchError' || error.message.includes('EOF');
  return isBadResponse(error) && !isCut
    ? uncertain('bad_response', 'The upstream went on with something that is not HTTP.')
    : uncertain('upstream_aborted', 'The upstream broke off in the middle of its answer.');
}

/** What we did to the connection ourselves; null when it was not us. */
function ownFault(error: Error): Fault | null {
  if (error instanceof CallerLeftError) {
    return { end: 'client_aborted', message: 'The caller left.', outcome: { kind: 'caller-left' } };
  }
  if (error instanceof RotatoError) {
    return { end: 'refused', message: error.message, outcome: { kind: 'caller-left' }, refusal: error };
  }
  return error instanceof TimeoutError ? uncertain(error.end, error.message) : null;
}

function connectFault(code: string, error: Error): Fault {
  if (code === 'ADDRESS_FORBIDDEN') return notSent('address_forbidden', `Not connected: ${error.message}.`);
  if (DNS_CODES.has(code)) return notSent('dns', 'The name of the upstream does not resolve.');
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') {
    return notSent('connect_timeout', 'The upstream did not accept a connection in time.');
  }
  if (TLS_CODE.test(code)) return notSent('tls', `No trusted TLS connection to the upstream (${code}).`);
  if (UNREACHABLE_CODES.has(code)) return notSent('connect_refused', `The upstream cannot be reached (${code}).`);
  return notSent('connect_refused', 'The upstream closed the connection before anything was sent.');
}

function codeOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined && error instanceof AggregateError) {
    const [first] = error.errors;
    return first instanceof Error ? codeOf(first) : '';
  }
  return code ?? '';
}

/** undici's errors by name: its parser's come without a code, where those of node:http have one. */
const BAD_RESPONSE_NAMES = new Set(['HTTPParserError', 'ResponseContentLengthMismatchError']);

function isBadResponse(error: Error): boolean {
  return error.message.startsWith('bad ') || BAD_RESPONSE_NAMES.has(error.name);
}

function notSent(end: EndReason, message: string): Fault {
  return { end, message, outcome: { kind: 'not-sent', reason: message } };
}

function uncertain(end: EndReason, message: string): Fault {
  return { end, message, outcome: { kind: 'uncertain', reason: message } };
}
