import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openWindow, type RateLimit, rateLimitsOf, SIMULATED_ALGORITHMS } from './windows.ts';

const SEED = 20_260_101;

function limitOf(algorithm: RateLimit['algorithm'], limit: number, periodMs: number): RateLimit {
  return { dimension: 'requests', limit, periodMs, algorithm };
}

/** Windows count time in whole microseconds. */
function microseconds(ms: number): number {
  return Math.ceil(ms * 1_000 - 1e-2);
}

function sumOf(charges: readonly { cost: number }[]): number {
  return charges.reduce((sum, { cost }) => sum + cost, 0);
}

describe('rateLimitsOf', () => {
  it('opens one window for each figure that was typed', () => {
    expect(rateLimitsOf({ model: '*', rpm: 20, tpd: 1_000, concurrent: 5, window: 'sliding' })).toEqual([
      { dimension: 'requests', limit: 20, periodMs: 60_000, algorithm: 'sliding' },
      { dimension: 'tokens', limit: 1_000, periodMs: 86_400_000, algorithm: 'sliding' },
    ]);
  });
});

describe('a fixed window', () => {
  it('forgets everything when the next period begins, and not a microsecond before', () => {
    const window = openWindow(limitOf('fixed', 2, 60_000), 1_000);
    window.take(60_000, 2);
    expect(window.waitFor(60_000, 1)).toBe(1_000);
    expect(window.fits(60_999.999, 1)).toBe(false);
    expect(window.fits(61_000, 2)).toBe(true);
  });
});

describe('a sliding window', () => {
  it('gives each charge back one period after it came', () => {
    const window = openWindow(limitOf('sliding', 2, 60_000), 0);
    window.take(10, 1);
    window.take(30_000, 1);
    expect(window.waitFor(30_000, 1)).toBe(30_010);
    expect(window.waitFor(30_000, 2)).toBe(60_000);
    expect(window.left(60_009.999)).toBe(0);
    expect(window.left(60_010)).toBe(1);
    expect(window.left(90_000)).toBe(2);
  });
});

describe('a refilling window', () => {
  it('waits as the figures recorded from OpenAI and Groq say', () => {
    // Limit, used, requested and the wait in the message: provider reference, section 2.3.
    const recorded = [
      { limit: 30_000, used: 29_937, requested: 385, periodMs: 60_000, waitMs: 644 },
      { limit: 10_000, used: 8_554, requested: 3_082, periodMs: 60_000, waitMs: 9_816 },
      { limit: 30_000, used: 14_567, requested: 24_754, periodMs: 60_000, waitMs: 18_642 },
      { limit: 200_000, used: 162_960, requested: 42_288, periodMs: 60_000, waitMs: 1_574 },
      { limit: 100_000, used: 97_050, requested: 3_619, periodMs: 86_400_000, waitMs: 578_016 },
    ];
    for (const { limit, used, requested, periodMs, waitMs } of recorded) {
      const window = openWindow(limitOf('refill', limit, periodMs), 0);
      window.take(0, used);
      expect(Math.floor(window.waitFor(0, requested))).toBe(waitMs);
    }
  });

  it('is full again when its header says so: 60 / 500 of a second for one request of 500 a minute', () => {
    const window = openWindow(limitOf('refill', 500, 60_000), 0);
    window.take(0, 1);
    expect(window.fullIn(0)).toBe(120);
  });

  it('is emptied by refused calls, but never driven into debt by them', () => {
    const window = openWindow(limitOf('refill', 2, 60_000), 0);
    for (let refused = 0; refused < 10; refused++) window.waste(0, 1);
    expect(window.waitFor(0, 1)).toBe(30_000);
  });
});

describe('every window', () => {
  const windows = fc.record({
    algorithm: fc.constantFrom(...SIMULATED_ALGORITHMS),
    limit: fc.integer({ min: 1, max: 2_000_000 }),
    periodMs: fc.constantFrom(1_000, 60_000, 3_600_000, 86_400_000),
  });
  /** Gaps that are rarely a whole number of anything, and costs that are often too large. */
  const traffic = fc.array(
    fc.record({
      gap: fc.double({ min: 0, max: 0.7, noNaN: true }),
      share: fc.double({ min: 0, max: 1.2, noNaN: true }),
    }),
    { minLength: 1, maxLength: 60 },
  );

  it('admits at the instant it promised, and not a microsecond earlier', () => {
    fc.assert(
      fc.property(windows, traffic, ({ algorithm, limit, periodMs }, steps) => {
        const window = openWindow(limitOf(algorithm, limit, periodMs), 0);
        let now = 0;
        for (const { gap, share } of steps) {
          now += gap * periodMs;
          const cost = Math.max(1, Math.round(share * limit));
          const waitMs = window.waitFor(now, cost);
          if (cost > limit) {
            expect(waitMs).toBe(Number.POSITIVE_INFINITY);
            continue;
          }
          expect(waitMs).toBeLessThanOrEqual(periodMs);
          expect(window.fits(now, cost)).toBe(waitMs === 0);
          // Asking about the future would move the window's own time on, so the past comes first.
          if (waitMs > 0.002) expect(window.fits(now + waitMs - 0.002, cost)).toBe(false);
          now += waitMs;
          expect(window.fits(now, cost)).toBe(true);
          window.take(now, cost);
        }
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('never admits more than its limit in any period of a fixed or sliding window, nor twice that of a bucket', () => {
    fc.assert(
      fc.property(windows, traffic, ({ algorithm, limit, periodMs }, steps) => {
        const window = openWindow(limitOf(algorithm, limit, periodMs), 0);
        const admitted: { atUs: number; cost: number }[] = [];
        let now = 0;
        for (const { gap, share } of steps) {
          now += gap * periodMs;
          const cost = Math.max(1, Math.round(share * limit));
          if (!window.fits(now, cost)) continue;
          window.take(now, cost);
          admitted.push({ atUs: microseconds(now), cost });
        }
        const periodUs = periodMs * 1_000;
        for (const { atUs } of admitted) {
          const trailing = admitted.filter((other) => other.atUs <= atUs && other.atUs > atUs - periodUs);
          const aligned = trailing.filter((other) => Math.floor(other.atUs / periodUs) === Math.floor(atUs / periodUs));
          expect(sumOf(trailing)).toBeLessThanOrEqual(algorithm === 'sliding' ? limit : 2 * limit);
          expect(sumOf(aligned)).toBeLessThanOrEqual(algorithm === 'refill' ? 2 * limit : limit);
        }
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('is whole again when it said it would be', () => {
    fc.assert(
      fc.property(windows, traffic, ({ algorithm, limit, periodMs }, steps) => {
        const window = openWindow(limitOf(algorithm, limit, periodMs), 0);
        let now = 0;
        for (const { gap, share } of steps) {
          now += gap * periodMs;
          const cost = Math.max(1, Math.round(share * limit));
          if (window.fits(now, cost)) window.take(now, cost);
        }
        expect(window.left(now + window.fullIn(now))).toBe(limit);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('keeps its books exact however finely time is cut', () => {
    const coarse = openWindow(limitOf('refill', 7, 60_000), 0);
    const fine = openWindow(limitOf('refill', 7, 60_000), 0);
    coarse.take(0, 7);
    fine.take(0, 7);
    for (let now = 0; now < 8_571; now += 0.1) fine.left(now);
    expect(fine.waitFor(8_571, 1)).toBe(coarse.waitFor(8_571, 1));
    expect(coarse.waitFor(8_571, 1)).toBe(0.429);
  });
});
