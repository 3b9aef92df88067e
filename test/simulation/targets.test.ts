import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/random.ts';
import { poolOf, providerOf } from './fixtures.ts';
import type { HeaderStyle, ModelLimit } from './provider-model.ts';
import { MINUTE_MS, perHundred, perMinute, type Setup, type Stage, stage } from './run.ts';
import { burst, call, closedLoop, simulation, sleep } from './traffic.ts';

const ALGORITHMS = ['refill', 'sliding', 'fixed'] as const;
const WINDOWS = 6;

/** A closed loop with more callers than the limits can serve, for six windows. */
async function sixWindows(setup: Setup, callersPerGroup: number): Promise<Stage> {
  const run = stage(setup);
  closedLoop(run, callersPerGroup * setup.groups.length);
  await run.clock.advance(WINDOWS * MINUTE_MS);
  run.stopped = true;
  return run;
}

function goodput(run: Stage): number {
  return run.provider.counters.admitted / run.most(WINDOWS * MINUTE_MS);
}

function provoked({ provider }: Stage): number {
  return perHundred(provider.counters.rateRefused, provider.counters.admitted);
}

describe('limits announced', () => {
  for (const algorithm of ALGORITHMS) {
    for (const style of ['announced', 'announced-seconds'] as const) {
      it.each([[[1]], [[1, 1, 1, 1, 1]], [[1, 2, 3]]])(`${style}, ${algorithm}, groups of %j keys`, async (groups) => {
        const limits = [perMinute(20, algorithm)];
        const model = { style, seed: 3, namesOrganisation: true };
        const run = await sixWindows({ groups, limits, declared: true, model }, 40);
        expect(goodput(run)).toBeGreaterThanOrEqual(0.98);
        expect(provoked(run)).toBeLessThanOrEqual(0.5);
        expect(run.provider.counters.refusedAt.filter((at) => at > MINUTE_MS)).toEqual([]);
      });
    }
  }
});

describe('a burst of 100', () => {
  for (const keys of [1, 5, 10]) {
    it.each(ALGORITHMS)(`on ${keys} keys of 20 a minute, %s`, async (algorithm) => {
      const limits = [perMinute(20, algorithm)];
      const typed = [{ model: '*', rpm: 20, window: algorithm }] as const;
      const answerMs = [500, 500] as const;
      const model = { style: 'announced', seed: 5, answerMs, bodyMs: [0, 0] as const } as const;
      const run = stage({ groups: Array(keys).fill(1), limits, typed, model });
      const all = burst(run, 100);
      let doneAt = 0;
      void all.then(() => {
        doneAt = run.clock.now();
      });
      await run.clock.advance(6 * MINUTE_MS);
      expect(run.seen.served).toBe(100);
      expect(run.provider.counters.rateRefused).toBe(0);
      const roundTripMs = 560;
      // A slot freed by our clock is used a hundredth of its period later, so that it is free by the provider's as well.
      const spreadMs = 0.01 * MINUTE_MS * Math.ceil(100 / (20 * keys) - 1) + (algorithm === 'refill' ? 100 : 0);
      const optimum = leastTime(algorithm, keys, 100) + roundTripMs;
      expect(doneAt).toBeLessThanOrEqual(Math.max(1.05 * optimum, optimum + spreadMs) + roundTripMs);
    });
  }
});

/** When the last of a burst can be admitted at the earliest. */
function leastTime(algorithm: ModelLimit['algorithm'], keys: number, calls: number): number {
  const beyond = calls - 20 * keys;
  if (beyond <= 0) return 0;
  return algorithm === 'refill' ? (beyond / (20 * keys)) * MINUTE_MS : Math.ceil(beyond / (20 * keys)) * MINUTE_MS;
}

describe('little or nothing announced', () => {
  const targets: [HeaderStyle, number, number][] = [
    ['retry-after', 0.95, 3],
    ['stated', 0.95, 3],
    ['bare', 0.9, 5],
  ];
  for (const [style, least, most] of targets) {
    it.each(ALGORITHMS)(`${style}, %s`, async (algorithm) => {
      const run = await sixWindows(
        { groups: [1, 1, 1], limits: [perMinute(30, algorithm)], model: { style, seed: 11 } },
        40,
      );
      expect(goodput(run)).toBeGreaterThanOrEqual(least);
      expect(provoked(run)).toBeLessThanOrEqual(most);
    });
  }
});

describe('tokens bind', () => {
  it.each(ALGORITHMS)('sizes vary 1:50, %s', async (algorithm) => {
    const tokens: ModelLimit = { dimension: 'tokens', limit: 60_000, periodMs: MINUTE_MS, algorithm };
    const limits = [perMinute(1_000, algorithm), tokens];
    const run = stage({ groups: [1, 1], limits, model: { style: 'announced', seed: 2, periodIsSaid: true } });
    const random = seededRandom(9);
    closedLoop(run, 60, { inputTokens: () => Math.round(100 * 50 ** random.next()) });
    await run.clock.advance(WINDOWS * MINUTE_MS);
    run.stopped = true;
    const periods = algorithm === 'refill' ? WINDOWS + 1 : WINDOWS;
    expect(run.provider.counters.admittedTokens).toBeGreaterThanOrEqual(0.95 * 2 * periods * 60_000);
    expect(provoked(run)).toBeLessThanOrEqual(1);
  });
});

