import type { Clock } from '../clock.ts';
import type { Bucket } from './bucket.ts';
import type { LimitSet } from './limit-set.ts';
import type {
  BucketMemory,
  GroupMemory,
  KeyMemory,
  PoolMemory,
  ProviderMemory,
  RestMemory,
  WindowMemory,
} from './pool-memory.ts';
import type { PooledProvider } from './pooled-provider.ts';
import { RateWindow } from './rate-window.ts';
import type { Standing } from './standing.ts';

/** Turns the pool's instants, which end with the process, into dates, and back. */
interface Dates {
  readonly now: number;
  readonly wallNow: number;
}

export function rememberPool(providers: Iterable<PooledProvider>, clock: Clock): PoolMemory {
  const dates = { now: clock.now(), wallNow: clock.wallNow() };
  const named = [...providers].map((provider) => [provider.name, rememberProvider(provider, dates)]);
  return { version: 1, at: dates.wallNow, providers: Object.fromEntries(named) };
}

function rememberProvider(provider: PooledProvider, dates: Dates): ProviderMemory {
  const groups = new Set(provider.order.map(({ group }) => group));
  const rosters = [...provider.rosters.values()];
  return {
    refusalTimeMs: provider.timing.known ? provider.timing.usualMs : null,
    groups: Object.fromEntries(
      [...groups].map((group): [string, GroupMemory] => [
        group.name,
        {
          rest: rememberRest(group.standing, dates),
          members: [...group.members].map(({ id }) => id),
          windows: rememberWindows(group.overall, dates),
          buckets: Object.fromEntries(
            [...group.buckets.values()].map((bucket): [string, BucketMemory] => [
              bucket.modelClass,
              rememberBucket(bucket, dates),
            ]),
          ),
        },
      ]),
    ),
    keys: Object.fromEntries(
      provider.order.map((key): [string, KeyMemory] => [
        key.id,
        {
          rest: rememberRest(key.standing, dates),
          proven: key.probation.proven,
          lastSuccessAt: key.lastSuccessAt === null ? null : toDate(key.lastSuccessAt, dates),
          windows: rememberWindows(key.overall, dates),
        },
      ]),
    ),
    tokens: Object.fromEntries(
      rosters.flatMap(({ modelClass, estimator }) => {
        const figures = estimator.toJSON();
        return figures === null ? [] : [[modelClass, figures]];
      }),
    ),
  };
}

function rememberBucket({ standing, unavailable, limits }: Bucket, dates: Dates): BucketMemory {
  return {
    rest: rememberRest(standing, dates),
    unavailable: Object.fromEntries(
      unavailable
        .entries(dates.now)
        .map(([model, { until, reason }]) => [model, { until: toDate(until, dates), reason }]),
    ),
    windows: rememberWindows(limits, dates),
  };
}

function rememberRest({ rest }: Standing, dates: Dates): RestMemory | null {
  if (rest === null) return null;
  const { kind, until, reason, probe, undated = false } = rest;
  return { kind, until: toDate(until, dates), reason, probe, undated };
}

function rememberWindows(limits: LimitSet, dates: Dates): WindowMemory[] {
  return limits.windows.map((window) => ({
    dimension: window.dimension,
    periodMs: window.periodMs,
    algorithm: window.algorithm,
    algorithmKnown: window.algorithmKnown,
    figures: window.learnedFigures(),
    charges: window.charges(dates.now).map(({ at, cost }) => [Math.round(dates.now - at), cost] as const),
    endsAt: window.endsAt === null ? null : toDate(window.endsAt, dates),
  }));
}

function toDate(instant: number, { now, wallNow }: Dates): number {
  return Math.round(instant - now + wallNow);
}

/** Puts a memory back into a provider that was configured just now. What it does not know is left as it is. */
export function restoreProvider(
  provider: PooledProvider,
  memory: ProviderMemory,
  when: { readonly at: number; readonly clock: Clock; readonly longestRestMs: number },
): void {
  const restorer = new Restorer(provider, when);
  // A clock that was set back since makes nothing older than it was.
  if (memory.refusalTimeMs !== null) provider.timing.restore(memory.refusalTimeMs);
  restorer.groups(memory);
  for (const [id, key] of Object.entries(memory.keys)) restorer.key(id, key);
  for (const [modelClass, tokens] of Object.entries(memory.tokens))
    provider.roster(modelClass).estimator.restore(tokens);
  provider.reopen();
}

