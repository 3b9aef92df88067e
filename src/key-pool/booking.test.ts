import { describe, expect, it } from 'vitest';
import { demandOf, poolOf, providerOf, served } from '../../test/simulation/fixtures.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import type { Demand } from '../model/demand.ts';
import type { KeyPool } from './key-pool.ts';
import type { Lease, Refusal } from './lease.ts';

const ONE_IN_TEN_SECONDS = [{ model: '*', rpm: 6, window: 'refill' as const }];

/** A caller without patience: served or refused at once. */
async function call(pool: KeyPool, clock: VirtualClock, options: Partial<Demand> = {}): Promise<Lease | Refusal> {
  const answer = await pool.acquire(demandOf({ deadline: clock.now(), ...options }));
  if (answer.kind === 'lease') {
    answer.sent();
    answer.accepted();
    answer.settle(served());
  }
  return answer;
}

/** Two keys whose windows are spent, and `client` who was told when to come back. */
async function refusedCaller(options: Partial<Demand> = {}) {
  const clock = new VirtualClock();
  const pool = poolOf(clock, [providerOf({ keys: [{ limits: ONE_IN_TEN_SECONDS }, { limits: ONE_IN_TEN_SECONDS }] })]);
  for (const group of ['k0', 'k1']) {
    for (let n = 0; n < 6; n++) expect((await call(pool, clock, { groups: [group] })).kind).toBe('lease');
  }
  const refused = await call(pool, clock, { client: 'first', ...options });
  if (refused.kind !== 'refusal' || refused.retryAfterMs === null) throw new Error('was not refused');
  return { clock, pool, toldMs: refused.retryAfterMs };
}

describe('a caller who was told a time', () => {
  const ONE_KEY = { groups: ['k0'] } as const;

  it('is served then, though another comes the moment there is room', async () => {
    const { clock, pool, toldMs } = await refusedCaller(ONE_KEY);
    await clock.advance(toldMs);
    expect((await call(pool, clock, { client: 'second', ...ONE_KEY })).kind).toBe('refusal');
    await clock.advance(50);
    expect((await call(pool, clock, { client: 'first', ...ONE_KEY })).kind).toBe('lease');
  });

  it('is not waited for once his place has lapsed', async () => {
    const { clock, pool, toldMs } = await refusedCaller(ONE_KEY);
    await clock.advance(toldMs + 2_000);
    expect((await call(pool, clock, { client: 'second', ...ONE_KEY })).kind).toBe('lease');
    expect((await call(pool, clock, { client: 'first', ...ONE_KEY })).kind).toBe('refusal');
  });

  it('holds up nobody for whom there is room besides', async () => {
    const { clock, pool, toldMs } = await refusedCaller();
    await clock.advance(toldMs);
    expect((await call(pool, clock, { client: 'second' })).kind).toBe('lease');
    expect((await call(pool, clock, { client: 'third' })).kind).toBe('refusal');
    expect((await call(pool, clock, { client: 'first' })).kind).toBe('lease');
  });

  it('holds up nobody who may not use the same keys', async () => {
    const { clock, pool, toldMs } = await refusedCaller(ONE_KEY);
    await clock.advance(toldMs);
    expect((await call(pool, clock, { client: 'second', groups: ['k1'] })).kind).toBe('lease');
  });

  it('lets one who came later and waits follow, at the latest when the place lapses', async () => {
    const { clock, pool, toldMs } = await refusedCaller(ONE_KEY);
    const served: string[] = [];
    void call(pool, clock, { client: 'second', deadline: 60_000, ...ONE_KEY }).then(({ kind }) => served.push(kind));
    await clock.advance(toldMs + 1_900);
    expect(served).toEqual([]);
    await clock.advance(200);
    expect(served).toEqual(['lease']);
  });

  it('is not waited for where hardly anybody comes back', async () => {
    const { clock, pool, toldMs } = await refusedCaller(ONE_KEY);
    for (let n = 0; n < 15; n++) await call(pool, clock, { client: `gone-${n}`, ...ONE_KEY });
    await clock.advance(toldMs + 10_000 * 15 + 2_100);
    for (let n = 0; n < 6; n++) await call(pool, clock, { client: 'busy', ...ONE_KEY });
    const refused = await call(pool, clock, { client: 'first', ...ONE_KEY });
    await clock.advance((refused.kind === 'refusal' ? refused.retryAfterMs : null) ?? 0);
    expect((await call(pool, clock, { client: 'second', ...ONE_KEY })).kind).toBe('lease');
  });
});
