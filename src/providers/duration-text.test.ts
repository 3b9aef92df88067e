import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { durationAt, LONGEST_WAIT_MS, msUntil, parseCount, parseDate, parseDuration } from './duration-text.ts';

const NOW = Date.UTC(2026, 7, 19, 14, 34, 11);

describe('parseDuration', () => {
  it.each([
    ['6m0s', 360_000],
    ['1s', 1_000],
    ['120ms', 120],
    ['172.799999ms', 172.799999],
    ['2m59.56s', 179_560],
    ['9m38.016s', 578_016],
    ['1h2m3s', 3_723_000],
    ['0s', 0],
    ['500µs', 0.5],
    ['34.4s', 34_400],
    ['51820.638305887s', 51_820_638.305887],
    ['900ms', 900],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBeCloseTo(ms, 6);
  });

  it.each(['', '12', 's', '1x', '1s2', 'about 3s', '1.2.3s', '-5s'])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  it('undoes how Go writes a duration', () => {
    const parts = fc.tuple(fc.nat(99), fc.nat(59), fc.nat(59), fc.nat(999));
    fc.assert(
      fc.property(parts, ([hours, minutes, seconds, millis]) => {
        const text = `${hours}h${minutes}m${seconds}.${String(millis).padStart(3, '0')}s`;
        const ms = ((hours * 60 + minutes) * 60 + seconds) * 1_000 + millis;
        expect(parseDuration(text)).toBeCloseTo(ms, 3);
      }),
    );
  });
});

describe('durationAt', () => {
  it('reads whole words and stops where the duration ends', () => {
    expect(durationAt('wait 52220 seconds before retrying', 4)).toBe(52_220_000);
    expect(durationAt('in 2 minutes.', 2)).toBe(120_000);
  });

  it('does not take the beginning of another word for a unit', () => {
    expect(durationAt('in 5 months', 2)).toBeNull();
    expect(durationAt('in 5 models', 2)).toBeNull();
  });
});

describe('parseCount', () => {
  it('reads thousands commas and decimals, and nothing that is not a plain number', () => {
    expect(parseCount('30,000')).toBe(30_000);
    expect(parseCount(' 33011.382867097855 ')).toBeCloseTo(33_011.38, 2);
    for (const text of ['', '-1', '1e9', 'Infinity', 'NaN', '0x10', '1 2']) expect(parseCount(text)).toBeNull();
  });
});

describe('parseDate', () => {
  it.each([
    ['2026-08-19T14:34:11Z'],
    ['Wed, 19 Aug 2026 14:34:11 GMT'],
    ['Wednesday, 19-Aug-26 14:34:11 GMT'],
    ['Wed Aug 19 14:34:11 2026'],
    ['2026-08-19T16:34:11+02:00'],
  ])('reads %s, without a zone as UTC', (text) => {
    expect(parseDate(text)).toBe(NOW);
  });

  it('means UTC wherever it runs', () => {
    vi.stubEnv('TZ', 'America/New_York');
    try {
      expect(parseDate('Wed Aug 19 14:34:11 2026')).toBe(NOW);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it.each(['', '5', 'tomorrow', '2026', 'Wed, 99 Foo 2026 99:99:99 GMT'])('refuses %j', (text) => {
    expect(parseDate(text)).toBeNull();
  });
});

describe('msUntil', () => {
  it('tells an epoch in milliseconds, an epoch in seconds and a delta apart by their size', () => {
    expect(msUntil(String(NOW + 5_000), NOW)).toBe(5_000);
    expect(msUntil(String((NOW + 5_000) / 1_000), NOW)).toBe(5_000);
    expect(msUntil('5', NOW)).toBe(5_000);
  });

  it('counts the past as nothing and the far future as 31 days', () => {
    expect(msUntil('2020-01-01T00:00:00Z', NOW)).toBe(0);
    expect(msUntil('4102444800000', NOW)).toBe(LONGEST_WAIT_MS);
    expect(msUntil('99999999', NOW)).toBe(LONGEST_WAIT_MS);
  });

  it('gives a wait within bounds or nothing, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.double().map(String), fc.date({ noInvalidDate: true }).map(String)),
        (text) => {
          const ms = msUntil(text, NOW);
          expect(ms === null || (ms >= 0 && ms <= LONGEST_WAIT_MS)).toBe(true);
        },
      ),
    );
  });
});
