import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { snapshotOf } from '../../test/support/snapshot.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { corsHeaders, isPreflight, preflightHeaders } from './cors.ts';
import { Exchange } from './exchange.ts';

const APP = 'https://app.example';
const closed = snapshotOf();
const opened = snapshotOf({ cors: new Set([APP]) });

function exchangeOf(method: string, ...rawHeaders: string[]): Exchange {
  const request = new IncomingMessage(new Socket());
  request.method = method;
  request.rawHeaders = rawHeaders;
  return new Exchange(request, new VirtualClock());
}

describe('a page of a configured origin', () => {
  it('may read answers, and only with its own origin named', () => {
    expect(corsHeaders(exchangeOf('GET', 'Origin', APP), opened)).toEqual([
      ...['access-control-allow-origin', APP],
      ...['access-control-expose-headers', '*'],
      ...['vary', 'Origin'],
    ]);
  });

  it('may ask beforehand, for any method and for the headers it names', () => {
    const asks = exchangeOf(
      'OPTIONS',
      ...['origin', APP, 'access-control-request-method', 'POST'],
      ...['access-control-request-headers', 'authorization, x-stainless-lang'],
    );
    expect(isPreflight(asks, opened)).toBe(true);
    expect(preflightHeaders(asks)).toEqual([
      ...['access-control-allow-methods', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'],
      ...['access-control-allow-headers', 'authorization, x-stainless-lang'],
      ...['access-control-max-age', '600'],
    ]);
  });
});

describe('everybody else', () => {
  it.each([['https://evil.example'], ['http://app.example'], ['https://app.example:444'], ['null'], ['*'], ['']])(
    'is let read nothing: %s',
    (origin) => {
      // That the answer depends on the origin is true of every answer, and caches must know.
      expect(corsHeaders(exchangeOf('GET', 'origin', origin), opened)).toEqual(['vary', 'Origin']);
      expect(corsHeaders(exchangeOf('GET', 'origin', origin), closed)).toEqual([]);
    },
  );

  it('sees no difference where no origin was configured', () => {
    expect(corsHeaders(exchangeOf('GET'), closed)).toEqual([]);
    expect(corsHeaders(exchangeOf('GET'), opened)).toEqual(['vary', 'Origin']);
  });

  it.each([
    ['another origin', 'OPTIONS', ['origin', 'https://evil.example', 'access-control-request-method', 'POST']],
    ['no origin', 'OPTIONS', ['access-control-request-method', 'POST']],
    ['an OPTIONS that is meant for the upstream', 'OPTIONS', ['origin', APP]],
    ['another method', 'POST', ['origin', APP, 'access-control-request-method', 'POST']],
  ])('asks in vain: %s', (_who, method, headers) => {
    expect(isPreflight(exchangeOf(method, ...headers), opened)).toBe(false);
  });
});
