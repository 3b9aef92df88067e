import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { demandOf, poolOf, providerOf, rateLimited, served } from '../../test/simulation/fixtures.ts';
import { perMinute, stage } from '../../test/simulation/run.ts';
import { closedLoop } from '../../test/simulation/traffic.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import type { LimitReading } from '../model/limit.ts';
import { AlgorithmEvidence, type WindowFact } from './algorithm-evidence.ts';
import { explanations } from './hypothesis.ts';
import type { KeyPool } from './key-pool.ts';
import type { Lease } from './lease.ts';
import { RefusalTiming } from './refusal-timing.ts';
import { SendRecord } from './send-record.ts';
import { TokenEstimator } from './token-estimator.ts';

async function take(pool: KeyPool, clock: VirtualClock, options = {}): Promise<Lease> {
  const asked = pool.acquire(demandOf({ deadline: clock.now() + 20_000, ...options }));
  await clock.advance(0);
  const answer = await asked;
  if (answer.kind !== 'lease') throw new Error(answer.binding);
  return answer;
}

const announced = (remaining: number, more: Partial<LimitReading> = {}): LimitReading => ({
  dimension: 'requests',
  periodMs: 60_000,
  limit: 20,
  remaining,
  resetMs: null,
  header: 'x-ratelimit-limit-requests',
  ...more,
});

const requestsLeft = (pool: KeyPool) => pool.view().providers[0]?.groups[0]?.buckets[0]?.windows[0]?.left;

describe('announcements', () => {
  it('lower our figure at any time', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf()]);
    const first = await take(pool, clock);
    first.sent();
    first.observe([announced(19)], null);
    first.settle(served());
    const second = await take(pool, clock);
    second.sent();
    second.observe([announced(5)], null);
    expect(requestsLeft(pool)).toBe(5);
    second.settle(served());
    expect(requestsLeft(pool)).toBe(5);
  });

  it('that come out of order raise nothing that was spent meanwhile', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf()]);
    const first = await take(pool, clock);
    first.sent();
    first.observe([announced(19)], null);
    first.settle(served());
    const leases = [];
    for (let n = 0; n < 10; n++) leases.push(await take(pool, clock));
    for (const lease of leases) lease.sent();
    await clock.advance(100);
    // The provider counted them in order; the answers come the other way round.
    for (let n = 9; n >= 0; n--) {
      leases[n]?.observe([announced(18 - n)], null);
      expect(requestsLeft(pool)).toBe(9);
    }
  });

  it('raise our figure when nothing else was under way: the provider counts less than we do', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ groups: [{ name: 'k0', limits: [{ model: 'each', rpm: 20 }] }] })]);
    for (let n = 0; n < 5; n++) {
      const lease = await take(pool, clock);
      lease.sent();
      lease.settle(served());
    }
    const lease = await take(pool, clock);
    lease.sent();
    lease.observe([announced(18)], null);
    expect(requestsLeft(pool)).toBe(18);
  });
});

describe('the algorithm behind announcements', () => {
  const LIMIT = 20;
  const worlds = {
    refill: (missing: number) => (missing * 60_000) / LIMIT,
    sliding: () => 60_000,
    fixed: (_: number, at: number) => 60_000 - ((at + 13_000) % 60_000),
  } as const;

  it.each(['refill', 'sliding', 'fixed'] as const)(
    '%s shows in a few replies, with and without a stated period',
    (truth) => {
      fc.assert(
        fc.property(
          fc.boolean(),
          fc.array(fc.integer({ min: 1_000, max: 3_000 }), { minLength: 4, maxLength: 8 }),
          (said, gaps) => {
            const evidence = new AlgorithmEvidence(said ? 60_000 : null);
            let at = 0;
            for (const [index, gap] of gaps.entries()) {
              at += gap;
              const missing =
                truth === 'refill' ? Math.max(1, Math.ceil(index + 1 - (at - (gaps[0] ?? 0)) / 3_000)) : index + 1;
              const fact: WindowFact = {
                limit: LIMIT,
                remaining: LIMIT - missing,
                resetMs: worlds[truth](missing, at),
                sentAt: at - 10,
                receivedAt: at,
                inSeconds: false,
              };
              evidence.add(fact);
            }
            expect(evidence.best).toMatchObject({ algorithm: truth, periodMs: 60_000 });
            if (truth === 'fixed') expect(evidence.best?.ends?.[1]).toBeLessThan(60_000 * 2);
          },
        ),
      );
    },
  );
});

