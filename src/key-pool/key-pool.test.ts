import { describe, expect, it } from 'vitest';
import { demandOf, poolOf, providerOf, served } from '../../test/simulation/fixtures.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import type { Lease, Refusal } from './lease.ts';

function lease(answer: Lease | Refusal): Lease {
  if (answer.kind !== 'lease') throw new Error(`refused: ${answer.binding}`);
  return answer;
}

function refusal(answer: Lease | Refusal): Refusal {
  if (answer.kind !== 'refusal') throw new Error('not refused');
  return answer;
}

describe('a lease', () => {
  it('is given at once while a window has room, and is held back when it has none', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: [{ model: '*', rpm: 2 }] }] })]);
    for (let n = 0; n < 2; n++) {
      const given = lease(await pool.acquire(demandOf({ deadline: 1_000 })));
      given.sent();
      given.settle(served());
    }
    const refused = refusal(await pool.acquire(demandOf({ deadline: 1_000 })));
    expect(refused.reason).toBe('full');
    expect(refused.binding).toContain('requests/min full');
    expect(refused.retryAfterMs).toBeGreaterThanOrEqual(60_000);
    expect(refused.retryAfterMs).toBeLessThan(61_000);
  });

  it('waits for room when the deadline allows it', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: [{ model: '*', rpm: 1 }] }] })]);
    const first = lease(await pool.acquire(demandOf()));
    first.sent();
    first.settle(served());
    const waiting = pool.acquire(demandOf({ deadline: 70_000 }));
    await clock.advance(60_000);
    let given: Lease | Refusal | null = null;
    void waiting.then((answer) => {
      given = answer;
    });
    await clock.advance(1_000);
    expect(given).not.toBeNull();
    expect(lease(await waiting).waitedMs).toBeGreaterThanOrEqual(60_000);
  });

  it('cannot be settled twice', async () => {
    const pool = poolOf(new VirtualClock(), [providerOf({ keys: [{}] })]);
    const given = lease(await pool.acquire(demandOf()));
    given.settle(served());
    expect(() => given.settle(served())).toThrow('settled twice');
  });
});
