import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { demandOf, poolOf, providerOf, rateLimited, served } from '../../test/simulation/fixtures.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import type { LimitReading } from '../model/limit.ts';
import type { PoolEvent } from './pool-events.ts';

const odd = fc.constantFrom(0, -1, 0.5, 1e-9, 1, 20, 1e15, Number.NaN, Number.POSITIVE_INFINITY, -0, 2 ** 53);
const oddOrNull = fc.option(odd);

const reading: fc.Arbitrary<LimitReading> = fc.record({
  dimension: fc.constantFrom('requests', 'tokens', 'input-tokens', 'output-tokens'),
  periodMs: fc.option(fc.constantFrom(1_000, 60_000, 86_400_000, 0, -5, Number.NaN)),
  limit: oddOrNull,
  remaining: oddOrNull,
  resetMs: fc.option(fc.constantFrom(0, 1, 3_000, 60_000, 3_603_000, -3_600_000, 365 * 86_400_000, Number.NaN)),
  header: fc.constantFrom('x-one', 'x-two', 'x-three'),
});

describe('limits that make no sense', () => {
  it('are left out with one warning each, and the key serves', async () => {
    const events: PoolEvent[] = [];
    const limits = [{ model: '*', rpm: -5, tpm: Number.NaN, rpd: Number.POSITIVE_INFINITY, concurrent: -1 }];
    const pool = poolOf(new VirtualClock(), [providerOf({ keys: [{ limits }] })], {
      onEvent: (event) => events.push(event),
    });
    expect((await pool.acquire(demandOf())).kind).toBe('lease');
    expect(events.filter(({ kind }) => kind === 'warning')).toHaveLength(4);
  });

  it('of zero mean never, and say so', async () => {
    const pool = poolOf(new VirtualClock(), [providerOf({ keys: [{ limits: [{ model: '*', rpm: 0 }] }] })]);
    const answer = await pool.acquire(demandOf());
    expect(answer).toMatchObject({
      kind: 'refusal',
      reason: 'no-usable-keys',
      binding: 'key-0: requests/min: the limit is 0',
    });
  });

  it('of a fraction are a rate in a longer time', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: [{ model: '*', rpm: 0.5 }] }] })]);
    const first = await pool.acquire(demandOf());
    if (first.kind === 'lease') {
      first.sent();
      first.settle(served());
    }
    const second = await pool.acquire(demandOf({ deadline: clock.now() }));
    expect(second.kind === 'refusal' && second.retryAfterMs).toBeGreaterThanOrEqual(120_000);
  });

  it('never stop a pool, whatever they are', async () => {
    const figure = fc.option(odd, { nil: undefined });
    const typed = fc.record({ rpm: figure, rpd: figure, tpm: figure, itpm: figure, otpm: figure, concurrent: figure });
    await fc.assert(
      fc.asyncProperty(typed, async (figures) => {
        const clock = new VirtualClock();
        const limits = [
          { model: '*', ...Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== undefined)) },
        ];
        const pool = poolOf(clock, [providerOf({ keys: [{ limits }] })]);
        for (let n = 0; n < 5; n++) {
          const answer = pool.acquire(demandOf({ deadline: clock.now() + 1_000 }));
          await clock.advance(1_000);
          const given = await answer;
          if (given.kind === 'lease') given.settle(served({ inputTokens: 5, outputTokens: 5 }));
        }
        expect(pool.view().waiting).toBe(0);
      }),
    );
  });
});

