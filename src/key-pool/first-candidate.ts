import type { Candidate } from '../model/strategy.ts';

/** The first candidate that no other precedes. */
export function first(
  candidates: readonly Candidate[],
  precedes: (one: Candidate, other: Candidate) => boolean,
): Candidate {
  let best = candidates[0] as Candidate;
  for (let at = 1; at < candidates.length; at++) {
    const candidate = candidates[at] as Candidate;
    if (precedes(candidate, best)) best = candidate;
  }
  return best;
}
