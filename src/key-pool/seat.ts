import type { Candidate } from '../model/strategy.ts';
import type { Bucket } from './bucket.ts';
import { allOpenAt, bindingGate, type Gate, type Horizon, NEVER, supplyOf } from './gate.ts';
import type { MeteredGroup, Shut } from './metered-group.ts';
import { LEAST, type Need } from './need.ts';
import type { PooledKey } from './pooled-key.ts';
import type { RateWindow } from './rate-window.ts';
import { durationText } from './wording.ts';

/** What a seat needs to know of the roster it sits in. */
export interface SeatHolder {
  readonly modelClass: string;
  readonly breaker: Gate;
  now(): number;
  reopen(seat: Seat): void;
}

/** One key as it serves one model class: all the gates on its way, its own, its group's, its bucket's, its provider's. */
export class Seat implements Candidate, Shut {
  readonly key: PooledKey;
  readonly #holder: SeatHolder;
  #bucket: Bucket;
  #group: MeteredGroup;
  #version = -1;
  #gates: readonly Gate[] = [];
  #windows: readonly RateWindow[] = [];
  /** Place in the roster and in the configuration. */
  order: number;
  #shutUntil: number | null = null;
  #shutBy: Gate | null = null;

  constructor(key: PooledKey, order: number, holder: SeatHolder) {
    this.key = key;
    this.order = order;
    this.#holder = holder;
    this.#group = key.group;
    this.#bucket = key.group.bucket(holder.modelClass);
  }

  /** While it is out of the open set: when to look again. Null while it is in. */
  get shutUntil(): number | null {
    return this.#shutUntil;
  }

  set shutUntil(until: number | null) {
    this.#shutUntil = until;
    this.#shutBy = null;
  }

  get bucket(): Bucket {
    this.#refresh();
    return this.#bucket;
  }

  get gates(): readonly Gate[] {
    this.#refresh();
    return this.#gates;
  }

  opensAt(need: Need, now: number): number {
    return this.key.usable ? allOpenAt(this.gates, need, now) : NEVER;
  }

  /** When the smallest request could pass; a larger one may have to wait longer. */
  opensAtAll(now: number): number {
    return this.opensAt(LEAST, now);
  }

  supply(need: Need, now: number, horizon: Horizon): number {
    return this.key.usable ? supplyOf(this.gates, need, now, horizon) : 0;
  }

  /** What keeps it closed, in words: "tokens/min full for 4.1 s (40,000 of 40,000)". */
  obstacle(need: Need, now: number): string {
    if (!this.key.usable) return 'disabled';
    const gate = this.#shutUntil === null ? bindingGate(this.gates, need, now) : this.#keptOutBy(need, now);
    if (gate === null) return 'ready';
    const opens = gate.opensAt(need, now);
    return gate.describe(now, opens < NEVER ? ` for ${durationText(opens - now)}` : '');
  }

  /** Of a seat that is out, it is found once what keeps it out. */
  #keptOutBy(need: Need, now: number): Gate | null {
    this.#shutBy ??= bindingGate(this.gates, need, now);
    return this.#shutBy;
  }

  reopen(): void {
    this.#holder.reopen(this);
  }

  get label(): string {
    return this.key.label;
  }

  get group(): string {
    return this.key.group.name;
  }

  /** As people are shown it. */
  get groupLabel(): string {
    return this.key.group.label;
  }

  get weight(): number {
    return this.key.config.weight;
  }

  get running(): number {
    return this.key.running;
  }

  get recentUse(): number {
    return this.key.recentUse(this.#holder.now());
  }

  get lastChoice(): number {
    return this.key.lastChoice;
  }

  get progress(): number {
    return this.key.progress;
  }

  get latencyMs(): number | null {
    return this.key.latencyMs;
  }

  /** Every rate window on the way. */
  windows(): readonly RateWindow[] {
    this.#refresh();
    return this.#windows;
  }

  /** The largest request that can ever pass, in tokens; null when nobody knows. */
  get ceiling(): number | null {
    let least = this.bucket.ceiling.named ?? Number.POSITIVE_INFINITY;
    for (const { dimension, limit } of this.windows()) if (dimension === 'tokens') least = Math.min(least, limit);
    return Number.isFinite(least) ? least : null;
  }

  headroom(): number {
    const now = this.#holder.now();
    let least = 1;
    for (const window of this.windows()) {
      if (window.limit > 0) least = Math.min(least, window.left(now) / window.limit);
    }
    return Math.max(0, least);
  }

  #refresh(): void {
    const { group } = this.key;
    if (group === this.#group && group.version === this.#version) return;
    const { modelClass, breaker } = this.#holder;
    this.#group = group;
    this.#bucket = group.bucket(modelClass);
    this.#version = group.version;
    this.#gates = [...this.key.gates(modelClass), ...group.gates(this.#bucket), breaker];
    this.#windows = [...this.key.windows(modelClass), ...group.overall.windows, ...this.#bucket.limits.windows];
  }
}
