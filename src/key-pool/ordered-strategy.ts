import type { Strategy } from '../model/strategy.ts';
import { first } from './first-candidate.ts';

/** The first key of the configuration until it is full, then the second, and so on. */
export const ordered: Strategy = (candidates) => first(candidates, (one, other) => one.order < other.order);
