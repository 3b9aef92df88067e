import { AlgorithmEvidence } from './algorithm-evidence.ts';
import type { Gate } from './gate.ts';
import { Growth } from './growth.ts';
import type { LimitSet } from './limit-set.ts';
import type { Ramp } from './ramp.ts';
import type { RateWindow } from './rate-window.ts';
import type { RefusalTiming } from './refusal-timing.ts';
import { RequestCeiling } from './request-ceiling.ts';
import { SendRecord } from './send-record.ts';
import { Standing } from './standing.ts';
import { Traffic } from './traffic.ts';
import { UnavailableModels } from './unavailable-models.ts';

/** One kind of announcement: what it was found to mean. */
export interface Announced {
  readonly evidence: AlgorithmEvidence;
  window: RateWindow | null;
}

/**
 * What one quota group may spend on one model class: its limits, and whether it rests. A bucket about whose rate
 * nothing is known starts slowly.
 */
export class Bucket {
  readonly modelClass: string;
  readonly limits: LimitSet;
  readonly standing: Standing;
  readonly traffic = new Traffic();
  readonly record = new SendRecord();
  readonly growth = new Growth();
  readonly unavailable = new UnavailableModels();
  /** Null once the rate is known. */
  ramp: Ramp | null = null;
  readonly ceiling = new RequestCeiling();
  /** The last refusal was bare: the next acceptance tells what period it was about. */
  awaitsAcceptance = false;
  /** Leases under way. */
  running = 0;
  lastUsedAt = Number.NEGATIVE_INFINITY;

  /** By header. Null where nothing was announced, as in most buckets of a large pool. */
  #announced: Map<string, Announced> | null = null;

  constructor(modelClass: string, limits: LimitSet, timing: RefusalTiming) {
    this.standing = new Standing(timing);
    this.modelClass = modelClass;
    this.limits = limits;
  }

  /** What a header is known to mean here; headers beyond a few are made up and share one entry. */
  announced(header: string, periodMs: number | null): Announced {
    const known = this.#announced?.get(header);
    if (known !== undefined) return known;
    this.#announced ??= new Map();
    const name = this.#announced.size < MOST_HEADERS ? header : '';
    const announced = this.#announced.get(name) ?? { evidence: new AlgorithmEvidence(periodMs), window: null };
    this.#announced.set(name, announced);
    return announced;
  }

  /** Whether forgetting it would lose nothing. */
  isIdle(now: number): boolean {
    if (this.running > 0 || this.standing.rest !== null || this.unavailable.entries(now).length > 0) return false;
    return this.limits.windows.every((window) => !window.learned && window.left(now) >= window.limit);
  }

  /** The lower remainder stands, less what the other has under way: neither window knows of the other's. */
  absorb(other: Bucket, now: number): void {
    for (const window of this.limits.windows) {
      const twin = other.limits.window(window.dimension, window.periodMs);
      if (twin === undefined) continue;
      const ownUnseen = this.traffic.uncounted(window.dimension);
      const unseen = other.traffic.uncounted(window.dimension);
      const left = Math.min(window.left(now) - unseen, twin.left(now) - ownUnseen);
      if (left < window.left(now)) window.setLeft(left, now);
    }
    this.limits.absorb(other.limits, now);
    this.ceiling.absorb(other.ceiling);
    const { rest } = other.standing;
    if (rest !== null) this.standing.set(rest, now);
  }

  gates(): Gate[] {
    return [this.standing, ...(this.ramp === null ? [] : [this.ramp]), ...this.limits.gates];
  }
}

const MOST_HEADERS = 16;