describe('tokens bind, and only refusals say so', () => {
  // Of a trailing count nobody tells when what was sent before the first refusal leaves it.
  it.each([
    ['refill', 0.95, 3],
    ['fixed', 0.95, 3],
    ['sliding', 0.9, 5],
  ] as const)('with limit and wait, sizes vary 1:50, %s', async (algorithm, least, most) => {
    const tokens: ModelLimit = { dimension: 'tokens', limit: 60_000, periodMs: MINUTE_MS, algorithm };
    const limits = [perMinute(1_000, algorithm), tokens];
    const run = stage({ groups: [1, 1], limits, model: { style: 'stated', seed: 2 } });
    const random = seededRandom(9);
    closedLoop(run, 60, { inputTokens: () => Math.round(100 * 50 ** random.next()) });
    await run.clock.advance(WINDOWS * MINUTE_MS);
    run.stopped = true;
    const periods = algorithm === 'refill' ? WINDOWS + 1 : WINDOWS;
    expect(run.provider.counters.admittedTokens).toBeGreaterThanOrEqual(least * 2 * periods * 60_000);
    expect(provoked(run)).toBeLessThanOrEqual(most);
    const [window] = run.pool.view().providers[0]?.groups[0]?.buckets[0]?.windows ?? [];
    expect(window).toMatchObject({ dimension: 'tokens', limit: 60_000, source: 'stated' });
  });
});

describe('10 keys in 3 groups', () => {
  it.each(ALGORITHMS)('undeclared, detectable from headers, %s', async (algorithm) => {
    const model = { style: 'announced', seed: 4, namesOrganisation: true } as const;
    const run = await sixWindows({ groups: [3, 3, 4], limits: [perMinute(60, algorithm)], model }, 60);
    expect(goodput(run)).toBeGreaterThanOrEqual(0.98);
    expect(provoked(run)).toBeLessThanOrEqual(1);
    expect(
      run.pool
        .view()
        .providers[0]?.groups.map(({ keys }) => keys.length)
        .sort(),
    ).toEqual([3, 3, 4]);
  });
});

describe('30 % dead keys', () => {
  it.each([true, false])('with a free validation: %s', async (freeValidation) => {
    const deadKeys = ['k1', 'k4', 'k7'];
    const validations = new Map<string, number>();
    const validate = async (keyId: string) => {
      validations.set(keyId, (validations.get(keyId) ?? 0) + 1);
      return !deadKeys.includes(keyId);
    };
    const run = await sixWindows(
      {
        groups: Array(10).fill(1),
        limits: [perMinute(20, 'sliding')],
        model: { style: 'announced', seed: 6, deadKeys },
        provider: { traits: { freeValidation } },
        parts: { validate },
      },
      40,
    );
    expect(goodput(run)).toBeGreaterThanOrEqual(0.98);
    for (const key of deadKeys) {
      const calls = (run.provider.counters.deadCalls.get(key) ?? 0) + (validations.get(key) ?? 0);
      expect(calls).toBeLessThanOrEqual(2);
      expect(run.pool.view().providers[0]?.keys.find(({ id }) => id === key)?.state).toBe('rejected');
    }
  });
});

describe('the provider is overloaded for half a window', () => {
  it('recovers within 5 s, without a storm and without blaming a key', async () => {
    const overloaded = [MINUTE_MS, 1.5 * MINUTE_MS] as const;
    const run = stage({
      groups: [1, 1, 1, 1, 1],
      limits: [perMinute(200, 'refill')],
      model: { style: 'announced', seed: 8, overloaded },
    });
    closedLoop(run, 20);
    await run.clock.advance(1.5 * MINUTE_MS);
    const before = run.provider.counters.admitted;
    await run.clock.advance(5_000);
    expect(run.provider.counters.admitted).toBeGreaterThan(before);
    await run.clock.advance(MINUTE_MS);
    run.stopped = true;
    expect(run.provider.counters.calls).toBeLessThanOrEqual(1.2 * run.seen.asked);
    expect(run.pool.view().providers[0]?.keys.every(({ state }) => state === 'ready')).toBe(true);
  });
});

describe('refused requests count against the limit as well', () => {
  for (const style of ['announced', 'retry-after', 'stated'] as const) {
    it.each(ALGORITHMS)(`${style}, %s`, async (algorithm) => {
      const run = await sixWindows(
        {
          groups: [1, 1, 1],
          limits: [perMinute(60, algorithm)],
          model: { style, seed: 12, refusalsCount: true },
          provider: { traits: { refusalsCount: true } },
        },
        60,
      );
      expect(goodput(run)).toBeGreaterThanOrEqual(0.95);
      expect(provoked(run)).toBeLessThanOrEqual(3);
    });
  }
});

