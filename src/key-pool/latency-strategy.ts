import type { Candidate, Strategy } from '../model/strategy.ts';

/**
 * The faster of two keys drawn at random, counting the requests each has under way. Two draws avoid the worst almost
 * as well as looking at all of them, without sending everyone to the same one. A key nobody has timed goes first.
 */
export const latency: Strategy = (candidates, _demand, random) => {
  const draw = () => candidates[Math.floor(random.next() * candidates.length)] as Candidate;
  const one = draw();
  const other = draw();
  return expected(one) <= expected(other) ? one : other;
};

function expected({ latencyMs, running }: Candidate): number {
  return (latencyMs ?? 0) * (running + 1);
}
