import type { Clock } from '../clock.ts';
import type { Bucket } from './bucket.ts';
import { supplyOf } from './gate.ts';
import type { LimitSet } from './limit-set.ts';
import type { MeteredGroup } from './metered-group.ts';
import { LEAST } from './need.ts';
import type {
  BucketView,
  ConcurrencyView,
  GroupView,
  KeyView,
  MeteredKeyView,
  ProviderView,
  StateView,
  WindowView,
} from './pool-view.ts';
import type { PooledKey } from './pooled-key.ts';
import type { PooledProvider } from './pooled-provider.ts';
import type { RateWindow } from './rate-window.ts';
import type { Standing } from './standing.ts';

/** Turns the pool's instants into dates as it goes. One serves one look: a group is described once in it. */
export class Describer {
  readonly #groups = new Map<MeteredGroup, GroupView>();
  readonly #now: number;
  readonly #toWall: number;

  constructor(clock: Clock) {
    this.#now = clock.now();
    this.#toWall = clock.wallNow() - clock.now();
  }

  /** At most `most` groups and keys, the first ones: a pool of thousands is not described whole each second. */
  provider(provider: PooledProvider, most: number): ProviderView {
    const groups = new Set(provider.order.map(({ group }) => group));
    const rosters = [...provider.rosters.values()];
    const capacity = [...groups].reduce((sum, group) => sum + this.#capacity(group), 0);
    return {
      name: provider.name,
      enabled: provider.config.enabled,
      waiting: rosters.reduce((sum, { queue }) => sum + queue.waiting, 0),
      running: rosters.reduce((sum, { running }) => sum + running, 0),
      capacityNow: Number.isFinite(capacity) ? capacity : null,
      groups: [...groups].slice(0, most).map((group) => this.#group(group)),
      groupCount: groups.size,
      keys: provider.order.slice(0, most).map((key) => this.#key(key)),
      keyCount: provider.order.length,
      overloaded: rosters
        .filter(({ breaker }) => breaker.tripped)
        .map(({ modelClass, breaker }) => ({ modelClass, until: this.#date(breaker.until), reason: breaker.reason })),
    };
  }

  /** Smallest requests this group could take at once, in its busiest class; a rest of all its keys is not looked at. */
  #capacity(group: MeteredGroup): number {
    const buckets = [...group.buckets.values()];
    const atOnce = { until: this.#now, turnaroundMs: 0 };
    if (buckets.length === 0) return supplyOf([group.standing, ...group.overall.gates], LEAST, this.#now, atOnce);
    return Math.max(...buckets.map((bucket) => supplyOf(group.gates(bucket), LEAST, this.#now, atOnce)));
  }

  meteredKey(key: PooledKey): MeteredKeyView {
    return { key: this.#key(key), group: this.#group(key.group), state: this.stateOf(key) };
  }

  /** A key's own state, or that of the group it spends; one that rests for all its models rests. */
  stateOf(key: PooledKey): StateView {
    const own = this.#keyState(key);
    if (own.state !== 'ready') return own;
    const group = this.#standing(key.group.standing);
    if (group.state !== 'ready') return group;
    const buckets = [...key.group.buckets.values()].map((bucket) => this.#bucketState(bucket));
    if (buckets.length === 0 || buckets.some(({ state }) => state === 'ready')) return own;
    return buckets.reduce((first, state) => ((state.until ?? 0) < (first.until ?? 0) ? state : first));
  }

  #group(group: MeteredGroup): GroupView {
    let view = this.#groups.get(group);
    if (view === undefined) {
      view = this.#describeGroup(group);
      this.#groups.set(group, view);
    }
    return view;
  }

  #describeGroup(group: MeteredGroup): GroupView {
    const keys = [...group.members];
    return {
      ...this.#standing(group.standing),
      name: group.name,
      label: group.label,
      keys: keys.map(({ label }) => label),
      merged: [...group.absorbed],
      windows: group.overall.windows.map((window) => this.#window(window)),
      concurrency: concurrency(group.overall),
      buckets: [...group.buckets.values()].map((bucket) => this.#bucket(bucket)),
    };
  }

  #bucket(bucket: Bucket): BucketView {
    return {
      ...this.#bucketState(bucket),
      modelClass: bucket.modelClass,
      running: bucket.running,
      windows: bucket.limits.windows.map((window) => this.#window(window)),
      concurrency: concurrency(bucket.limits),
      slowStart: bucket.ramp === null ? null : Math.floor(bucket.ramp.window),
    };
  }

  #keyState(key: PooledKey): StateView {
    const state = this.#standing(key.standing);
    const disabled = key.overlay ?? (key.config.enabled ? null : 'disabled');
    return disabled === null ? state : { ...state, state: disabled };
  }

  #key(key: PooledKey): KeyView {
    return {
      ...this.#keyState(key),
      id: key.id,
      label: key.label,
      group: key.group.name,
      running: key.running,
      proven: key.probation.proven,
      lastSuccessAt: key.lastSuccessAt === null ? null : this.#date(key.lastSuccessAt),
      latencyMs: key.latencyMs,
      windows: key.overall.windows.map((window) => this.#window(window)),
      overlay: key.overlay,
    };
  }

  #bucketState({ standing, unavailable }: Bucket): StateView {
    const state = this.#standing(standing);
    const [first] = unavailable.entries(this.#now);
    if (state.state !== 'ready' || first === undefined) return state;
    const [model, { since, until, reason }] = first;
    return { state: 'unavailable', reason: `${model}: ${reason}`, since: this.#date(since), until: this.#date(until) };
  }

  #standing(standing: Standing): StateView {
    const { rest } = standing;
    const state = standing.kind(this.#now);
    if (rest === null || state === 'ready') return { state: 'ready', reason: null, since: null, until: null };
    return { state, reason: rest.reason, since: this.#date(standing.since), until: this.#date(rest.until) };
  }

  #window(window: RateWindow): WindowView {
    const now = this.#now;
    const left = Math.max(0, window.left(now));
    const opensAt = window.opensFor(1, now);
    return {
      name: window.name,
      dimension: window.dimension,
      periodMs: window.periodMs,
      limit: window.limit,
      left,
      source: window.source,
      algorithm: window.algorithm,
      nextRoomAt: opensAt > now && Number.isFinite(opensAt) ? this.#date(opensAt) : null,
      fullAt: this.#date(window.fullAt(now)),
      runsOutAt: window.runsOutAt(now) === null ? null : this.#date(window.runsOutAt(now) ?? now),
    };
  }

  #date(instant: number): number {
    return Math.round(instant + this.#toWall);
  }
}

function concurrency({ gauge }: LimitSet): ConcurrencyView | null {
  return gauge === null || !Number.isFinite(gauge.cap) ? null : { running: gauge.running, cap: gauge.cap };
}
