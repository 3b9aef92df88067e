import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leastTimeFor, mostTokensWithin, mostWithin, type UniformCall } from './optimum.ts';
import type { SimulatedLimit } from './windows.ts';

const SEED = 20_260_102;
const CALL: UniformCall = { model: 'sim-large', inputTokens: 10, outputTokens: 40, latencyMs: 300 };

function keys(count: number, ...limits: SimulatedLimit[]) {
  return Array.from({ length: count }, () => ({ limits }));
}

describe('the least time', () => {
  it('for 100 calls through keys of 20 a minute is four minutes for one key, and one answer for five', () => {
    for (const window of ['fixed', 'sliding', 'refill'] as const) {
      const limit = { model: '*', rpm: 20, window };
      expect(leastTimeFor(100, keys(1, limit), CALL)).toBe(240_300);
      expect(leastTimeFor(100, keys(5, limit), CALL)).toBe(300);
      expect(leastTimeFor(100, keys(10, limit), CALL)).toBe(300);
    }
    // In between, a bucket gives back one call at a time where the others make everybody wait for the next minute.
    expect(leastTimeFor(21, keys(1, { model: '*', rpm: 20, window: 'refill' }), CALL)).toBe(3_300);
    expect(leastTimeFor(21, keys(1, { model: '*', rpm: 20, window: 'sliding' }), CALL)).toBe(60_300);
  });

  it('obeys whichever of several limits binds', () => {
    const tokens = { model: '*', tpm: 100, window: 'sliding' as const };
    expect(leastTimeFor(3, keys(1, { model: '*', rpm: 20, window: 'sliding' }, tokens), CALL)).toBe(60_300);
    expect(leastTimeFor(5, keys(1, { model: '*', concurrent: 2 }), CALL)).toBe(900);
    expect(leastTimeFor(3, keys(1, { model: 'sim-small', rpm: 1 }), CALL)).toBe(300);
    expect(leastTimeFor(1, keys(1, { model: '*', tpm: 49 }), CALL)).toBe(Number.POSITIVE_INFINITY);
    expect(leastTimeFor(1, keys(1, { model: '*', concurrent: 0 }), CALL)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the most calls', () => {
  it('agrees with the closed form of each window', () => {
    const cases = fc.record({
      window: fc.constantFrom('fixed' as const, 'sliding' as const, 'refill' as const),
      rpm: fc.integer({ min: 1, max: 300 }),
      count: fc.integer({ min: 1, max: 5 }),
      seconds: fc.integer({ min: 1, max: 400 }),
    });
    fc.assert(
      fc.property(cases, ({ window, rpm, count, seconds }) => {
        const groups = keys(count, { model: '*', rpm, window });
        const most = mostWithin(seconds * 1_000, groups, { ...CALL, latencyMs: 0 });
        const refilled = rpm + Math.floor((seconds * rpm) / 60);
        const renewed = rpm * (Math.floor(seconds / 60) + 1);
        expect(most).toBe(count * (window === 'refill' ? refilled : renewed));
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it('is the other side of the least time', () => {
    const limits = fc.record({
      rpm: fc.integer({ min: 1, max: 60 }),
      rps: fc.integer({ min: 1, max: 5 }),
      concurrent: fc.integer({ min: 1, max: 5 }),
      window: fc.constantFrom('fixed' as const, 'sliding' as const, 'refill' as const),
    });
    fc.assert(
      fc.property(limits, fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 3 }), (limit, calls, count) => {
        const groups = keys(count, { model: '*', ...limit });
        const least = leastTimeFor(calls, groups, CALL);
        expect(mostWithin(least, groups, CALL)).toBeGreaterThanOrEqual(calls);
        expect(mostWithin(least - 1, groups, CALL)).toBeLessThan(calls);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it('has no end where nothing limits it', () => {
    expect(mostWithin(1_000, keys(1), CALL)).toBe(Number.POSITIVE_INFINITY);
    expect(mostWithin(299, keys(1), CALL)).toBe(0);
  });
});

describe('the most tokens', () => {
  it('are what the token windows give, group by group', () => {
    const refill = { limits: [{ model: '*', tpm: 600, window: 'refill' as const }] };
    const sliding = { limits: [{ model: '*', tpm: 600, rpm: 1, window: 'sliding' as const }] };
    expect(mostTokensWithin(90_000, [refill])).toBe(1_500);
    expect(mostTokensWithin(90_000, [refill, sliding])).toBe(2_700);
  });
});
