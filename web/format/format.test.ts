import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countdownText, durationText, periodText } from './durations.ts';
import { instantText, relativeText } from './instants.ts';
import { bytesText, counted, numberText, shortNumberText } from './numbers.ts';

describe('numbers', () => {
  it('are separated by thousands, with a fraction only where it matters', () => {
    expect([0, 0.5, 3, 9.96, 12.4, 1284, 40_000].map(numberText)).toEqual([
      '0',
      '0.5',
      '3',
      '10',
      '12',
      '1,284',
      '40,000',
    ]);
  });

  it('are shortened in narrow places', () => {
    expect([0, 999, 9_999, 12_345, 40_000, 999_950, 1_500_000, 2_000_000_000].map(shortNumberText)).toEqual([
      '0',
      '999',
      '9,999',
      '12.3k',
      '40k',
      '1M',
      '1.5M',
      '2B',
    ]);
  });

  it('carry their unit', () => {
    expect(counted(1, 'key')).toBe('1 key');
    expect(counted(0, 'key')).toBe('0 keys');
    expect(counted(1200, 'entry', 'entries')).toBe('1,200 entries');
    expect([12, 20_480, 5 * 1024 * 1024].map(bytesText)).toEqual(['12 B', '20 KB', '5 MB']);
  });
});

describe('durations', () => {
  it('are said in the two largest units', () => {
    const spoken = [0, 0.2, 42, 230, 1_310, 9_960, 41_000, 59_700, 245_000, 3_600_000, 11_520_000, 187_200_000];
    expect(spoken.map(durationText)).toEqual([
      '0 s',
      '1 ms',
      '42 ms',
      '0.2 s',
      '1.3 s',
      '10 s',
      '41 s',
      '1 min',
      '4 min 5 s',
      '1 h',
      '3 h 12 min',
      '2 d 4 h',
    ]);
  });

  it('count down without ever claiming to be over early', () => {
    expect([-5, 0, 1, 1_250, 9_950, 41_000, 245_000, 11_529_000, 187_200_000].map(countdownText)).toEqual([
      '0 s',
      '0 s',
      '0.1 s',
      '1.3 s',
      '10 s',
      '41 s',
      '4:05',
      '3:12:09',
      '2 d 4 h',
    ]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 ** 9 }), (ms) => {
        expect(countdownText(ms)).not.toBe('0 s');
      }),
      { seed: 20 },
    );
  });

  it('name the period of a window', () => {
    expect([1_000, 60_000, 300_000, 3_600_000, 86_400_000, 172_800_000, 1_500].map(periodText)).toEqual([
      's',
      'min',
      '5 min',
      'hour',
      'day',
      '2 days',
      '1.5 s',
    ]);
  });
});

describe('instants', () => {
  const now = new Date(2026, 7, 31, 14, 5, 32).getTime();

  it('of today are a time, others have their date', () => {
    expect(instantText(now, now)).toBe('14:05:32');
    expect(instantText(now - 86_400_000, now)).toBe('30 Aug, 14:05');
  });

  it('are said relative to now', () => {
    const at = [0, -3_000, 3_000, -12_000, -250_000, 11_000_000, -90_000_000, -200_000_000];
    expect(at.map((offset) => relativeText(now + offset, now))).toEqual([
      'just now',
      'just now',
      'in a moment',
      '12 s ago',
      '4 min ago',
      'in 3 h',
      '1 day ago',
      '2 days ago',
    ]);
  });
});
