import { errors } from 'undici';
import { describe, expect, it } from 'vitest';
import { RotatoError } from '../errors.ts';
import { AddressForbiddenError } from './address-guard.ts';
import { CallerLeftError, type Progress, readFault, TimeoutError } from './fault.ts';

const CONNECTING: Progress = { started: false, earlierRequests: 0 };
const FRESH: Progress = { started: true, earlierRequests: 0 };
const REUSED: Progress = { started: true, earlierRequests: 3 };

const coded = (code: string, message = code) => Object.assign(new Error(message), { code });

/** What Node throws when every address of a name failed. */
const allFailed = (...codes: string[]) => new AggregateError(codes.map((code) => coded(code)));

describe('before the first byte was handed to a connection, nothing was sent', () => {
  it.each([
    ['refused', coded('ECONNREFUSED'), 'connect_refused'],
    ['no route', coded('EHOSTUNREACH'), 'connect_refused'],
    ['no network', coded('ENETUNREACH'), 'connect_refused'],
    ['no free port', coded('EADDRNOTAVAIL'), 'connect_refused'],
    ['every address refused', allFailed('ECONNREFUSED', 'ECONNREFUSED'), 'connect_refused'],
    ['the first address timed out', allFailed('ETIMEDOUT', 'ECONNREFUSED'), 'connect_timeout'],
    ['no address at all', new AggregateError([]), 'connect_refused'],
    ['reset while connecting', coded('ECONNRESET'), 'connect_refused'],
    ['closed while connecting', new errors.SocketError('other side closed'), 'connect_refused'],
    ['connect time-out', new errors.ConnectTimeoutError(), 'connect_timeout'],
    ['time-out of the system', coded('ETIMEDOUT'), 'connect_timeout'],
    ['no such name', coded('ENOTFOUND'), 'dns'],
    ['DNS out of order', coded('EAI_AGAIN'), 'dns'],
    ['expired certificate', coded('CERT_HAS_EXPIRED'), 'tls'],
    ['certificate of another name', coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'tls'],
    ['self-signed', coded('DEPTH_ZERO_SELF_SIGNED_CERT'), 'tls'],
    ['self-signed in the chain', coded('SELF_SIGNED_CERT_IN_CHAIN'), 'tls'],
    ['unknown authority', coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'tls'],
    ['unknown issuer', coded('UNABLE_TO_GET_ISSUER_CERT_LOCALLY'), 'tls'],
    ['no TLS at all', coded('ERR_SSL_WRONG_VERSION_NUMBER'), 'tls'],
    ['forbidden address', new AddressForbiddenError('10.0.0.1 is a private address'), 'address_forbidden'],
    ['anything else', new Error('?'), 'connect_refused'],
  ])('%s', (_what, error, end) => {
    const fault = readFault(error, CONNECTING);
    expect(fault.end).toBe(end);
    expect(fault.outcome).toEqual({ kind: 'not-sent', reason: fault.message });
  });
});

describe('a reused connection', () => {
  it.each([coded('ECONNRESET'), coded('EPIPE')])(
    'that was reset had been closed before anybody read: $code',
    (error) => {
      const fault = readFault(error, REUSED);
      expect(fault.outcome.kind).toBe('not-sent');
      expect(fault.end).toBe('upstream_closed');
    },
  );

  it.each([
    ['closed in order, after it may have read', new errors.SocketError('other side closed'), 'upstream_closed'],
    ['answered with garbage', new errors.HTTPParserError('Expected HTTP/'), 'bad_response'],
  ])('that %s may have done the work', (_what, error, end) => {
    const fault = readFault(error, REUSED);
    expect(fault.outcome.kind).toBe('uncertain');
    expect(fault.end).toBe(end);
  });
});

describe('after the first byte on a fresh connection, nobody knows', () => {
  it.each([
    ['reset', coded('ECONNRESET'), 'upstream_closed'],
    ['broken pipe', coded('EPIPE'), 'upstream_closed'],
    ['closed', new errors.SocketError('other side closed'), 'upstream_closed'],
    ['time-out of the system', coded('ETIMEDOUT'), 'upstream_closed'],
    ['a code that means "refused" elsewhere', coded('ECONNREFUSED'), 'upstream_closed'],
    ['garbage', new errors.HTTPParserError('Expected HTTP/'), 'bad_response'],
    ['garbage, from node:http', coded('HPE_INVALID_CONSTANT'), 'bad_response'],
    ['headers beyond the limit', new errors.HeadersOverflowError(), 'bad_response'],
    ['a body of another length', new errors.ResponseContentLengthMismatchError(), 'bad_response'],
    ['an upgrade nobody asked for', new errors.SocketError('bad upgrade'), 'bad_response'],
    ['anything else', new Error('?'), 'upstream_closed'],
  ])('%s', (_what, error, end) => {
    const fault = readFault(error, FRESH);
    expect(fault.end).toBe(end);
    expect(fault.outcome).toEqual({ kind: 'uncertain', reason: fault.message });
  });
});

describe('what we ended ourselves', () => {
  it.each([CONNECTING, FRESH, REUSED])('is named as such, however far it had come: %j', (progress) => {
    expect(readFault(new CallerLeftError('gone'), progress)).toMatchObject({
      end: 'client_aborted',
      outcome: { kind: 'caller-left' },
    });
    expect(readFault(new TimeoutError('first_byte_timeout', 'late'), progress)).toMatchObject({
      end: 'first_byte_timeout',
      message: 'late',
      outcome: { kind: 'uncertain' },
    });
    expect(readFault(new TimeoutError('upstream_idle', 'still'), progress).end).toBe('upstream_idle');
  });

  it('keeps what the caller is told of its own body, and blames neither key nor upstream', () => {
    const error = new RotatoError('body-too-large', 'too large');
    expect(readFault(error, FRESH)).toMatchObject({ end: 'refused', outcome: { kind: 'caller-left' }, refusal: error });
  });
});

describe('the message', () => {
  it('repeats nothing of the connection, whose words may hold a URL with a secret', () => {
    const secret = 'https://user:secret@host.example/?key=secret';
    for (const progress of [CONNECTING, FRESH, REUSED]) {
      for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'ECONNRESET', 'HPE_INVALID_CONSTANT', 'CERT_HAS_EXPIRED', '']) {
        expect(JSON.stringify(readFault(coded(code, secret), progress))).not.toContain('secret');
      }
    }
  });
});
