import type { Demand } from '../model/demand.ts';
import type { LimitReading } from '../model/limit.ts';
import type { Outcome } from '../model/outcome.ts';
import type { UpstreamKey } from '../model/upstream-key.ts';
import type { Bucket } from './bucket.ts';
import type { Ending, Gate, Passage } from './gate.ts';
import type { Decision, Lease } from './lease.ts';
import type { Need } from './need.ts';
import type { PooledProvider } from './pooled-provider.ts';
import type { RateWindow } from './rate-window.ts';
import type { Roster } from './roster.ts';
import { isLargerKnown } from './scope.ts';
import type { Seat } from './seat.ts';
import type { TrafficMark } from './traffic.ts';

/** What a lease reports to. */
export interface LeaseKeeper {
  left(lease: GrantedLease): void;
  observed(lease: GrantedLease, readings: readonly LimitReading[], organisation: string | null): void;
  accepted(lease: GrantedLease): void;
  settled(lease: GrantedLease, outcome: Outcome): void;
}

export interface Grant {
  readonly provider: PooledProvider;
  readonly roster: Roster;
  readonly seat: Seat;
  readonly need: Need;
  readonly demand: Demand;
  readonly enteredAt: number;
  readonly waitedMs: number;
  readonly lastResort: boolean;
  readonly decision: Decision;
}

/** One passage through the gates, from the choice of a key to the outcome of the attempt. */
export class GrantedLease implements Lease, Passage {
  readonly kind = 'lease';
  readonly key: UpstreamKey;
  readonly group: string;
  readonly groupLabel: string;
  readonly modelClass: string;
  readonly waitedMs: number;
  readonly lastResort: boolean;
  readonly decision: Decision;
  readonly need: Need;
  readonly demand: Demand;
  readonly enteredAt: number;
  readonly seat: Seat;
  /** That of the group it was given in; the group may have been found to be another since. */
  readonly bucket: Bucket;
  readonly provider: PooledProvider;
  readonly roster: Roster;
  /** Those it entered by, whatever became of the seat's since. */
  readonly gates: readonly Gate[];
  readonly #keeper: LeaseKeeper;
  sentAt: number | null = null;
  /** What the bucket had counted when this request left. */
  mark: TrafficMark | null = null;
  /** Windows whose books an announcement about this very request has put right. */
  reconciled: Set<RateWindow> | null = null;
  /** An answer came, so the provider has counted it or never will. */
  counted = false;
  #settled = false;
  #passed = false;

  constructor(grant: Grant, keeper: LeaseKeeper) {
    this.key = grant.seat.key.config;
    this.group = grant.seat.key.group.name;
    this.groupLabel = grant.seat.key.group.label;
    this.modelClass = grant.roster.modelClass;
    this.provider = grant.provider;
    this.roster = grant.roster;
    this.waitedMs = grant.waitedMs;
    this.lastResort = grant.lastResort;
    this.decision = grant.decision;
    this.need = grant.need;
    this.demand = grant.demand;
    this.enteredAt = grant.enteredAt;
    this.seat = grant.seat;
    this.bucket = grant.seat.bucket;
    this.gates = grant.seat.gates;
    this.#keeper = keeper;
  }

  /** The provider's limits let it through. */
  get isPassed(): boolean {
    return this.#passed;
  }

  sent(): void {
    if (this.#settled || this.sentAt !== null) return;
    this.#keeper.left(this);
  }

  fitsElsewhere(ceiling: number | null): boolean {
    return isLargerKnown(this.roster, this.demand, { than: this.seat, ceiling });
  }

  observe(readings: readonly LimitReading[], organisation: string | null): void {
    if (this.#settled) return;
    this.sent();
    this.#keeper.observed(this, readings, organisation);
  }

  accepted(): void {
    if (this.#settled || this.#passed) return;
    this.sent();
    this.#keeper.accepted(this);
  }

  settle(outcome: Outcome): void {
    if (this.#settled) throw new Error(`lease of key "${this.key.label}" settled twice (now as ${outcome.kind})`);
    this.#settled = true;
    this.#keeper.settled(this, outcome);
  }

  enter(now: number): void {
    for (const gate of this.gates) gate.enter(this, now);
  }

  /** Tells the gates, and tells them once: by the head of a success, or else by its end. */
  pass(now: number): void {
    if (this.#passed) return;
    this.#passed = true;
    for (const gate of this.gates) gate.accepted?.(this, now);
  }

  leave(ending: Ending, now: number): void {
    if (ending.verdict === 'accepted') this.pass(now);
    for (const gate of this.gates) gate.leave(this, ending, now);
  }
}
