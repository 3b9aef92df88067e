import type { Strategy } from '../model/strategy.ts';
import { first } from './first-candidate.ts';

/**
 * Shares in proportion to the weights, evenly interleaved: the key that is least far on its way. A key of weight 5
 * moves a fifth as far with each choice as one of weight 1, so it is chosen five times as often.
 */
export const weighted: Strategy = (candidates) =>
  first(candidates, (one, other) =>
    one.progress === other.progress ? one.order < other.order : one.progress < other.progress,
  );
