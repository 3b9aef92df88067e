import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeaderList } from '../model/header-list.ts';
import { LONGEST_WAIT_MS } from './duration-text.ts';
import { type RetryHints, retryHintMs, textHintMs } from './retry-after.ts';

const NOW = Date.UTC(2026, 9, 21, 7, 27, 0);

function hints(headers: Readonly<Record<string, string>>, rest: Partial<RetryHints> = {}): RetryHints {
  return {
    headers: new HeaderList(Object.entries(headers).flat()),
    quotedHeaders: new HeaderList([]),
    retryDelay: null,
    message: '',
    receivedAt: NOW,
    ...rest,
  };
}

describe('retryHintMs', () => {
  it.each<[string, Readonly<Record<string, string>>, number | null]>([
    ['seconds', { 'retry-after': '56' }, 56_000],
    ['fractions of a second', { 'retry-after': '0.5' }, 500],
    ['a date', { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }, 60_000],
    ['a date in the past', { 'retry-after': 'Wed, 21 Oct 2026 07:26:00 GMT' }, 0],
    ['milliseconds', { 'Retry-After-Ms': '644' }, 644],
    ['a negative figure', { 'retry-after': '-3' }, 0],
    ['an epoch', { 'retry-after': String(NOW / 1_000 + 30) }, 30_000],
    ['a year', { 'retry-after': '31536000' }, LONGEST_WAIT_MS],
    ['milliseconds out of all reason', { 'retry-after-ms': '9'.repeat(20) }, LONGEST_WAIT_MS],
    ['nonsense', { 'retry-after': 'soon' }, null],
    ['nothing', {}, null],
    // Azure was seen to send both.
    ['no milliseconds beside a second', { 'retry-after-ms': '0', 'retry-after': '1' }, 1_000],
    ['no milliseconds alone', { 'retry-after-ms': '0' }, 0],
    ['nonsense in one header', { 'retry-after-ms': 'x', 'retry-after': '2' }, 2_000],
  ])('reads %s', (_, headers, ms) => {
    expect(retryHintMs(hints(headers))).toBe(ms);
  });

  it('believes the finest source first', () => {
    const all = { retryDelay: '48s', message: 'Please try again in 20s.' };
    expect(retryHintMs(hints({ 'retry-after-ms': '1500', 'retry-after': '2' }, all))).toBe(1_500);
    expect(retryHintMs(hints({ 'retry-after': '2' }, all))).toBe(2_000);
    expect(retryHintMs(hints({}, all))).toBe(48_000);
    expect(retryHintMs(hints({}, { ...all, retryDelay: 'garbage' }))).toBe(20_000);
    expect(retryHintMs(hints({ 'x-ratelimit-reset': '7' }, all))).toBe(48_000);
  });

  it('takes the reset of an empty window when nothing else is said', () => {
    expect(retryHintMs(hints({ 'x-ratelimit-reset': '7' }))).toBe(7_000);
    expect(retryHintMs(hints({ 'x-ratelimit-reset': '7', 'x-ratelimit-remaining': '0' }))).toBe(7_000);
    expect(retryHintMs(hints({ 'x-ratelimit-reset': '7', 'x-ratelimit-remaining': '3' }))).toBeNull();
    const quotedHeaders = new HeaderList(['X-RateLimit-Reset', String(NOW + 9_000)]);
    expect(retryHintMs(hints({}, { quotedHeaders }))).toBe(9_000);
  });

  it('does not take for a wait the reset of a bucket that refills', () => {
    expect(retryHintMs(hints({ 'x-ratelimit-reset-tokens': '6m0s' }))).toBeNull();
  });

  it('gives a wait within bounds or nothing, whatever came', () => {
    const text = fc.oneof(fc.string(), fc.integer().map(String), fc.double().map(String));
    fc.assert(
      fc.property(text, text, text, fc.string(), (seconds, ms, retryDelay, message) => {
        const headers = { 'retry-after': seconds, 'retry-after-ms': ms, 'x-ratelimit-reset': seconds };
        const wait = retryHintMs(hints(headers, { retryDelay, message }));
        expect(wait === null || (wait >= 0 && wait <= LONGEST_WAIT_MS)).toBe(true);
      }),
    );
  });
});

describe('textHintMs', () => {
  it.each([
    ['Please try again in 6m0s.', 360_000],
    ['Please try again in 644ms. Visit', 644],
    ['Please retry in 48.939935699s.', 48_939.935699],
    ['Please retry after 86400 seconds.', 86_400_000],
    ['Please wait 52220 seconds before retrying.', 52_220_000],
    ['Try again in 2 minutes', 120_000],
    ['Please try again later; retry after 3 seconds', 3_000],
  ])('reads %s', (message, ms) => {
    expect(textHintMs(message)).toBeCloseTo(ms, 6);
  });

  it.each(['Please try again later.', 'try again in a while', 'retry in 5 models', 'You waited 5 s'])(
    'reads nothing in %s',
    (message) => {
      expect(textHintMs(message)).toBeNull();
    },
  );

  it('finds a wait wherever it stands', () => {
    fc.assert(
      fc.property(fc.nat(9_999), fc.string(), (seconds, before) => {
        fc.pre(textHintMs(before) === null && !/retry|again|wait/i.test(before));
        expect(textHintMs(`${before} Please try again in ${seconds}s.`)).toBe(seconds * 1_000);
      }),
    );
  });
});
