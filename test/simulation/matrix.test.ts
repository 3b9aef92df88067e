import { describe, expect, it } from 'vitest';
import { STRATEGY_NAMES, type StrategyName } from '../../src/model/provider.ts';
import { HEADER_STYLES, type HeaderStyle, type ModelLimit } from './provider-model.ts';
import { MINUTE_MS, perHundred, perMinute, type Stage, stage } from './run.ts';
import { burst, closedLoop, poisson } from './traffic.ts';

/**
 * Window algorithm × header style × load × strategy: every pair of values meets in a test run, and all combinations do
 * with `SIMULATE=all`.
 */
const ALGORITHMS = ['refill', 'sliding', 'fixed'] as const;
const LOADS = ['burst', 'poisson', 'closed loop'] as const;
const WINDOWS = 5;
const LIMIT = 30;
const GROUPS = 4;

interface Combination {
  readonly algorithm: ModelLimit['algorithm'];
  readonly style: HeaderStyle;
  readonly load: (typeof LOADS)[number];
  readonly strategy: StrategyName;
}

function everyCombination(): Combination[] {
  return ALGORITHMS.flatMap((algorithm) =>
    HEADER_STYLES.flatMap((style) =>
      LOADS.flatMap((load) => STRATEGY_NAMES.map((strategy) => ({ algorithm, style, load, strategy }))),
    ),
  );
}

/** Takes, greedily, the combination that brings the most pairs not met before. */
function pairwise(all: readonly Combination[]): Combination[] {
  const pairsOf = (one: Combination) => {
    const values = Object.entries(one).map(([name, value]) => `${name}=${value}`);
    return values.flatMap((value, at) => values.slice(at + 1).map((other) => `${value} ${other}`));
  };
  const missing = new Set(all.flatMap(pairsOf));
  const chosen: Combination[] = [];
  while (missing.size > 0) {
    const news = (one: Combination) => pairsOf(one).filter((pair) => missing.has(pair)).length;
    const best = all.reduce((one, other) => (news(other) > news(one) ? other : one));
    for (const pair of pairsOf(best)) missing.delete(pair);
    chosen.push(best);
  }
  return chosen;
}

/** The most refusals per hundred completed, by what the provider says of its limits. */
const MOST_PROVOKED: Record<HeaderStyle, number> = {
  announced: 0,
  'announced-seconds': 0,
  remaining: 0,
  'retry-after': 3,
  stated: 2,
  bare: 5,
};

const combinations = process.env.SIMULATE === 'all' ? everyCombination() : pairwise(everyCombination());

describe(`${combinations.length} of ${everyCombination().length} combinations`, () => {
  it.each(combinations)('$algorithm, $style, $load, $strategy', async (combination) => {
    const run = stage({
      groups: Array(GROUPS).fill(1),
      limits: [perMinute(LIMIT, combination.algorithm)],
      model: { style: combination.style, seed: 21 },
      provider: { strategy: combination.strategy },
    });
    await drive(run, combination.load);
    const { admitted, rateRefused } = run.provider.counters;
    const { asked, served } = run.seen;
    if (combination.load !== 'closed loop') expect(served).toBeGreaterThanOrEqual(0.99 * asked);
    else expect(admitted).toBeGreaterThanOrEqual(leastGoodput(combination) * GROUPS * LIMIT * WINDOWS);
    // A few refusals per group are the price of finding a limit that nobody tells, however little is sent: those under
    // way when the first one comes, and one for each period that is tried and is too short.
    const fewPerGroup = combination.style === 'bare' ? 6 : 3;
    const allowed = Math.max(MOST_PROVOKED[combination.style], perHundred(fewPerGroup * GROUPS, admitted));
    const announced = MOST_PROVOKED[combination.style] === 0;
    expect(perHundred(rateRefused, admitted)).toBeLessThanOrEqual(announced ? 0 : allowed);
    expect(run.pool.view().providers[0]?.keys.every(({ state }) => state === 'ready')).toBe(true);
  });
});

function leastGoodput({ style }: Combination): number {
  return style === 'bare' ? 0.95 : 0.98;
}

async function drive(run: Stage, load: Combination['load']): Promise<void> {
  switch (load) {
    case 'burst':
      void burst(run, 2 * GROUPS * LIMIT);
      break;
    case 'poisson':
      poisson(run, (0.7 * GROUPS * LIMIT) / 60, 5);
      break;
    case 'closed loop':
      closedLoop(run, 25 * GROUPS);
      break;
  }
  await run.clock.advance(WINDOWS * MINUTE_MS);
  run.stopped = true;
  if (load !== 'closed loop') await run.clock.advance(2 * MINUTE_MS);
}
