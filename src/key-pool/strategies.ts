import type { StrategyName } from '../model/provider.ts';
import type { Candidate, Strategy } from '../model/strategy.ts';
import { headroom } from './headroom-strategy.ts';
import { latency } from './latency-strategy.ts';
import { leastUsed } from './least-used-strategy.ts';
import { ordered } from './ordered-strategy.ts';
import { random } from './random-strategy.ts';
import { roundRobin } from './round-robin-strategy.ts';
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

/** A strategy of the operator's own may throw or answer anything: then the default one chooses, and that is told. */
export function guarded(own: Strategy, tell: (fault: string) => void): Strategy {
  return (candidates, demand, random) => {
    const choice = attempt(own, [candidates, demand, random]);
    if (typeof choice !== 'string') return choice;
    tell(choice);
    return roundRobin(candidates, demand, random);
  };
}

/** The choice, or in words what is wrong with it. */
function attempt(own: Strategy, offered: Parameters<Strategy>): Candidate | string {
  try {
    // Its own copy of the list: whatever it does to that, it can only choose from what it was offered.
    const [candidates, demand, random] = offered;
    const picked: unknown = own([...candidates], demand, random);
    return candidates.find((candidate) => candidate === picked) ?? 'chose what it was not offered';
  } catch (error) {
    return `threw "${error instanceof Error ? error.message : String(error)}"`;
  }
}
