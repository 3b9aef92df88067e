import { KeyPool } from '../src/key-pool/key-pool.ts';
import type { LimitReading } from '../src/model/limit.ts';
import { STRATEGY_NAMES, type StrategyName } from '../src/model/provider.ts';
import { systemRandom } from '../src/random.ts';
import { demandOf, providerOf, served } from '../test/simulation/fixtures.ts';
import { VirtualClock } from '../test/support/virtual-clock.ts';

/**
 * What one acquire and settle costs, and what an idle bucket weighs. Run with
 * `node --expose-gc bench/pool-micro.ts [keys…]`.
 */
const ROUNDS = 20_000;

const READINGS: readonly LimitReading[] = (['requests', 'tokens'] as const).map((dimension) => ({
  dimension,
  periodMs: 60_000,
  limit: 1_000_000_000,
  remaining: 999_999_000,
  resetMs: 60,
  header: `x-ratelimit-limit-${dimension}`,
}));

/** With `replies`, what a reply's headers say is heard as well: two windows and the organisation of all keys. */
async function cost(
  keys: number,
  strategy: StrategyName,
  replies = false,
): Promise<{ medianUs: number; p99Us: number }> {
  const clock = new VirtualClock();
  const pool = new KeyPool({ clock, random: systemRandom });
  const limits = [{ model: '*', rpm: 1_000_000, tpm: 1_000_000_000 }];
  pool.configure([providerOf({ strategy, keys: Array.from({ length: keys }, () => ({ limits })) })]);
  const demand = demandOf();
  const usage = served({ inputTokens: 100, outputTokens: 16 });
  const tookNs: number[] = [];
  for (let round = -2 * Math.max(keys, 2_000); round < ROUNDS; round++) {
    const began = process.hrtime.bigint();
    const answer = await pool.acquire(demand);
    if (answer.kind !== 'lease') throw new Error(answer.binding);
    answer.sent();
    if (replies) answer.observe(READINGS, 'org');
    answer.settle(usage);
    if (round >= 0) tookNs.push(Number(process.hrtime.bigint() - began));
    if (round % 100 === 0) await clock.advance(1);
  }
  tookNs.sort((one, other) => one - other);
  const at = (share: number) => (tookNs[Math.floor(tookNs.length * share)] ?? 0) / 1_000;
  return { medianUs: at(0.5), p99Us: at(0.99) };
}

async function bytesPerBucket(keys: number): Promise<number> {
  const clock = new VirtualClock();
  const pool = new KeyPool({ clock, random: systemRandom });
  pool.configure([
    providerOf({ keys: Array.from({ length: keys }, () => ({ limits: [{ model: 'each', rpm: 100 }] })) }),
  ]);
  const touchAll = async (model: string) => {
    for (let n = 0; n < keys; n++) {
      const answer = await pool.acquire(demandOf({ model }));
      if (answer.kind === 'lease') answer.settle(served());
    }
  };
  await touchAll('first');
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  await touchAll('second');
  globalThis.gc?.();
  return (process.memoryUsage().heapUsed - before) / keys;
}

// The first run would pay for the compiler.
await cost(10, 'random');
const sizes = process.argv.slice(2).map(Number);
for (const keys of sizes.length > 0 ? sizes : [10, 1_000, 20_000]) {
  for (const strategy of STRATEGY_NAMES) {
    const { medianUs, p99Us } = await cost(keys, strategy);
    console.log(
      `${keys} keys, ${strategy}: acquire + settle median ${medianUs.toFixed(1)} µs, p99 ${p99Us.toFixed(1)} µs`,
    );
  }
}
const { medianUs } = await cost(10, 'round-robin', true);
console.log(`10 keys of one organisation, round-robin, with a reply's headers: median ${medianUs.toFixed(1)} µs`);
console.log(
  `memory per idle bucket: ${Math.round(await bytesPerBucket(5_000))} bytes${globalThis.gc ? '' : ' (without --expose-gc: rough)'}`,
);
