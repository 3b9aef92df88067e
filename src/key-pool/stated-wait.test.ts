import { describe, expect, it } from 'vitest';
import { demandOf, poolOf, providerOf, rateLimited, served } from '../../test/simulation/fixtures.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import type { Lease, Refusal } from './lease.ts';

function lease(answer: Lease | Refusal): Lease {
  if (answer.kind !== 'lease') throw new Error(`refused: ${answer.binding}`);
  return answer;
}

const traits = { refusalsCount: true, algorithm: 'refill' } as const;

describe('a wait that a refusal states', () => {
  it.each([
    { accepted: 0, statedMs: 20_000 },
    { accepted: 3, statedMs: 20_000 },
    { accepted: 0, statedMs: 240_000 },
    { accepted: 3, statedMs: 240_000 },
  ])('is the time the next caller is told, with $accepted accepted before and $statedMs ms stated', async (given) => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{}], traits })]);
    for (let nth = 0; nth < given.accepted; nth++) {
      const accepted = lease(await pool.acquire(demandOf({ deadline: clock.now() + 60_000 })));
      accepted.sent();
      await clock.advance(5_000);
      accepted.settle(served());
    }
    const refused = lease(await pool.acquire(demandOf({ deadline: clock.now() + 60_000 })));
    refused.sent();
    await clock.advance(100);
    refused.settle(rateLimited({ waitMs: given.statedMs }));

    const told = await pool.acquire(demandOf({ deadline: clock.now() }));
    expect(told).toMatchObject({ kind: 'refusal', retryAfterMs: given.statedMs });
    await clock.advance(given.statedMs + 1);
    lease(await pool.acquire(demandOf({ deadline: clock.now() })));
  });
});