describe('hypotheses', () => {
  const nothing = { limit: null, periodMs: null, refusalsCount: false };

  it('explain a sliding window by its stated wait', () => {
    const record = new SendRecord();
    for (let n = 0; n < 20; n++) record.sent(n * 500);
    record.sent(10_500);
    record.refused(10_500, 49_500);
    expect(explanations(record.entries, nothing)[0]).toMatchObject({
      algorithm: 'sliding',
      periodMs: 60_000,
      limit: 20,
    });
  });

  it('explain a bucket that refills by its short wait', () => {
    const record = new SendRecord();
    // 20 at once and one every 3 s after: 24 by 12.5 s.
    for (let n = 0; n < 24; n++) record.sent(n * 520);
    record.sent(12_500);
    record.refused(12_500, 2_500);
    expect(explanations(record.entries, nothing)[0]).toMatchObject({
      algorithm: 'refill',
      periodMs: 60_000,
      limit: 20,
    });
  });

  it('place the boundary of a fixed window by the wait, and not by the charges', () => {
    const record = new SendRecord();
    for (let n = 0; n < 20; n++) record.sent(n * 500);
    record.sent(10_500);
    record.refused(10_500, 21_700);
    const guess = explanations(record.entries, nothing).find(({ algorithm }) => algorithm === 'fixed');
    expect(guess).toMatchObject({ periodMs: 60_000, limit: 20 });
    expect(guess?.endsAt).toBeGreaterThanOrEqual(32_200);
    expect(guess?.endsAt).toBeLessThan(32_600);
  });

  it('name no limit under which the refused request would have had room, were it to refill', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(gaps, (hundreds) => {
        const record = new SendRecord();
        const sentAt = hundreds.map((_, nth) => 100 * hundreds.slice(0, nth).reduce((sum, gap) => sum + gap, 0));
        for (const at of sentAt) record.sent(at);
        const refusedAt = (sentAt.at(-1) ?? 0) + 100 * (hundreds.at(-1) ?? 0);
        record.sent(refusedAt);
        record.refused(refusedAt, null);
        for (const { algorithm, limit, periodMs } of explanations(record.entries, nothing)) {
          if (algorithm !== 'refill') continue;
          let left = limit;
          for (const [nth, at] of sentAt.entries()) {
            const next = sentAt[nth + 1] ?? refusedAt;
            left = Math.min(limit, left - 1 + ((next - at) * limit) / periodMs);
          }
          expect(left).toBeLessThan(1);
        }
      }),
    );
  });

  it('are dropped when an acceptance or a refusal contradicts them', () => {
    const record = new SendRecord();
    for (let n = 0; n < 5; n++) record.sent(n * 100);
    record.sent(500);
    record.refused(500, null);
    expect(explanations(record.entries, nothing).map(({ periodMs }) => periodMs)).toContain(1_000);
    record.sent(2_000);
    record.refused(2_000, null);
    expect(explanations(record.entries, nothing).map(({ periodMs }) => periodMs)).not.toContain(1_000);
  });
});

