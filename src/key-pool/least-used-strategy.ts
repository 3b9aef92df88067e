import type { Strategy } from '../model/strategy.ts';
import { first } from './first-candidate.ts';

/** The key with the fewest requests under way; among equals, the one that did least lately. */
export const leastUsed: Strategy = (candidates) =>
  first(candidates, (one, other) =>
    one.running === other.running ? one.recentUse < other.recentUse : one.running < other.running,
  );