describe('two clients, one with 100 in flight, one with 1', () => {
  it('are served alike while both are waiting', async () => {
    const run = stage({
      groups: [1],
      limits: [perMinute(60, 'refill')],
      typed: [{ model: '*', rpm: 60, window: 'refill' }],
      model: { style: 'announced', seed: 13 },
    });
    closedLoop(run, 100, { client: 'many' });
    await run.clock.advance(2 * MINUTE_MS);
    const served = new Map<string, number>();
    for (let round = 0; round < 60; round++) {
      const before = new Map(run.seen.perClient);
      let done = false;
      void call(run, { client: 'one' }).then(() => {
        done = true;
      });
      while (!done) await run.clock.advance(100);
      for (const [client, count] of run.seen.perClient) {
        served.set(client, (served.get(client) ?? 0) + count - (before.get(client) ?? 0));
      }
    }
    run.stopped = true;
    // While `one` waits, the shares are those of the turns: one each, give or take what was under way.
    expect(served.get('many') ?? 0).toBeLessThanOrEqual(4 * 60);
    expect(run.provider.counters.rateRefused).toBe(0);
  });
});

describe('a restart in the middle', () => {
  it.each(['announced', 'retry-after'] as const)('loses nothing and provokes nothing, %s', async (style) => {
    const setup: Setup = { groups: [1, 1], limits: [perMinute(30, 'sliding')], model: { style, seed: 15 } };
    const run = stage(setup);
    closedLoop(run, 60);
    await run.clock.advance(2.5 * MINUTE_MS);
    run.stopped = true;
    await run.clock.advance(0.4 * MINUTE_MS);
    run.pool.close();
    await run.clock.advance(0.1 * MINUTE_MS);
    const refusedBefore = run.provider.counters.rateRefused;
    const second = poolOf(run.clock, [providerOf({ keys: [{}, {}] })]);
    expect(second.restore(JSON.parse(JSON.stringify(run.pool.remember())))).toEqual([]);
    const after = { ...simulation(run.clock, second, run.provider) };
    const before = run.provider.counters.admitted;
    closedLoop(after, 60);
    await run.clock.advance(3 * MINUTE_MS);
    after.stopped = true;
    expect(run.provider.counters.admitted - before).toBeGreaterThanOrEqual(0.95 * 3 * 60);
    expect(run.provider.counters.rateRefused - refusedBefore).toBeLessThanOrEqual(style === 'announced' ? 0 : 2);
  });
});

describe('a refusal with a time', () => {
  it('keeps its word to those who come back then', async () => {
    const run = stage({
      groups: [1, 1],
      limits: [perMinute(20, 'sliding')],
      typed: [{ model: '*', rpm: 20 }],
      model: { style: 'announced', seed: 14 },
    });
    const ended: Promise<string>[] = [];
    for (let n = 0; n < 300; n++) {
      ended.push(call(run, { patienceMs: 5_000, comesBack: 1 }));
      await sleepOn(run, 100);
    }
    await run.clock.advance(20 * MINUTE_MS);
    const outcomes = await Promise.all(ended);
    expect(outcomes.filter((outcome) => outcome === 'served').length).toBeGreaterThanOrEqual(0.99 * 300);
  });

  it.each([
    ['refill', 0, 0.99],
    ['sliding', 0, 0.99],
    // So slowly that the first answers come, and prove the keys, while others are still arriving.
    ['refill', 25, 0.98],
  ] as const)('keeps it to crowds who come in between, %s, one every %i ms', async (algorithm, everyMs, least) => {
    const run = stage({
      groups: [1, 1, 1, 1],
      limits: [perMinute(15, algorithm)],
      typed: [{ model: '*', rpm: 15, window: algorithm }],
      model: { style: 'announced', seed: 16 },
    });
    const ended: Promise<string>[] = [];
    const crowd = async (atMs: number, callers: number) => {
      await sleep(run.clock, atMs);
      for (let n = 0; n < callers; n++) {
        ended.push(call(run, { patienceMs: 0, comesBack: 1 }));
        if (everyMs > 0) await sleep(run.clock, everyMs);
      }
    };
    const crowds = [
      [0, 80],
      [25_000, 15],
      [32_000, 10],
      [100_000, 40],
    ] as const;
    for (const [atMs, callers] of crowds) void crowd(atMs, callers);
    await run.clock.advance(20 * MINUTE_MS);
    const outcomes = await Promise.all(ended);
    expect(outcomes).toHaveLength(145);
    expect(outcomes.filter((outcome) => outcome === 'served').length).toBeGreaterThanOrEqual(least * 145);
    expect(run.provider.counters.rateRefused).toBe(0);
  });
});

async function sleepOn(run: Stage, ms: number): Promise<void> {
  const slept = sleep(run.clock, ms);
  await run.clock.advance(ms);
  await slept;
}