describe('a limit that nobody announces', () => {
  it('that is hidden behind a longer one is learned as a burst limit', async () => {
    const limits = [perMinute(60, 'sliding'), { ...perMinute(2, 'sliding'), periodMs: 1_000, hidden: true }];
    const run = stage({ groups: [1], limits, model: { style: 'announced', seed: 31 } });
    closedLoop(run, 20);
    await run.clock.advance(180_000);
    run.stopped = true;
    const windows = run.pool.view().providers[0]?.groups[0]?.buckets[0]?.windows ?? [];
    expect(windows.map(({ periodMs, source }) => [periodMs, source])).toContainEqual([1_000, 'inferred']);
    expect(run.provider.counters.admitted).toBeGreaterThanOrEqual(0.95 * 3 * 60);
    expect(run.provider.counters.refusedAt.filter((at) => at > 120_000).length).toBeLessThanOrEqual(3);
  });

  it('is approached slowly: silence acknowledges, though answers take long', async () => {
    const run = stage({
      groups: [1],
      limits: [perMinute(60, 'sliding')],
      model: { style: 'bare', seed: 32, answerMs: [40_000, 40_000] },
    });
    closedLoop(run, 100);
    await run.clock.advance(30_000);
    run.stopped = true;
    // Without acknowledgement by silence only the initial window would be under way.
    expect(run.provider.counters.admitted).toBeGreaterThanOrEqual(50);
    expect(run.provider.counters.rateRefused).toBeLessThanOrEqual(8);
  });

  it('is taken at the word of a refusal that states it', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf()]);
    const lease = await take(pool, clock);
    lease.sent();
    lease.settle(rateLimited({ dimension: 'requests', periodMs: 60_000, limit: 7, waitMs: 10_000 }));
    const window = pool.view().providers[0]?.groups[0]?.buckets[0]?.windows[0];
    expect(window).toMatchObject({ limit: 7, periodMs: 60_000, source: 'stated' });
  });

  it('in tokens is learned from the figure a refusal names', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf()]);
    const lease = await take(pool, clock);
    lease.sent();
    lease.settle(rateLimited({ dimension: 'tokens', periodMs: 60_000, limit: 30_000, waitMs: 644 }));
    const window = pool.view().providers[0]?.groups[0]?.buckets[0]?.windows[0];
    expect(window).toMatchObject({ limit: 30_000, dimension: 'tokens', source: 'stated' });
  });
});

describe('the time a provider takes to refuse', () => {
  const settings = { refusalTimeMs: 1_000, silenceFactor: 3 };
  const passage = (sentAt: number) => ({
    need: { requests: 1, inputTokens: 0, outputTokens: 0, reserve: 0 },
    enteredAt: sentAt,
    sentAt,
    reconciled: null,
  });

  it('sets how long silence must last', () => {
    const timing = new RefusalTiming(settings);
    expect(timing.acknowledgedAt(passage(0))).toBe(3_000);
    timing.refused(passage(0), 200);
    expect(timing.acknowledgedAt(passage(0))).toBe(600);
    expect(timing.acknowledgedAt({ ...passage(0), sentAt: null })).toBe(Number.POSITIVE_INFINITY);
  });

  it('is the delay of a refusal that came later than silence was trusted', () => {
    const timing = new RefusalTiming(settings);
    expect(timing.refused(passage(0), 5_000)).toBe(true);
    expect(timing.usualMs).toBe(5_000);
  });
});

describe('the token estimate', () => {
  it('follows the usage that comes back', () => {
    const estimator = new TokenEstimator(false);
    const usage = { inputTokens: 500, outputTokens: 40, cachedInputTokens: null, reasoningTokens: null };
    for (let n = 0; n < 50; n++) estimator.learn({ bodyBytes: 1_000, maxOutputTokens: null }, usage);
    const need = estimator.needOf({ bodyBytes: 2_000, maxOutputTokens: null }, 0);
    expect(need.inputTokens).toBeCloseTo(1_000, -1);
    expect(need.outputTokens).toBeGreaterThanOrEqual(40);
    expect(need.outputTokens).toBeLessThan(50);
  });

  it('counts the requested maximum where the provider charges it up front, and never refunds it', () => {
    const estimator = new TokenEstimator(true);
    const need = estimator.needOf({ bodyBytes: 400, maxOutputTokens: 4_000 }, 0);
    expect(need.outputTokens).toBe(4_000);
    const usage = { inputTokens: 90, outputTokens: 10, cachedInputTokens: null, reasoningTokens: null };
    expect(estimator.chargeOf(need, usage)).toMatchObject({ inputTokens: 90, outputTokens: 4_000 });
  });

  it('stays finite, whatever it is told', () => {
    fc.assert(
      fc.property(fc.double(), fc.option(fc.double()), (bodyBytes, maxOutputTokens) => {
        const need = new TokenEstimator(true).needOf({ bodyBytes, maxOutputTokens }, 0);
        expect(Number.isFinite(need.inputTokens + need.outputTokens)).toBe(true);
        expect(Math.min(need.inputTokens, need.outputTokens)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
