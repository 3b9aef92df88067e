import type { Random } from '../random.ts';
import type { Demand } from './demand.ts';

/** A key that can take the demand now, as a strategy sees it. */
export interface Candidate {
  readonly label: string;
  readonly group: string;
  /** Place in the configuration: 0 is the first. */
  readonly order: number;
  readonly weight: number;
  /** Requests under way. */
  readonly running: number;
  /** Grows with every choice of this key, and fades with the minutes. */
  readonly recentUse: number;
  /** Of all choices of the provider, the number of the last one that fell on this key; 0 for never. */
  readonly lastChoice: number;
  /** How far this key has come on its share: each choice moves it on by 1 / weight. */
  readonly progress: number;
  /** Smoothed time to the first byte; null while unknown. */
  readonly latencyMs: number | null;
  /** The share of its tightest window that is left, from 0 to 1; 1 where nothing is limited. */
  headroom(): number;
}

/** Picks one of the candidates, of which there is at least one. Keeps no state and sees no clock. */
export type Strategy = (candidates: readonly Candidate[], demand: Demand, random: Random) => Candidate;
