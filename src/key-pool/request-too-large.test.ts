import { describe, expect, it } from 'vitest';
import { demandOf, poolOf, providerOf, served } from '../../test/simulation/fixtures.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import type { Demand } from '../model/demand.ts';
import type { TypedLimit } from '../model/limit.ts';
import type { Outcome } from '../model/outcome.ts';
import type { KeyPool } from './key-pool.ts';
import type { Lease, Refusal } from './lease.ts';

const LARGE = { tokens: { bodyBytes: 80_000, maxOutputTokens: 0 } };
const SMALL = { tokens: { bodyBytes: 400, maxOutputTokens: 0 } };
const TOO_LARGE = { kind: 'request-too-large', ceiling: 12_000, reason: 'Request too large' } as const;

/** One key a group; the limits are those that the operator typed. */
function open(...limits: TypedLimit[]) {
  const clock = new VirtualClock();
  const keys = limits.map((limit) => ({ limits: [{ rpm: 1_000, ...limit }] }));
  return { clock, pool: poolOf(clock, [providerOf({ keys, strategy: 'ordered' })]) };
}

function lease(answer: Lease | Refusal): Lease {
  if (answer.kind !== 'lease') throw new Error(`refused: ${answer.binding}`);
  return answer;
}

async function attempt(pool: KeyPool, clock: VirtualClock, options: Partial<Demand>, outcome: Outcome) {
  const given = lease(await pool.acquire(demandOf({ deadline: clock.now() + 1_000, ...options })));
  given.sent();
  await clock.advance(50);
  const fitsElsewhere = outcome.kind === 'request-too-large' && given.fitsElsewhere(outcome.ceiling);
  given.settle(outcome);
  return { id: given.key.id, fitsElsewhere, tried: [{ keyId: given.key.id, group: given.group }] };
}

describe('a request that is larger than a limit can ever admit', () => {
  it('goes on to a group that is known to admit more', async () => {
    const { clock, pool } = open({ model: '*' }, { model: '*' }, { model: '*', tpm: 200_000 });
    const first = await attempt(pool, clock, LARGE, TOO_LARGE);
    expect(first).toMatchObject({ id: 'k0', fitsElsewhere: true });
    const second = await attempt(pool, clock, { ...LARGE, tried: first.tried }, served());
    expect(second.id).toBe('k2');
  });

  it('goes on to nobody where no limit is known to be larger', async () => {
    const { clock, pool } = open({ model: '*' }, { model: '*' }, { model: '*', tpm: 10_000 });
    const first = await attempt(pool, clock, LARGE, TOO_LARGE);
    expect(first.fitsElsewhere).toBe(false);
    const told = await pool.acquire(demandOf({ ...LARGE, tried: first.tried, deadline: clock.now() + 60_000 }));
    expect(told.kind).toBe('refusal');
    expect(pool.view().waiting).toBe(0);
  });

  it('costs the group nothing but requests as large, and those only for a while', async () => {
    const { clock, pool } = open({ model: '*' }, { model: '*' });
    await attempt(pool, clock, LARGE, TOO_LARGE);
    expect((await attempt(pool, clock, SMALL, served())).id).toBe('k0');
    expect((await attempt(pool, clock, LARGE, served())).id).toBe('k1');
    await clock.advance(3_600_000);
    expect((await attempt(pool, clock, LARGE, served())).id).toBe('k0');
  });

  it('gets the answer of the upstream once every group has refused it', async () => {
    const { clock, pool } = open({ model: '*' }, { model: '*' });
    await attempt(pool, clock, LARGE, TOO_LARGE);
    await attempt(pool, clock, LARGE, { ...TOO_LARGE, ceiling: null });
    expect((await attempt(pool, clock, LARGE, TOO_LARGE)).id).toBe('k0');
  });

  it('never leaves the scope of its caller', async () => {
    const { clock, pool } = open({ model: '*' }, { model: '*', tpm: 200_000 });
    const first = await attempt(pool, clock, { ...LARGE, groups: ['k0'] }, TOO_LARGE);
    expect(first.fitsElsewhere).toBe(false);
    const told = await pool.acquire(demandOf({ ...LARGE, groups: ['k0'], tried: first.tried }));
    expect(told.kind).toBe('refusal');
  });
});