class Restorer {
  readonly #provider: PooledProvider;
  readonly #now: number;
  readonly #wallNow: number;
  readonly #elapsedMs: number;
  readonly #longestRestMs: number;

  constructor(provider: PooledProvider, when: { at: number; clock: Clock; longestRestMs: number }) {
    this.#provider = provider;
    this.#now = when.clock.now();
    this.#wallNow = when.clock.wallNow();
    this.#elapsedMs = Math.max(0, this.#wallNow - when.at);
    this.#longestRestMs = when.longestRestMs;
  }

  groups(memory: ProviderMemory): void {
    for (const [name, group] of Object.entries(memory.groups)) {
      const known = group.members.flatMap((id) => this.#provider.keys.get(id) ?? []);
      const metered = known[0]?.group ?? this.#provider.groups.get(name);
      if (metered === undefined) continue;
      for (const key of known) if (key.group !== metered) this.#provider.move(key, metered);
      this.#rest(metered.standing, group.rest);
      this.#windows(metered.overall, group.windows);
      for (const [modelClass, bucket] of Object.entries(group.buckets))
        this.#bucket(metered.bucket(modelClass), bucket);
      for (const bucket of metered.buckets.values()) metered.reviewPace(bucket);
      metered.changed();
    }
  }

  key(id: string, memory: KeyMemory): void {
    const key = this.#provider.keys.get(id);
    if (key === undefined) return;
    if (memory.proven) key.probation.prove();
    key.lastSuccessAt =
      memory.lastSuccessAt === null ? null : this.#now - Math.max(0, this.#wallNow - memory.lastSuccessAt);
    this.#rest(key.standing, memory.rest);
    this.#windows(key.overall, memory.windows);
  }

  #bucket(bucket: Bucket, memory: BucketMemory): void {
    this.#rest(bucket.standing, memory.rest);
    for (const [model, { until, reason }] of Object.entries(memory.unavailable)) {
      const leftMs = Math.min(Math.max(0, until - this.#wallNow), this.#longestRestMs);
      bucket.unavailable.note(model, { since: this.#now, until: this.#now + leftMs, reason });
      this.#provider.roster(model).sawUnavailable = true;
    }
    this.#windows(bucket.limits, memory.windows);
  }

  /** A stored date is a wall-clock date and may be anything: no rest is longer than the longest. */
  #rest(standing: Standing, memory: RestMemory | null): void {
    if (memory === null) return;
    const restMs = Math.min(Math.max(0, memory.until - this.#wallNow), this.#longestRestMs);
    if (restMs > 0 || memory.probe) standing.set({ ...memory, until: this.#now + restMs }, this.#now);
  }

  #windows(limits: LimitSet, memories: readonly WindowMemory[]): void {
    for (const memory of memories) this.#window(limits, memory);
  }

  #window(limits: LimitSet, memory: WindowMemory): void {
    const { dimension, periodMs, figures } = memory;
    const now = this.#now;
    const learned = Object.entries(figures) as [keyof typeof figures, number][];
    let window = limits.window(dimension, periodMs);
    const [first] = learned;
    if (window === undefined) {
      if (first === undefined) return;
      const algorithm = memory.algorithmKnown ? memory.algorithm : null;
      window = new RateWindow(this.#provider.shape({ dimension, periodMs, algorithm }), first[0], first[1], now);
      limits.add(window);
    }
    for (const [source, figure] of learned) window.setFigure(source, figure, now);
    if (window.algorithm === 'calendar') return;
    const endsAt =
      memory.endsAt === null
        ? undefined
        : now + Math.min(periodMs, Math.max(memory.endsAt - this.#wallNow, -this.#elapsedMs));
    if (memory.algorithmKnown) window.adoptKnown(memory.algorithm, now, endsAt);
    const charges = memory.charges.map(([ageMs, cost]) => ({ at: now - this.#elapsedMs - ageMs, cost }));
    if (charges.length > 0) window.replay(charges, endsAt === undefined ? {} : { endsAt }, now);
  }
}
