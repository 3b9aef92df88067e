import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { HeaderList } from '../model/header-list.ts';
import { guessWire, retryHeaders } from './error-reply.ts';
import { Exchange } from './exchange.ts';

const NOW = Date.UTC(2026, 7, 19, 14, 34, 11);
const exchange = new Exchange(new IncomingMessage(new Socket()), new VirtualClock(NOW));

function headersFor(status: number, retryAfterMs: number | null): Record<string, string> {
  const flat = retryHeaders(exchange, status, retryAfterMs);
  const headers: Record<string, string> = {};
  new HeaderList(flat).forEach((name, value) => {
    headers[name] = value;
  });
  return headers;
}

describe('when to call again', () => {
  it.each([
    [0, '1', '1'],
    [1, '1', '1'],
    [999.2, '1', '1000'],
    [1_000, '1', '1000'],
    [1_000.1, '2', '1001'],
    [59_999, '60', '59999'],
    [60_000, '60', '60000'],
  ])('%d ms is said in every form that SDKs read', (retryAfterMs, seconds, milliseconds) => {
    expect(headersFor(429, retryAfterMs)).toEqual({
      'retry-after': seconds,
      'retry-after-ms': milliseconds,
      'x-should-retry': 'true',
    });
  });

  it.each([
    [60_001, '2026-08-19T14:35:11.001Z'],
    [3_600_000.5, '2026-08-19T15:34:11.001Z'],
    [30 * 24 * 3_600_000, '2026-09-18T14:34:11.000Z'],
  ])('%d ms is longer than an SDK should sleep: it is told the date, and not to try', (retryAfterMs, retryAt) => {
    expect(headersFor(429, retryAfterMs)).toEqual({ 'x-should-retry': 'false', 'x-rotato-retry-at': retryAt });
  });

  it('is never before the true time, and never asked for beyond a minute', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 120_000, noNaN: true }), (retryAfterMs) => {
        const headers = headersFor(429, retryAfterMs);
        if (retryAfterMs > 60_000) {
          expect(Date.parse(headers['x-rotato-retry-at'] ?? '')).toBeGreaterThanOrEqual(NOW + retryAfterMs);
          expect(headers).not.toHaveProperty('retry-after');
          return;
        }
        expect(Number(headers['retry-after-ms'])).toBeGreaterThanOrEqual(retryAfterMs);
        expect(Number(headers['retry-after']) * 1000).toBeGreaterThanOrEqual(Number(headers['retry-after-ms']));
        expect(Number(headers['retry-after'])).toBeLessThanOrEqual(60);
      }),
    );
  });

  it.each([
    [429, { 'x-should-retry': 'false' }],
    [503, { 'x-should-retry': 'false' }],
    [401, {}],
    [404, {}],
    [502, {}],
    [504, {}],
  ])('is not known: a %i', (status, headers) => {
    expect(headersFor(status, null)).toEqual(headers);
  });
});

describe('the wire of a caller where no provider says so', () => {
  it.each([
    ['anthropic', ['x-api-key', 'k'], '/'],
    ['anthropic', ['Anthropic-Version', '2023-06-01'], '/'],
    ['gemini', ['X-Goog-Api-Key', 'k'], '/'],
    ['gemini', [], '/x?key=k'],
    ['gemini', [], '/x?alt=sse&key=k'],
    ['openai', ['authorization', 'Bearer k'], '/x?monkey=1'],
    ['openai', ['api-key', 'k'], '/'],
    ['openai', [], '/'],
  ])('is %s: %j %s', (wire, headers, target) => {
    expect(guessWire(new HeaderList(headers), target)).toBe(wire);
  });
});
