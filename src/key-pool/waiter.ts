import type { Demand } from '../model/demand.ts';
import type { Place } from './fair-queue.ts';
import type { Lease, Refusal } from './lease.ts';
import type { Need } from './need.ts';

/** A demand on its way to a lease. */
export interface Waiter extends Place {
  readonly demand: Demand;
  readonly need: Need;
  readonly since: number;
  /** Demands of equal scope can be served by the same keys. */
  readonly scope: string;
  readonly answer: (answer: Lease | Refusal) => void;
  /** Takes the abort listener away. */
  release: () => void;
  answered: boolean;
}
