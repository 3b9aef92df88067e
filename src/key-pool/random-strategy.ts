import type { Candidate, Strategy } from '../model/strategy.ts';

/** Any of them, all alike. */
export const random: Strategy = (candidates, _demand, chance) =>
  candidates[Math.floor(chance.next() * candidates.length)] as Candidate;
