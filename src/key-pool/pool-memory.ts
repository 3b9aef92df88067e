import type { Dimension, WindowAlgorithm } from '../model/limit.ts';
import type { LimitSource } from './rate-window.ts';
import type { StandingKind } from './standing.ts';

/** What is worth knowing after a restart. Plain JSON; instants are wall-clock milliseconds. */
export interface PoolMemory {
  readonly version: 1;
  readonly at: number;
  readonly providers: Readonly<Record<string, ProviderMemory>>;
}

export interface ProviderMemory {
  readonly refusalTimeMs: number | null;
  readonly groups: Readonly<Record<string, GroupMemory>>;
  readonly keys: Readonly<Record<string, KeyMemory>>;
  /** By model class. */
  readonly tokens: Readonly<Record<string, { readonly tokensPerByte: number; readonly output: number }>>;
}

export interface GroupMemory {
  readonly rest: RestMemory | null;
  /** Ids of the keys it meters, those that were found to be its own included. */
  readonly members: readonly string[];
  readonly windows: readonly WindowMemory[];
  /** By model class. */
  readonly buckets: Readonly<Record<string, BucketMemory>>;
}

export interface BucketMemory {
  readonly rest: RestMemory | null;
  /** Models that the group may not use. */
  readonly unavailable: Readonly<Record<string, UnavailableMemory>>;
  readonly windows: readonly WindowMemory[];
}

export interface UnavailableMemory {
  readonly until: number;
  readonly reason: string;
}

export interface KeyMemory {
  readonly rest: RestMemory | null;
  readonly proven: boolean;
  readonly lastSuccessAt: number | null;
  readonly windows: readonly WindowMemory[];
}

export interface RestMemory {
  readonly kind: Exclude<StandingKind, 'ready'>;
  readonly until: number;
  readonly reason: string;
  readonly probe: boolean;
  readonly undated: boolean;
}

export interface WindowMemory {
  readonly dimension: Dimension;
  readonly periodMs: number;
  readonly algorithm: WindowAlgorithm;
  readonly algorithmKnown: boolean;
  readonly figures: Partial<Record<Exclude<LimitSource, 'typed'>, number>>;
  /** What still counts, as pairs of age and cost. */
  readonly charges: readonly (readonly [ageMs: number, cost: number])[];
  /** When the current period of a fixed window ends. */
  readonly endsAt: number | null;
}

const MOST_CHARGES = 600;
const MOST_ENTRIES = 100_000;

/**
 * Takes a stored memory for what it claims to be, part by part: what does not read right is left out with a warning.
 * A memory is a convenience, and a damaged one must never stop a start.
 */
export function readMemory(stored: unknown, warn: (text: string) => void): PoolMemory | null {
  if (!isRecord(stored) || stored.version !== 1 || !isFigure(stored.at) || !isRecord(stored.providers)) {
    warn('the stored memory of the pool is of no known form and is forgotten');
    return null;
  }
  const providers = readEach(stored.providers, (name, value) =>
    readProvider(value, () => warn(`the stored memory of ${name} is damaged`)),
  );
  return { version: 1, at: stored.at, providers };
}

function readProvider(value: unknown, damaged: () => void): ProviderMemory | null {
  if (!isRecord(value) || !isRecord(value.groups) || !isRecord(value.keys) || !isRecord(value.tokens)) {
    damaged();
    return null;
  }
  return {
    refusalTimeMs: isFigure(value.refusalTimeMs) ? value.refusalTimeMs : null,
    groups: readEach(value.groups, (_, group) => readGroup(group, damaged)),
    keys: readEach(value.keys, (_, key) => readKey(key, damaged)),
    tokens: readEach(value.tokens, (_, tokens) =>
      isRecord(tokens) && isFigure(tokens.tokensPerByte) && tokens.tokensPerByte <= 4 && isFigure(tokens.output)
        ? { tokensPerByte: tokens.tokensPerByte, output: tokens.output }
        : null,
    ),
  };
}

