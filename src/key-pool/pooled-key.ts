import type { UpstreamKey } from '../model/upstream-key.ts';
import { hashText } from './affinity.ts';
import type { Gate } from './gate.ts';
import { LimitSet } from './limit-set.ts';
import type { LimitMaker, MeteredGroup } from './metered-group.ts';
import { Probation } from './probation.ts';
import type { RateWindow } from './rate-window.ts';
import { Standing } from './standing.ts';
import type { TypedRules } from './typed-limits.ts';

/** What an operator did with a key, besides what the configuration says. */
export type Overlay = 'disabled' | 'draining' | null;

/** One upstream key: its configuration, its health, and the limits that bind it besides those of its group. */
export class PooledKey {
  readonly id: string;
  /** Of the id, for affinity. */
  readonly hash: number;
  readonly standing: Standing;
  readonly probation: Probation;
  readonly #maker: LimitMaker;
  readonly overall: LimitSet;
  readonly #perClass = new Map<string, LimitSet>();
  #rules: TypedRules;
  config: UpstreamKey;
  /** What the provider was found to meter it with; by default the group of the configuration. */
  group: MeteredGroup;
  overlay: Overlay = null;
  removed = false;
  running = 0;
  lastChoice = 0;
  progress = 0;
  latencyMs: number | null = null;
  lastSuccessAt: number | null = null;
  #use = 0;
  #useAt = 0;

  constructor(config: UpstreamKey, group: MeteredGroup, parts: { rules: TypedRules; maker: LimitMaker }) {
    this.id = config.id;
    this.hash = hashText(config.id);
    this.config = config;
    this.group = group;
    this.#rules = parts.rules;
    this.#maker = parts.maker;
    this.standing = new Standing(parts.maker.timing);
    this.probation = new Probation(parts.maker.timing);
    this.overall = new LimitSet(parts.rules.overall.map(parts.maker.open), parts.rules.overallConcurrency);
  }

  get label(): string {
    return this.config.label;
  }

  get usable(): boolean {
    return this.config.enabled && this.overlay === null && !this.removed;
  }

  /** The gates that this key brings for a model class, its group's not included. */
  gates(modelClass: string): Gate[] {
    return [this.standing, this.probation, ...this.overall.gates, ...this.#own(modelClass).gates];
  }

  windows(modelClass: string): readonly RateWindow[] {
    return [...this.overall.windows, ...this.#own(modelClass).windows];
  }

  applyRules(rules: TypedRules, now: number): void {
    this.#rules = rules;
    const { open } = this.#maker;
    this.overall.retype(rules.overall, rules.overallConcurrency, { open, now });
    for (const [modelClass, limits] of this.#perClass) {
      limits.retype(rules.windowsOf(modelClass), rules.concurrencyOf(modelClass), { open, now });
    }
  }

  /** Forgets a model class nobody uses. */
  forget(modelClass: string): void {
    this.#perClass.delete(modelClass);
  }

  /** Halves every minute. */
  recentUse(now: number): number {
    return this.#use * 2 ** ((this.#useAt - now) / USE_HALF_LIFE_MS);
  }

  chosen(now: number, choice: { readonly number: number; readonly progress: number }): void {
    this.#use = this.recentUse(now) + 1;
    this.#useAt = now;
    this.lastChoice = choice.number;
    this.progress = choice.progress;
    this.running++;
  }

  timed(latencyMs: number): void {
    this.latencyMs = this.latencyMs === null ? latencyMs : this.latencyMs + (latencyMs - this.latencyMs) / 8;
  }

  #own(modelClass: string): LimitSet {
    let own = this.#perClass.get(modelClass);
    if (own === undefined) {
      own = new LimitSet(
        this.#rules.windowsOf(modelClass).map(this.#maker.open),
        this.#rules.concurrencyOf(modelClass),
      );
      this.#perClass.set(modelClass, own);
    }
    return own;
  }
}

const USE_HALF_LIFE_MS = 60_000;
