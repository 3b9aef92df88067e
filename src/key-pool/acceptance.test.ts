import { describe, expect, it } from 'vitest';
import { demandOf, poolOf, providerOf, rateLimited, served } from '../../test/simulation/fixtures.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import type { Demand } from '../model/demand.ts';
import type { KeyPool } from './key-pool.ts';
import type { Lease, Refusal } from './lease.ts';

const HEAD_MS = 200;

function lease(answer: Lease | Refusal): Lease {
  if (answer.kind !== 'lease') throw new Error(`refused: ${answer.binding}`);
  return answer;
}

async function sendOne(pool: KeyPool, clock: VirtualClock, options: Partial<Demand> = {}): Promise<Lease> {
  const given = lease(await pool.acquire(demandOf({ deadline: clock.now(), ...options })));
  given.sent();
  return given;
}

const bucketOf = (pool: KeyPool) => pool.view().providers[0]?.groups[0]?.buckets[0];

/** How many streams of ten minutes are open, of those asked for at once by callers who wait half a minute. */
async function openStreams(count: number, keys: number, { heads, byMs }: { heads: boolean; byMs: number }) {
  const clock = new VirtualClock();
  const pool = poolOf(clock, [providerOf({ keys: Array.from({ length: keys }, () => ({})) })]);
  let open = 0;
  for (let nth = 0; nth < count; nth++) {
    void pool.acquire(demandOf({ deadline: 30_000 })).then((answer) => {
      if (answer.kind !== 'lease') return;
      open++;
      answer.sent();
      if (heads) clock.setTimer(HEAD_MS, () => answer.accepted());
      clock.setTimer(600_000, () => answer.settle(served()));
    });
  }
  await clock.advance(byMs);
  return open;
}

describe('streams through keys of unknown limit', () => {
  it('all open soon, since the head of each admits another', async () => {
    expect(await openStreams(2_000, 10, { heads: true, byMs: 18_000 })).toBe(2_000);
  });

  it('all open within the patience of their callers where silence alone acknowledges', async () => {
    expect(await openStreams(2_000, 10, { heads: false, byMs: 18_000 })).toBeLessThan(1_000);
    expect(await openStreams(2_000, 10, { heads: false, byMs: 30_000 })).toBe(2_000);
  });
});

describe('the head of a success', () => {
  it('is an acknowledgement, and the end of the answer is not a second one', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf()]);
    const stream = await sendOne(pool, clock);
    const before = bucketOf(pool)?.slowStart ?? 0;
    await clock.advance(HEAD_MS);
    stream.accepted();
    stream.accepted();
    expect(bucketOf(pool)?.slowStart).toBe(before + 1);
    await clock.advance(60_000);
    stream.settle(served());
    expect(bucketOf(pool)?.slowStart).toBe(before + 1);
  });

  it('is no second one after silence either', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf()]);
    const stream = await sendOne(pool, clock);
    await clock.advance(4_000);
    (await sendOne(pool, clock)).settle({ kind: 'caller-left' });
    const silent = bucketOf(pool)?.slowStart;
    stream.accepted();
    expect(bucketOf(pool)?.slowStart).toBe(silent);
  });

  it('lets the others follow a request that tried a resting bucket', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: [{ model: '*', rpm: 1_000 }] }] })]);
    const exhausted = { kind: 'quota-exhausted', scope: 'bucket', until: { kind: 'in', waitMs: 1_000 } } as const;
    (await sendOne(pool, clock)).settle({ ...exhausted, reason: 'spent' });
    await clock.advance(1_000);
    const trial = await sendOne(pool, clock);
    expect((await pool.acquire(demandOf({ deadline: clock.now() }))).kind).toBe('refusal');
    await clock.advance(HEAD_MS);
    trial.accepted();
    expect(bucketOf(pool)?.state).toBe('ready');
    await sendOne(pool, clock);
    await sendOne(pool, clock);
  });

  it('ends an overload for all, as the answer of the one request that tries', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: [{ model: '*', rpm: 1_000 }] }] })]);
    (await sendOne(pool, clock)).settle(served());
    for (let nth = 0; nth < 2; nth++) {
      (await sendOne(pool, clock)).settle({ kind: 'overloaded', waitMs: 2_000, reason: 'busy' });
    }
    await clock.advance(2_000);
    const trial = await sendOne(pool, clock);
    await clock.advance(HEAD_MS);
    trial.accepted();
    expect(pool.view().providers[0]?.overloaded).toEqual([]);
  });

  it('that came before an overload says nothing against it when its stream ends after', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: [{ model: '*', rpm: 1_000 }] }] })]);
    const stream = await sendOne(pool, clock);
    stream.accepted();
    (await sendOne(pool, clock)).settle({ kind: 'overloaded', waitMs: null, reason: 'busy' });
    stream.settle(served());
    (await sendOne(pool, clock)).settle({ kind: 'overloaded', waitMs: null, reason: 'busy' });
    expect(pool.view().providers[0]?.overloaded).toHaveLength(1);
  });

  it('selects the period that a bare refusal was about, as the end of an answer does', async () => {
    const learn = async (acknowledge: (trial: Lease) => void) => {
      const clock = new VirtualClock();
      const pool = poolOf(clock, [providerOf()]);
      for (let nth = 0; nth < 6; nth++) {
        const given = await sendOne(pool, clock);
        await clock.advance(HEAD_MS);
        given.settle(nth < 5 ? served() : rateLimited());
      }
      const waiting = pool.acquire(demandOf({ deadline: clock.now() + 300_000 }));
      await clock.advance(90_000);
      const trial = lease(await waiting);
      trial.sent();
      const before = bucketOf(pool)?.windows.map(({ limit, periodMs }) => [limit, periodMs]);
      await clock.advance(HEAD_MS);
      acknowledge(trial);
      const after = bucketOf(pool)?.windows.map(({ limit, periodMs, left }) => [limit, periodMs, left]);
      return { before, after };
    };
    const byHead = await learn((trial) => trial.accepted());
    expect(byHead.after).toHaveLength(1);
    expect(byHead).toEqual(await learn((trial) => trial.settle(served())));
  });
});

describe('a refusal inside a stream whose head was a success', () => {
  it('counts as one all the same', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf()]);
    const stream = await sendOne(pool, clock);
    await clock.advance(HEAD_MS);
    stream.accepted();
    await clock.advance(5_000);
    stream.settle(rateLimited({ waitMs: 20_000 }));
    expect(bucketOf(pool)?.state).toBe('cooling');
    const answer = await pool.acquire(demandOf({ deadline: clock.now() }));
    expect(answer).toMatchObject({ kind: 'refusal', retryAfterMs: 20_000 });
  });

  it('is no measure of how long this provider takes to refuse', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{}, {}] })]);
    const stream = await sendOne(pool, clock, { homeGroup: 'k0' });
    await clock.advance(HEAD_MS);
    stream.accepted();
    await clock.advance(90_000);
    stream.settle(rateLimited({ waitMs: 1_000 }));
    // The other key is new: silence still proves it after three seconds, not after minutes.
    await sendOne(pool, clock, { homeGroup: 'k1' });
    await clock.advance(3_000);
    await sendOne(pool, clock, { homeGroup: 'k1' });
  });
});
