import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { calendarPeriods, nextMidnight, nextMonth } from './calendar.ts';
import { everyPeriod, FixedMeter } from './fixed-meter.ts';
import type { Meter } from './meter.ts';
import { RefillMeter } from './refill-meter.ts';
import { SlidingMeter } from './sliding-meter.ts';

const PERIOD_MS = 60_000;
const exact = { periodMs: PERIOD_MS, spreadMs: 0 };

const METERS: [string, (limit: number) => Meter][] = [
  ['refill', (limit) => new RefillMeter(limit, exact, 0)],
  ['sliding', (limit) => new SlidingMeter(limit, exact)],
  ['fixed', (limit) => new FixedMeter(limit, everyPeriod(PERIOD_MS, 0, 0), 0)],
];

const steps = fc.array(
  fc.record({ waitMs: fc.integer({ min: 0, max: 20_000 }), cost: fc.integer({ min: 1, max: 4 }) }),
  {
    minLength: 1,
    maxLength: 60,
  },
);

describe.each(METERS)('%s', (_, open) => {
  it('has room for a cost at the instant it names, and not a millisecond before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 20 }), steps, (limit, taken) => {
        const meter = open(limit);
        let now = 0;
        for (const { waitMs, cost } of taken) {
          now += waitMs;
          const at = meter.fitsAt(cost, now);
          if (at > now + 1) expect(meter.left(at - 1)).toBeLessThan(cost);
          now = Math.max(now, at);
          expect(meter.left(now)).toBeGreaterThanOrEqual(cost - 1e-6);
          meter.take(cost, now);
        }
      }),
    );
  });

  it('is whole again when it says so', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 20 }), steps, (limit, taken) => {
        const meter = open(limit);
        let now = 0;
        for (const { waitMs, cost } of taken) {
          now += waitMs;
          meter.take(cost, now);
        }
        expect(meter.left(meter.fullAt(now))).toBeCloseTo(limit, 6);
      }),
    );
  });

  it('supplies to the greedy what it lets them take one by one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 300_000 }), (limit, untilMs) => {
        const foretold = Math.floor(open(limit).supply(0, { from: 0, until: untilMs, turnaroundMs: 0 }, 0) + 1e-6);
        const meter = open(limit);
        let count = 0;
        for (let now = meter.fitsAt(1, 0); now <= untilMs; now = meter.fitsAt(1, now)) {
          meter.take(1, now);
          count++;
        }
        expect(Math.abs(foretold - count)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('takes its own charges anew into the same state', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const meter = open(20);
        let now = 0;
        for (const { waitMs, cost } of taken) {
          now += waitMs;
          if (meter.fitsAt(cost, now) <= now) meter.take(cost, now);
        }
        const copy = open(20);
        copy.left(now);
        for (const { at, cost } of meter.charges(now)) copy.take(cost, at);
        expect(copy.left(now)).toBeCloseTo(meter.left(now), 6);
      }),
    );
  });

  it('gives back what was reserved too much, and no more', () => {
    const meter = open(10);
    meter.take(6, 0);
    meter.correct(-4, 0, 0);
    expect(meter.left(0)).toBeCloseTo(8, 6);
    meter.correct(-100, 0, 0);
    expect(meter.left(0)).toBeLessThanOrEqual(10);
  });

  it('drops a correction of what has left the window', () => {
    const meter = open(10);
    meter.take(6, 0);
    const later = 2 * PERIOD_MS + 1;
    meter.take(3, later);
    meter.correct(-6, 0, later);
    expect(meter.left(later)).toBeGreaterThanOrEqual(6.9);
    expect(meter.left(later)).toBeLessThanOrEqual(10);
  });

  it('never fits what exceeds the limit', () => {
    expect(open(5).fitsAt(6, 0)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a sliding window', () => {
  it('holds a charge for the spread as well, in case it arrived later than it left', () => {
    const meter = new SlidingMeter(1, { periodMs: PERIOD_MS, spreadMs: 500 });
    meter.take(1, 0);
    expect(meter.fitsAt(1, 100)).toBe(PERIOD_MS + 500);
  });

  it('remembers a bounded number of charges, whatever the limit', () => {
    const meter = new SlidingMeter(1e6, exact);
    for (let n = 0; n < 100_000; n++) meter.take(1, n * 2);
    expect(meter.charges(200_000).length).toBeLessThan(600);
    expect(meter.left(200_000)).toBeLessThanOrEqual(1e6 - 29_900);
  });
});

describe('calendars', () => {
  const LA = 'America/Los_Angeles';

  it('end the day at midnight in the zone, daylight saving included', () => {
    // 2026-03-08 has 23 hours in Los Angeles, 2026-11-01 has 25.
    expect(nextMidnight(Date.UTC(2026, 2, 8, 9), LA)).toBe(Date.UTC(2026, 2, 9, 7));
    expect(nextMidnight(Date.UTC(2026, 10, 1, 8), LA)).toBe(Date.UTC(2026, 10, 2, 8));
    expect(nextMidnight(Date.UTC(2026, 0, 5, 12), 'UTC')).toBe(Date.UTC(2026, 0, 6));
    expect(nextMidnight(Date.UTC(2026, 0, 6), 'UTC')).toBe(Date.UTC(2026, 0, 7));
  });

  it('take an unknown zone for UTC', () => {
    expect(nextMidnight(Date.UTC(2026, 0, 5, 12), 'Mars/Olympus')).toBe(Date.UTC(2026, 0, 6));
  });

  it('end the month on the first, and the year in January', () => {
    expect(nextMonth(Date.UTC(2026, 11, 31, 23))).toBe(Date.UTC(2027, 0, 1));
  });

  it('free nothing early when the date jumps', () => {
    const clock = new VirtualClock(Date.UTC(2026, 0, 5, 12));
    const meter = new FixedMeter(10, calendarPeriods(clock, 86_400_000, 'UTC'), clock.now());
    meter.take(10, clock.now());
    clock.stepWall(48 * 3_600_000);
    expect(meter.left(clock.now())).toBe(0);
    expect(meter.left(12 * 3_600_000 - 1)).toBe(0);
    expect(meter.left(12 * 3_600_000)).toBe(10);
  });
});
