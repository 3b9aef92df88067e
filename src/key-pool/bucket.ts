import type { Gate } from './gate.ts';
import type { LimitSet } from './limit-set.ts';
import type { Ramp } from './ramp.ts';
import { Standing } from './standing.ts';
import { Traffic } from './traffic.ts';

/**
 * What one quota group may spend on one model class: its limits, and whether it rests. A bucket about whose rate
 * nothing is known starts slowly.
 */
export class Bucket {
  readonly modelClass: string;
  readonly limits: LimitSet;
  readonly standing = new Standing();
  readonly traffic = new Traffic();
  /** Null once the rate is known. */
  ramp: Ramp | null = null;
  /** The largest request that its limit can ever admit, where a refusal named one. */
  ceilingTokens: number | null = null;
  /** Leases under way. */
  running = 0;
  lastUsedAt = Number.NEGATIVE_INFINITY;

  constructor(modelClass: string, limits: LimitSet) {
    this.modelClass = modelClass;
    this.limits = limits;
  }

  /** Whether forgetting it would lose nothing. */
  isIdle(now: number): boolean {
    if (this.running > 0 || this.standing.rest !== null) return false;
    return this.limits.windows.every((window) => !window.learned && window.left(now) >= window.limit);
  }

  gates(): Gate[] {
    return [this.standing, ...(this.ramp === null ? [] : [this.ramp]), ...this.limits.gates];
  }
}
