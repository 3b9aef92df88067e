import type { Candidate, Strategy } from '../model/strategy.ts';

/** The key with the largest share of its tightest window left; among equals, the one chosen longest ago. */
export const headroom: Strategy = (candidates) => {
  let best = candidates[0] as Candidate;
  let most = best.headroom();
  for (let at = 1; at < candidates.length; at++) {
    const candidate = candidates[at] as Candidate;
    const left = candidate.headroom();
    if (left > most || (left === most && candidate.lastChoice < best.lastChoice)) {
      best = candidate;
      most = left;
    }
  }
  return best;
};
