import { first, type Strategy } from './strategy.ts';

/** Everyone in turn: the key that was chosen longest ago. */
export const roundRobin: Strategy = (candidates) =>
  first(candidates, (one, other) =>
    one.lastChoice === other.lastChoice ? one.order < other.order : one.lastChoice < other.lastChoice,
  );
