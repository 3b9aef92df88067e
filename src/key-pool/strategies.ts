import type { StrategyName } from '../model/provider.ts';
import { headroom } from './headroom-strategy.ts';
import { latency } from './latency-strategy.ts';
import { leastUsed } from './least-used-strategy.ts';
import { ordered } from './ordered-strategy.ts';
import { random } from './random-strategy.ts';
import { roundRobin } from './round-robin-strategy.ts';
import type { Strategy } from './strategy.ts';
import { weighted } from './weighted-strategy.ts';

export const STRATEGIES: Readonly<Record<StrategyName, Strategy>> = {
  'round-robin': roundRobin,
  ordered,
  'least-used': leastUsed,
  headroom,
  weighted,
  random,
  latency,
};
