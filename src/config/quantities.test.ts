import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, formatSize, parseDuration, parseSize } from './quantities.ts';

describe('durations', () => {
  it.each([
    ['250ms', 250],
    ['5s', 5000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['1.5s', 1500],
    ['0', 0],
    ['0s', 0],
  ])('%s is %d ms', (text, durationMs) => {
    expect(parseDuration(text)).toBe(durationMs);
  });

  it.each(['', '5', '5 s', 's', '-1s', '5S', '1d', '1e3s', '5s5s', '0x1s', '٣s', '.5s', '5.s'])(
    '%j is none',
    (text) => {
      expect(parseDuration(text)).toBeNull();
    },
  );

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(fc.nat(1e11), (durationMs) => {
        expect(parseDuration(formatDuration(durationMs))).toBe(durationMs);
      }),
    );
  });

  it('writes the largest unit that fits', () => {
    expect([90_000, 60_000, 1, 3_600_000, 0].map(formatDuration)).toEqual(['90s', '1m', '1ms', '1h', '0ms']);
  });
});

describe('sizes', () => {
  it.each([
    ['100MB', 100 * 1024 * 1024],
    ['64KB', 65_536],
    ['512B', 512],
    ['1.5GB', 1.5 * 1024 ** 3],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', '100', '100 MB', '100mb', '100M', '-1KB', '1TB'])('%j is none', (text) => {
    expect(parseSize(text)).toBeNull();
  });

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31), (bytes) => {
        expect(parseSize(formatSize(bytes))).toBe(bytes);
      }),
    );
  });
});
