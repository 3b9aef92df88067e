import { Bucket } from './bucket.ts';
import type { Gate } from './gate.ts';
import { LimitSet, type OpenWindow } from './limit-set.ts';
import type { Ramp } from './ramp.ts';
import type { RateWindow } from './rate-window.ts';
import type { RefusalTiming } from './refusal-timing.ts';
import { Standing } from './standing.ts';
import type { TypedRules } from './typed-limits.ts';

/** Something that was found full and waits to be looked at again. */
export interface Shut {
  reopen(): void;
}

export interface GroupMember {
  readonly id: string;
  readonly label: string;
  /** The member's own windows for a model class. */
  windows(modelClass: string): readonly RateWindow[];
}

/** How limits are opened; the provider knows algorithms, spread and timing. */
export interface LimitMaker {
  readonly open: OpenWindow;
  readonly timing: RefusalTiming;
  /** Null where nothing but concurrency is limited. */
  ramp(): Ramp | null;
}

/** What the provider meters, whoever's key it is: an organisation, a project, an account. */
export class MeteredGroup {
  readonly name: string;
  readonly standing: Standing;
  /** Limits over all models. */
  readonly overall: LimitSet;
  readonly buckets = new Map<string, Bucket>();
  readonly members = new Set<GroupMember>();
  /** Keys of this group that are out of their rosters until something happens to it. */
  readonly shut = new Set<Shut>();
  readonly #maker: LimitMaker;
  #rules: TypedRules;
  /** The label of the key whose own it is, by whose id it is called; null where an operator named it. */
  ownerLabel: string | null = null;
  /** Names of groups that were found to be this one. */
  readonly absorbed = new Set<string>();
  /** Grows whenever a gate of the group, of one of its buckets or of one of its keys is added or removed. */
  version = 0;

  constructor(name: string, rules: TypedRules, maker: LimitMaker) {
    this.name = name;
    this.standing = new Standing(maker.timing);
    this.#rules = rules;
    this.#maker = maker;
    this.overall = new LimitSet(rules.overall.map(maker.open), rules.overallConcurrency);
  }

  /** For people; `name` is for machines. */
  get label(): string {
    return this.ownerLabel ?? this.name;
  }

  bucket(modelClass: string): Bucket {
    let bucket = this.buckets.get(modelClass);
    if (bucket === undefined) {
      const windows = this.#rules.windowsOf(modelClass).map(this.#maker.open);
      bucket = new Bucket(modelClass, new LimitSet(windows, this.#rules.concurrencyOf(modelClass)), this.#maker.timing);
      this.buckets.set(modelClass, bucket);
      this.reviewPace(bucket);
    }
    return bucket;
  }

  /** The gates that every key of this group passes. */
  gates(bucket: Bucket): Gate[] {
    return [this.standing, ...this.overall.gates, ...bucket.gates()];
  }

  /**
   * A bucket of unknown pace starts slowly. A limit per day says nothing of how fast requests may follow each other;
   * one per hour or less does.
   */
  reviewPace(bucket: Bucket): void {
    const members = [...this.members];
    const known =
      [...this.overall.windows, ...bucket.limits.windows].some(setsPace) ||
      (members.length > 0 && members.every((member) => member.windows(bucket.modelClass).some(setsPace)));
    if (known === (bucket.ramp === null)) return;
    bucket.ramp = known ? null : this.#maker.ramp();
    this.changed();
  }

  /** Gates were added or removed. */
  changed(): void {
    this.version++;
    this.reopen();
  }

  /** Something happened that may have made room. */
  reopen(): void {
    if (this.shut.size === 0) return;
    const shut = [...this.shut];
    this.shut.clear();
    for (const one of shut) one.reopen();
  }

  /** Whether a pace is known depends on the limits of the members as well. */
  admit(member: GroupMember): void {
    this.members.add(member);
    for (const bucket of this.buckets.values()) this.reviewPace(bucket);
    this.changed();
  }

  dismiss(member: GroupMember): void {
    this.members.delete(member);
    this.changed();
  }

  /** Another group turned out to be this one: its windows and what they count move here, with the lower remainder. */
  absorb(other: MeteredGroup, now: number): void {
    this.absorbed.add(other.name);
    for (const name of other.absorbed) this.absorbed.add(name);
    this.overall.absorb(other.overall, now);
    for (const bucket of other.buckets.values()) this.bucket(bucket.modelClass).absorb(bucket, now);
    other.buckets.clear();
    for (const bucket of this.buckets.values()) this.reviewPace(bucket);
    this.changed();
    other.changed();
  }

  applyRules(rules: TypedRules, now: number): void {
    this.#rules = rules;
    const { open } = this.#maker;
    this.overall.retype(rules.overall, rules.overallConcurrency, { open, now });
    for (const { modelClass, limits } of this.buckets.values()) {
      limits.retype(rules.windowsOf(modelClass), rules.concurrencyOf(modelClass), { open, now });
    }
    for (const bucket of this.buckets.values()) this.reviewPace(bucket);
    this.changed();
  }
}

function setsPace({ dimension, periodMs }: RateWindow): boolean {
  return periodMs <= LONGEST_PACE_MS && dimension === 'requests';
}

const LONGEST_PACE_MS = 3_600_000;
