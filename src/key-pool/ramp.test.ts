import { describe, expect, it } from 'vitest';
import { demandOf, poolOf, providerOf, served } from '../../test/simulation/fixtures.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import type { Lease, Refusal } from './lease.ts';

/** Callers who come back as soon as they are answered, at a provider that announces nothing and refuses nothing. */
async function closedLoop(callers: number, ms: number) {
  const clock = new VirtualClock();
  const pool = poolOf(clock, [providerOf({ keys: [{}] })]);
  const counts = { served: 0, refused: 0 };
  let running = true;
  const call = async () => {
    while (running) {
      const answer: Lease | Refusal = await pool.acquire(demandOf({ deadline: clock.now() + 30_000 }));
      if (answer.kind === 'refusal') {
        counts.refused++;
        await new Promise<void>((resolve) => clock.setTimer(100, resolve));
        continue;
      }
      answer.sent();
      await new Promise<void>((resolve) => clock.setTimer(300, resolve));
      answer.settle(served());
      counts.served++;
    }
  };
  for (let nth = 0; nth < callers; nth++) void call();
  await clock.advance(ms);
  running = false;
  pool.close();
  return counts;
}

describe('a key of unknown limit', () => {
  it('lets a crowd wait for its growing window instead of refusing it for the first trickle', async () => {
    const counts = await closedLoop(64, 30_000);
    expect(counts.refused).toBe(0);
    // The window doubles every few seconds, so by the end all 64 run at the pace of their answers.
    expect(counts.served).toBeGreaterThan(1000);
  });
});
