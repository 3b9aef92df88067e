import type { Strategy } from '../model/strategy.ts';
import { first } from './first-candidate.ts';

/** Everyone in turn: the key that was chosen longest ago. */
export const roundRobin: Strategy = (candidates) =>
  first(candidates, (one, other) =>
    one.lastChoice === other.lastChoice ? one.order < other.order : one.lastChoice < other.lastChoice,
  );
