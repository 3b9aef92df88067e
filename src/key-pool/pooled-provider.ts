import type { Clock } from '../clock.ts';
import type { TypedLimit } from '../model/limit.ts';
import type { Provider } from '../model/provider.ts';
import type { UpstreamKey } from '../model/upstream-key.ts';
import type { Random } from '../random.ts';
import { Breaker } from './breaker.ts';
import { calendarPeriods } from './calendar.ts';
import { GroupDetection, survivor } from './group-detection.ts';
import { type LimitMaker, MeteredGroup } from './metered-group.ts';
import type { PoolEvent } from './pool-events.ts';
import { type Overlay, PooledKey } from './pooled-key.ts';
import { Ramp } from './ramp.ts';
import { RateWindow, type WindowShape } from './rate-window.ts';
import { RefusalTiming } from './refusal-timing.ts';
import { Roster } from './roster.ts';
import type { PoolSettings } from './settings.ts';
import { SharedFault } from './shared-fault.ts';
import { TokenEstimator } from './token-estimator.ts';
import { readTypedLimits, type TypedRules } from './typed-limits.ts';

export interface PoolTools {
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: PoolSettings;
  readonly tell: (event: PoolEvent) => void;
}

/** One configured vendor account: its keys, the groups that meter them, and a roster per model class. */
export class PooledProvider {
  /** As in the configuration; an operator may rename it. */
  name: string;
  readonly keys = new Map<string, PooledKey>();
  /** By the name in the configuration. */
  readonly groups = new Map<string, MeteredGroup>();
  readonly rosters = new Map<string, Roster>();
  readonly timing: RefusalTiming;
  readonly detection = new GroupDetection();
  readonly sharedFault: SharedFault;
  readonly #tools: PoolTools;
  readonly #maker: LimitMaker;
  /** Operating acts outlive a reload, and a key that is taken out and put back. */
  readonly #overlays = new Map<string, Overlay>();
  #config: Provider;
  /** By the id of the key. */
  #labels: ReadonlyMap<string, string> = new Map();
  #groupLimits: ReadonlyMap<string, readonly TypedLimit[]> = new Map();
  #choices = 0;
  /** How far the keys have come on their shares. */
  #progress = 0;
  #order: PooledKey[] = [];
  /** The last instant at which any key was accepted. */
  lastAcceptedAt = Number.NEGATIVE_INFINITY;

  constructor(config: Provider, tools: PoolTools) {
    this.name = config.name;
    this.#config = config;
    this.#tools = tools;
    this.timing = new RefusalTiming(tools.settings);
    this.sharedFault = new SharedFault(tools.settings);
    this.#maker = {
      timing: this.timing,
      open: ({ limit, ...shape }) => new RateWindow(this.shape(shape), 'typed', limit, tools.clock.now()),
      ramp: () => (this.#config.traits.concurrencyOnly ? null : new Ramp(this.timing, tools.settings.initialWindow)),
    };
    this.configure(config);
  }

  get config(): Provider {
    return this.#config;
  }

  /** In the order of the configuration. */
  get order(): readonly PooledKey[] {
    return this.#order;
  }