function readGroup(value: unknown, damaged: () => void): GroupMemory | null {
  if (!isRecord(value) || !Array.isArray(value.members) || !isRecord(value.buckets)) {
    damaged();
    return null;
  }
  return {
    rest: readRest(value.rest),
    members: value.members.filter((member): member is string => typeof member === 'string'),
    windows: readWindows(value.windows),
    buckets: readEach(value.buckets, (_, bucket) =>
      isRecord(bucket)
        ? {
            rest: readRest(bucket.rest),
            unavailable: readEach(isRecord(bucket.unavailable) ? bucket.unavailable : {}, (_, one) =>
              readUnavailable(one),
            ),
            windows: readWindows(bucket.windows),
          }
        : null,
    ),
  };
}

function readKey(value: unknown, damaged: () => void): KeyMemory | null {
  if (!isRecord(value)) {
    damaged();
    return null;
  }
  return {
    rest: readRest(value.rest),
    proven: value.proven === true,
    lastSuccessAt: isFigure(value.lastSuccessAt) ? value.lastSuccessAt : null,
    windows: readWindows(value.windows),
  };
}

const REST_KINDS: readonly unknown[] = ['cooling', 'exhausted', 'rejected'];
const DIMENSIONS: readonly unknown[] = ['requests', 'tokens', 'input-tokens', 'output-tokens'];
const ALGORITHMS: readonly unknown[] = ['refill', 'sliding', 'fixed', 'calendar'];

function readRest(value: unknown): RestMemory | null {
  if (!isRecord(value) || !REST_KINDS.includes(value.kind) || !isFigure(value.until)) return null;
  return {
    kind: value.kind as RestMemory['kind'],
    until: value.until,
    reason: readReason(value.reason),
    probe: value.probe === true,
    undated: value.undated === true,
  };
}

function readUnavailable(value: unknown): UnavailableMemory | null {
  if (!isRecord(value) || !isFigure(value.until)) return null;
  return { until: value.until, reason: readReason(value.reason) };
}

function readReason(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 200) : '';
}

function readWindows(value: unknown): WindowMemory[] {
  return Array.isArray(value) ? value.slice(0, 64).flatMap((window) => readWindow(window) ?? []) : [];
}

function readWindow(value: unknown): WindowMemory | null {
  if (!isRecord(value) || !DIMENSIONS.includes(value.dimension) || !ALGORITHMS.includes(value.algorithm)) return null;
  if (!isFigure(value.periodMs) || value.periodMs < 1 || !isRecord(value.figures)) return null;
  const charges = Array.isArray(value.charges) ? value.charges.slice(-MOST_CHARGES) : [];
  const figures = readEach(value.figures, (name, figure) =>
    (name === 'announced' || name === 'stated' || name === 'inferred') && isFigure(figure) && figure >= 1
      ? figure
      : null,
  );
  return {
    dimension: value.dimension as Dimension,
    periodMs: value.periodMs,
    algorithm: value.algorithm as WindowAlgorithm,
    algorithmKnown: value.algorithmKnown === true,
    figures,
    charges: charges.filter(
      (pair): pair is [number, number] => Array.isArray(pair) && isFigure(pair[0]) && isFigure(pair[1]),
    ),
    endsAt: isFigure(value.endsAt) ? value.endsAt : null,
  };
}

function readEach<T>(
  record: Record<string, unknown>,
  read: (name: string, value: unknown) => T | null,
): Record<string, T> {
  const entries = Object.entries(record)
    .slice(0, MOST_ENTRIES)
    .flatMap(([name, value]): [string, T][] => {
      const entry = read(name, value);
      return entry === null ? [] : [[name, entry]];
    });
  // Null-prototyped, because the names come from a file.
  return Object.assign(Object.create(null), Object.fromEntries(entries));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFigure(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
