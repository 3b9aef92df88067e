import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WindowView } from '../../src/admin/contract.ts';
import { drawQuota, inBarOrder, sayReturn, saySource, sayUse } from './quota-picture.ts';

const NOW = 1_000_000_000;

function rateWindow(given: Partial<WindowView> = {}): WindowView {
  return {
    name: 'requests/min',
    dimension: 'requests',
    periodMs: 60_000,
    limit: 20,
    left: 3,
    source: 'announced',
    algorithm: 'sliding',
    nextRoomAt: null,
    fullAt: NOW + 30_000,
    runsOutAt: null,
    ...given,
  };
}

describe('the picture of a rate window', () => {
  it('fills from the left as it is used', () => {
    expect(drawQuota(rateWindow(), NOW)).toMatchObject({ used: 17, usedShare: 0.85, full: false });
    expect(drawQuota(rateWindow({ left: 20 }), NOW)).toMatchObject({ used: 0, usedShare: 0, recedesUntil: null });
  });

  it('is full until one more fits, and not a moment longer', () => {
    const full = rateWindow({ left: 0, nextRoomAt: NOW + 1_300 });
    expect(drawQuota(full, NOW).full).toBe(true);
    expect(drawQuota(full, NOW + 1_300).full).toBe(false);
    expect(drawQuota(rateWindow({ left: 0 }), NOW).full).toBe(true);
  });

  it('recedes only where room comes back all the time', () => {
    expect(drawQuota(rateWindow({ algorithm: 'refill' }), NOW).recedesUntil).toBe(NOW + 30_000);
    expect(drawQuota(rateWindow({ algorithm: 'refill', fullAt: NOW }), NOW).recedesUntil).toBeNull();
    expect(drawQuota(rateWindow(), NOW).recedesUntil).toBeNull();
  });

  it('shows how far a window is towards its new start', () => {
    const fixed = rateWindow({ algorithm: 'fixed', fullAt: NOW + 15_000 });
    expect(drawQuota(fixed, NOW)).toMatchObject({ startsAnewAt: NOW + 15_000, elapsedShare: 0.75 });
    expect(drawQuota(rateWindow(), NOW).startsAnewAt).toBeNull();
  });

  it('stays within its frame, whatever the figures', () => {
    const figures = fc.record({ limit: fc.integer({ min: 0, max: 1e6 }), left: fc.integer({ min: -1e6, max: 2e6 }) });
    fc.assert(
      fc.property(figures, fc.integer({ min: -1e6, max: 1e6 }), (given, offset) => {
        const { usedShare, elapsedShare } = drawQuota(rateWindow({ ...given, algorithm: 'calendar' }), NOW + offset);
        for (const share of [usedShare, elapsedShare]) {
          expect(share).toBeGreaterThanOrEqual(0);
          expect(share).toBeLessThanOrEqual(1);
        }
      }),
      { seed: 4 },
    );
  });
});

describe('a quota bar in words', () => {
  it('says use, source and return', () => {
    expect(sayUse(rateWindow({ limit: 40_000, left: 27_999.5, name: 'tokens/min' }))).toBe(
      '12,000 of 40,000 tokens/min used',
    );
    expect(saySource(rateWindow({ source: 'inferred' }))).toContain('10 %');
    expect(sayReturn(rateWindow({ algorithm: 'refill' }))).toBe('Refills all the time: one request every 3.0 s.');
    expect(sayReturn(rateWindow({ algorithm: 'refill', dimension: 'tokens', limit: 60_000 }))).toBe(
      'Refills all the time: 1,000 tokens a second.',
    );
    expect(sayReturn(rateWindow())).toBe('Counts the last minute; room comes back as requests grow that old.');
    expect(sayReturn(rateWindow({ algorithm: 'fixed', periodMs: 300_000 }))).toBe('Starts anew every 5 minutes.');
  });

  it('stands in a steady order', () => {
    const day = rateWindow({ periodMs: 86_400_000 });
    const tokens = rateWindow({ dimension: 'tokens' });
    const requests = rateWindow();
    expect(inBarOrder([day, tokens, requests])).toEqual([requests, tokens, day]);
  });
});