  /** Identity of a key is its id, of a group its name: what was learned of them is kept. */
  configure(config: Provider): void {
    const sameTraits = this.#config.traits === config.traits;
    this.#config = config;
    this.#labels = new Map(config.keys.map(({ id, label }) => [id, label]));
    const limitsBefore = this.#groupLimits;
    this.#groupLimits = new Map(config.groups.map(({ name, limits }) => [name, limits]));
    const now = this.#tools.clock.now();
    for (const key of this.keys.values()) if (!this.#labels.has(key.id)) this.#remove(key);
    const groupNames = new Set([...config.groups.map(({ name }) => name), ...config.keys.map(({ group }) => group)]);
    for (const name of groupNames) {
      const group = this.groups.get(name);
      if (group === undefined) this.groups.set(name, this.#freshGroup(name));
      else if (!sameTraits || limitsBefore.get(name) !== this.#groupLimits.get(name))
        group.applyRules(this.#groupRules(name), now);
    }
    for (const group of this.groups.values()) group.ownerLabel = this.#labels.get(group.name) ?? null;
    for (const name of this.groups.keys()) if (!groupNames.has(name)) this.groups.delete(name);
    this.#order = config.keys.map((key) => {
      const known = this.keys.get(key.id);
      // One edit among twenty thousand keys leaves the others as they are.
      return sameTraits && known?.config === key ? known : this.#place(key, now);
    });
    for (const roster of this.rosters.values()) roster.seat(this.#order);
  }

  /** Takes every key out; leases under way settle into them. */
  retire(): void {
    for (const key of this.keys.values()) this.#remove(key);
    this.#order = [];
    for (const roster of this.rosters.values()) roster.seat([]);
  }

  /** Beyond the greatest number of model classes, models nobody uses give way, and failing that, share one class. */
  roster(model: string): Roster {
    const modelClass = this.classOf(model);
    const roster = this.rosters.get(modelClass);
    if (roster !== undefined) return roster;
    if (this.rosters.size < this.#tools.settings.maxModelClasses || this.#dropIdleRoster())
      return this.#openRoster(modelClass);
    return this.rosters.get(OTHER_MODELS) ?? this.#openRoster(OTHER_MODELS);
  }

  classOf(model: string): string {
    return this.#config.traits.modelClass(model);
  }

  /** A key was chosen: the number of the choice, and how far it moves the key on its share. */
  choose(key: PooledKey, now: number): void {
    // A key that comes new or back from a rest starts where the others are: nobody is owed what it missed.
    const start = Math.max(key.progress, this.#progress);
    this.#progress = start;
    key.chosen(now, { number: ++this.#choices, progress: start + strideOf(key.config) });
  }

  setOverlay(keyId: string, overlay: Overlay): boolean {
    const key = this.keys.get(keyId);
    if (key === undefined) return false;
    if (overlay === null) this.#overlays.delete(keyId);
    else this.#overlays.set(keyId, overlay);
    key.overlay = overlay;
    key.group.changed();
    return true;
  }

  /** Something happened to all groups. */
  reopen(): void {
    const metered = new Set(this.#order.map(({ group }) => group));
    for (const group of metered) group.reopen();
  }

  shape(window: Pick<WindowShape, 'dimension' | 'periodMs' | 'algorithm'>): WindowShape {
    const { settings, clock } = this.#tools;
    const { traits } = this.#config;
    const algorithm = window.algorithm ?? traits.algorithm;
    const spreadMs = Math.min(window.periodMs * settings.arrivalSpread, settings.arrivalSpreadMaxMs);
    const dated = algorithm === 'calendar' && window.periodMs >= DAY_MS;
    return { ...window, algorithm, spreadMs, calendar: dated ? calendarPeriods(clock, window.periodMs, 'UTC') : null };
  }

  #place(config: UpstreamKey, now: number): PooledKey {
    const rules = this.#rules(`key ${config.label}`, config.limits);
    const group = this.groups.get(config.group) as MeteredGroup;
    let key = this.keys.get(config.id);
    if (key === undefined) {
      key = new PooledKey(config, group, { rules, maker: this.#maker });
      key.overlay = this.#overlays.get(config.id) ?? null;
      // Half a stride ahead, so that choices of heavy and light keys interleave instead of coming in runs.
      key.progress = this.#progress + strideOf(config) / 2;
      this.keys.set(config.id, key);
      group.admit(key);
      return key;
    }
    if (key.config.group !== config.group) this.move(key, group);
    key.config = config;
    key.applyRules(rules, now);
    key.group.admit(key);
    return key;
  }

  /** Two keys are metered together: all keys of both groups are one group from now on. */
  merge(one: PooledKey, other: PooledKey): MeteredGroup {
    const stays = survivor(one.group, other.group);
    const goes = stays === one.group ? other.group : one.group;
    const now = this.#tools.clock.now();
    stays.absorb(goes, now);
    for (const key of this.keys.values()) if (key.group === goes) this.move(key, stays);
    // Should the merge be undone, the group begins anew.
    if (this.groups.get(goes.name) === goes) this.groups.set(goes.name, this.#freshGroup(goes.name));
    this.detection.merged(one);
    return stays;
  }

  /** The key is metered by its configured group again. */
  part(key: PooledKey): void {
    const { group } = key;
    const isOwn = group.name === key.config.group;
    // From the group that kept its name the others leave; what belongs together will be found again.
    for (const one of this.order)
      if (one.group === group && (isOwn ? one.config.group !== group.name : one === key)) this.#goHome(one);
  }

  #goHome(key: PooledKey): void {
    const own = this.groups.get(key.config.group);
    if (own === undefined) return;
    key.group.absorbed.delete(own.name);
    this.move(key, own);
  }

  #freshGroup(name: string): MeteredGroup {
    const group = new MeteredGroup(name, this.#groupRules(name), this.#maker);
    group.ownerLabel = this.#labels.get(name) ?? null;
    return group;
  }

  #groupRules(name: string): TypedRules {
    return this.#rules(`group ${name}`, this.#groupLimits.get(name) ?? []);
  }

  /** The key is metered with another group from now on. */
  move(key: PooledKey, group: MeteredGroup): void {
    key.group.dismiss(key);
    key.group = group;
    group.admit(key);
    this.detection.moved();
  }

  #remove(key: PooledKey): void {
    key.removed = true;
    this.detection.forget(key);
    key.group.dismiss(key);
    this.keys.delete(key.id);
  }

  #rules(owner: string, limits: readonly TypedLimit[]): TypedRules {
    const warn = (text: string) =>
      this.#tools.tell({ kind: 'warning', provider: this.name, text: `${owner}: ${text}` });
    return readTypedLimits(limits, (model) => this.classOf(model), warn);
  }

  #openRoster(modelClass: string): Roster {
    const { settings, random, clock } = this.#tools;
    const roster = new Roster(modelClass, {
      breaker: new Breaker(settings, this.timing, random),
      estimator: new TokenEstimator(this.#config.traits.chargesMaxTokens),
      now: () => clock.now(),
    });
    this.rosters.set(modelClass, roster);
    roster.seat(this.#order);
    return roster;
  }

  /** A class with leases, waiters or anything left to remember is never dropped. */
  #dropIdleRoster(): boolean {
    const now = this.#tools.clock.now();
    let idle: Roster | null = null;
    for (const roster of this.rosters.values()) {
      if (roster.running > 0 || roster.queue.waiting > 0 || roster.queue.bookings > 0 || roster.breaker.tripped)
        continue;
      if (idle !== null && roster.lastUsedAt >= idle.lastUsedAt) continue;
      if (roster.seats.every(({ bucket }) => bucket.isIdle(now))) idle = roster;
    }
    if (idle === null) return false;
    this.rosters.delete(idle.modelClass);
    for (const key of this.#order) {
      key.group.buckets.delete(idle.modelClass);
      key.forget(idle.modelClass);
    }
    return true;
  }
}

function strideOf({ weight }: UpstreamKey): number {
  return 1 / (weight > 0 ? weight : LEAST_WEIGHT);
}

const OTHER_MODELS = '(other models)';
const DAY_MS = 86_400_000;
/** A weight of nothing would mean never; the operator has `enabled` for that. */
const LEAST_WEIGHT = 1e-3;
