import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import type { AttemptRecord, ExchangeRecord } from '../model/exchange.ts';
import { RecentTraffic } from './recent-traffic.ts';

const MINUTE_MS = 60_000;
const NOON = Date.UTC(2026, 0, 5, 12);

function exchange(overrides: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return { provider: 'openai', status: 200, end: 'served', attempts: [], waitMs: 0, ...overrides } as ExchangeRecord;
}

function attempt(overrides: Partial<AttemptRecord>): AttemptRecord {
  return { status: 200, outcome: 'served', ...overrides } as AttemptRecord;
}

describe('recent traffic', () => {
  it('is empty minutes before anything has happened', () => {
    const traffic = new RecentTraffic(new VirtualClock(NOON));
    expect(traffic.sums(3 * MINUTE_MS)).toMatchObject({
      from: NOON - 2 * MINUTE_MS,
      until: NOON,
      requests: 0,
      waitP95Ms: 0,
      minutes: [NOON - 2 * MINUTE_MS, NOON - MINUTE_MS, NOON].map((at) => ({ at, requests: 0 })),
    });
  });

  it('counts each exchange in the minute in which it ended', async () => {
    const clock = new VirtualClock(NOON);
    const traffic = new RecentTraffic(clock);
    traffic.add(exchange());
    await clock.advance(MINUTE_MS);
    traffic.add(exchange());
    traffic.add(exchange());
    expect(traffic.sums(2 * MINUTE_MS).minutes.map(({ requests }) => requests)).toEqual([1, 2]);
    expect(traffic.sums(MINUTE_MS).requests).toBe(2);
  });

  it('tells refusals by us, provoked and avoided apart', () => {
    const traffic = new RecentTraffic(new VirtualClock(NOON));
    traffic.add(exchange({ status: 429, end: 'rate_limited' }));
    // The upstream's own 429 was the last word.
    traffic.add(exchange({ status: 429, attempts: [attempt({ status: 429, outcome: 'rate-limited' })] }));
    traffic.add(exchange({ attempts: [attempt({ status: 429, outcome: 'rate-limited' }), attempt({})] }));
    traffic.add(exchange({ waitMs: 800, attempts: [attempt({})] }));
    // Nobody would have been refused for a few milliseconds.
    traffic.add(exchange({ waitMs: 5, attempts: [attempt({})] }));
    traffic.add(exchange({ end: 'client_aborted', status: null }));
    traffic.add(exchange({ end: 'upstream_aborted' }));
    expect(traffic.sums(MINUTE_MS)).toMatchObject({
      requests: 7,
      refusedByUs: 1,
      refusalsProvoked: 2,
      refusalsAvoided: 2,
      minutes: [{ failed: 3 }],
    });
  });

  it('leaves out what asked for no provider', () => {
    const traffic = new RecentTraffic(new VirtualClock(NOON));
    traffic.add(exchange({ provider: null }));
    expect(traffic.sums(MINUTE_MS).requests).toBe(0);
  });

  it('reads waits to a tenth', () => {
    const traffic = new RecentTraffic(new VirtualClock(NOON));
    for (let waitMs = 1; waitMs <= 1_000; waitMs++) traffic.add(exchange({ waitMs }));
    const { waitP50Ms, waitP95Ms } = traffic.sums(MINUTE_MS);
    expect(Math.abs(waitP50Ms / 500 - 1)).toBeLessThan(0.1);
    expect(Math.abs(waitP95Ms / 950 - 1)).toBeLessThan(0.1);
  });

  it('joins the waits of several minutes', async () => {
    const clock = new VirtualClock(NOON);
    const traffic = new RecentTraffic(clock);
    for (let nth = 0; nth < 60; nth++) traffic.add(exchange());
    await clock.advance(MINUTE_MS);
    for (let nth = 0; nth < 40; nth++) traffic.add(exchange({ waitMs: 2_000 }));
    const { waitP50Ms, waitP95Ms } = traffic.sums(2 * MINUTE_MS);
    expect(waitP50Ms).toBe(0);
    expect(Math.abs(waitP95Ms / 2_000 - 1)).toBeLessThan(0.1);
  });

  it('keeps a day and no more', async () => {
    const clock = new VirtualClock(NOON);
    const traffic = new RecentTraffic(clock);
    for (let minute = 0; minute < 3_000; minute++) {
      traffic.add(exchange());
      await clock.advance(MINUTE_MS);
    }
    const { minutes, requests } = traffic.sums(Number.MAX_SAFE_INTEGER);
    expect(minutes).toHaveLength(1_440);
    expect(requests).toBe(1_439);
  });
});