describe('announcements that make no sense', () => {
  it('neither stop the pool nor lose a key', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(reading, { maxLength: 3 }), { minLength: 1, maxLength: 12 }),
        async (replies) => {
          const clock = new VirtualClock();
          const pool = poolOf(clock, [providerOf({ keys: [{}] })]);
          for (const readings of replies) {
            const answer = await pool.acquire(demandOf({ deadline: clock.now() }));
            if (answer.kind !== 'lease') break;
            answer.sent();
            await clock.advance(100);
            answer.observe(readings, null);
            answer.settle(served());
            await clock.advance(500);
          }
          // Whatever was believed, it ends: within the longest rest the key serves again.
          await clock.advance(33 * 86_400_000);
          const later = pool.acquire(demandOf({ deadline: clock.now() + 1_000 }));
          await clock.advance(1_000);
          expect((await later).kind).toBe('lease');
        },
      ),
    );
  });

  it('warn once, not with every reply', async () => {
    const clock = new VirtualClock();
    const events: PoolEvent[] = [];
    const pool = poolOf(clock, [providerOf({ keys: [{}] })], { onEvent: (event) => events.push(event) });
    for (let n = 0; n < 10; n++) {
      const answer = await pool.acquire(demandOf());
      if (answer.kind !== 'lease') throw new Error(answer.binding);
      answer.sent();
      answer.observe(
        [{ dimension: 'requests', periodMs: 60_000, limit: 100, remaining: 90, resetMs: -3_600_000 - n, header: 'x' }],
        null,
      );
      answer.settle(served());
    }
    expect(events).toHaveLength(1);
  });

  it('of a provider whose clock is an hour ahead do not park a key for an hour', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{}] })]);
    for (let left = 4; left >= 0; left--) {
      const answer = await pool.acquire(demandOf({ deadline: clock.now() + 10_000 }));
      if (answer.kind !== 'lease') throw new Error(answer.binding);
      answer.sent();
      await clock.advance(200);
      const resetMs = 3_600_000 + ((5 - left) * 60_000) / 5;
      answer.observe(
        [{ dimension: 'requests', periodMs: 60_000, limit: 5, remaining: left, resetMs, header: 'x' }],
        null,
      );
      answer.settle(served());
    }
    const answer = pool.acquire(demandOf({ deadline: clock.now() + 65_000 }));
    await clock.advance(65_000);
    expect((await answer).kind).toBe('lease');
  });

  it('lower a typed limit but never raise it', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ groups: [{ name: 'k0', limits: [{ model: 'each', rpm: 20 }] }] })]);
    const hear = async (limit: number) => {
      const answer = await pool.acquire(demandOf({ deadline: clock.now() + 10_000 }));
      if (answer.kind !== 'lease') throw new Error(answer.binding);
      answer.sent();
      answer.observe(
        [{ dimension: 'requests', periodMs: 60_000, limit, remaining: limit - 1, resetMs: null, header: 'x' }],
        null,
      );
      answer.settle(served());
      return pool.view().providers[0]?.groups[0]?.buckets[0]?.windows[0];
    };
    expect(await hear(500)).toMatchObject({ limit: 20, source: 'typed' });
    expect(await hear(10)).toMatchObject({ limit: 10, source: 'announced' });
  });
});

describe('waits that make no sense', () => {
  it.each([-5, Number.NaN, Number.POSITIVE_INFINITY, 1e18])(
    '%d ms is bounded, and the key comes back',
    async (waitMs) => {
      const clock = new VirtualClock();
      const pool = poolOf(clock, [providerOf({ keys: [{}] })]);
      const answer = await pool.acquire(demandOf());
      if (answer.kind !== 'lease') throw new Error(answer.binding);
      answer.sent();
      answer.settle(rateLimited({ waitMs }));
      await clock.advance(33 * 86_400_000);
      expect((await pool.acquire(demandOf({ deadline: clock.now() }))).kind).toBe('lease');
    },
  );
});

describe('a stored memory that is damaged', () => {
  it('is forgotten with a warning, part by part', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything({ withNullPrototype: true, maxDepth: 6 }), async (part) => {
        const clock = new VirtualClock();
        const pool = poolOf(clock, [providerOf({ keys: [{}] })]);
        const given = await pool.acquire(demandOf());
        if (given.kind === 'lease') given.settle(served({ inputTokens: 10, outputTokens: 10 }));
        const memory = JSON.parse(JSON.stringify(pool.remember()));
        for (const stored of [
          part,
          { ...memory, providers: { acme: part } },
          {
            ...memory,
            providers: {
              acme: { ...memory.providers.acme, groups: { k0: part }, keys: { k0: part }, tokens: { small: part } },
            },
          },
        ]) {
          const fresh = poolOf(clock, [providerOf({ keys: [{}] })]);
          expect(fresh.restore(stored)).toBeInstanceOf(Array);
          expect((await fresh.acquire(demandOf())).kind).toBe('lease');
        }
      }),
    );
  });

  it('caps deadlines that lie too far ahead', () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{}] })]);
    const rest = { kind: 'rejected', until: clock.wallNow() + 1e15, reason: 'old', probe: true, undated: true };
    const key = { rest, proven: true, lastSuccessAt: null, windows: [] };
    pool.restore({
      version: 1,
      at: clock.wallNow(),
      providers: { acme: { refusalTimeMs: null, groups: {}, keys: { k0: key }, tokens: {} } },
    });
    expect((pool.view().providers[0]?.keys[0]?.until ?? 0) - clock.wallNow()).toBeLessThanOrEqual(32 * 86_400_000);
  });
});
