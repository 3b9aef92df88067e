import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { USAGE_DIMENSIONS, USAGE_SPANS, type UsageDimension, type UsageSpan } from '../model/request-log.ts';
import { type MinuteSums, SPAN_MS, startOf } from './rollup.ts';

export const SPAN_CODES: Readonly<Record<UsageSpan, number>> = { minute: 0, hour: 1, day: 2 };

const DAY_MS = 86_400_000;
/** How long sums are kept, whatever becomes of the entries they were made of. */
const KEPT_MS: Readonly<Record<UsageSpan, number>> = { minute: 2 * DAY_MS, hour: 92 * DAY_MS, day: 1830 * DAY_MS };

/**
 * Combinations that one span tells apart; all others are summed up as one. A caller that invents a model for each
 * request, or a pool of thousands of keys, fills neither the disk nor a chart.
 */
const MOST_COMBINATIONS: Readonly<Record<UsageSpan, number>> = { minute: 100, hour: 250, day: 500 };

/** What all further combinations of a span go by, in the dimensions that have no end. */
const OTHERS = '(others)';

const COUNTS = ['requests', 'failed', 'refusedByUs', 'refusalsAvoided', 'attempts', 'refusalsProvoked'] as const;
const AMOUNTS = ['waitMs', 'durationMs', 'bytesIn', 'bytesOut', 'tokensUnknown', 'costUnknown'] as const;
/** Null is unknown, and unknown and known together are what is known. */
const KNOWN_OR_NOT = [
  'inputTokens',
  'outputTokens',
  'cachedInputTokens',
  'cacheWriteTokens',
  'reasoningTokens',
  'costUsd',
] as const;
const SUMS = [...COUNTS, ...AMOUNTS];

const KEY_COLUMNS = ['span', 'at', ...USAGE_DIMENSIONS].map((name) => `"${name}"`);
const COLUMNS = [...KEY_COLUMNS, ...SUMS, ...KNOWN_OR_NOT];

const ADD = `insert into usage (${COLUMNS.join(', ')}) values (${COLUMNS.map(() => '?').join(', ')})
on conflict do update set ${[
  ...SUMS.map((name) => `${name} = ${name} + excluded.${name}`),
  ...KNOWN_OR_NOT.map((name) => `${name} = coalesce(${name} + excluded.${name}, ${name}, excluded.${name})`),
].join(', ')}`;

/** What is summed of the columns, for a query that groups them. */
export const SUM_COLUMNS = [...SUMS, ...KNOWN_OR_NOT].map((name) => `sum(${name}) as ${name}`).join(', ');

/** Spans of this many are remembered; entries arrive in the order they ended, so a few suffice. */
const MOST_OPEN_SPANS = 64;

/** Sums by minute, hour and day. Writes within the transaction of whoever calls it. */
export class UsageTable {
  readonly #database: DatabaseSync;
  readonly #add: StatementSync;
  /** The combinations of the spans that were written to last. */
  readonly #combinations = new Map<string, Set<string>>();

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#add = database.prepare(ADD);
  }

  add(minutes: readonly MinuteSums[]): void {
    for (const minute of minutes) for (const span of USAGE_SPANS) this.#addTo(span, minute);
  }

  #addTo(span: UsageSpan, { at: minute, of, sums }: MinuteSums): void {
    const at = startOf(span, minute);
    const named = this.#within(span, at, of);
    const counts = [...SUMS, ...KNOWN_OR_NOT].map((name) => sums[name]);
    this.#add.run(SPAN_CODES[span], at, ...USAGE_DIMENSIONS.map((dimension) => named[dimension]), ...counts);
  }

  /** The combination itself, or the one for all others once the span tells as many apart as it may. */
  #within(span: UsageSpan, at: number, of: MinuteSums['of']): Readonly<Record<UsageDimension, string>> {
    const known = this.#combinationsOf(span, at);
    const name = combinationName(of);
    if (known.has(name)) return of;
    if (known.size < MOST_COMBINATIONS[span]) {
      known.add(name);
      return of;
    }
    return { ...of, group: OTHERS, key: OTHERS, client: OTHERS, model: OTHERS };
  }

  #combinationsOf(span: UsageSpan, at: number): Set<string> {
    const name = `${span} ${at}`;
    const found = this.#combinations.get(name);
    if (found !== undefined) return found;
    const rows = this.#database.prepare('select * from usage where span = ? and at = ?').all(SPAN_CODES[span], at);
    const known = new Set(rows.map((row) => combinationName(row as Record<UsageDimension, string>)));
    this.#combinations.set(name, known);
    const [oldest] = this.#combinations.keys();
    if (this.#combinations.size > MOST_OPEN_SPANS && oldest !== undefined) this.#combinations.delete(oldest);
    return known;
  }

  /** Takes away the oldest span that is too old; false when there is none. */
  prune(now: number): boolean {
    for (const span of USAGE_SPANS) {
      const code = SPAN_CODES[span];
      const oldest = this.#database.prepare('select min(at) as at from usage where span = ?').get(code);
      const at = oldest?.at;
      if (typeof at !== 'number' || at + SPAN_MS[span] > now - KEPT_MS[span]) continue;
      this.#database.prepare('delete from usage where span = ? and at = ?').run(code, at);
      return true;
    }
    return false;
  }
}

function combinationName(of: Readonly<Record<UsageDimension, string>>): string {
  return USAGE_DIMENSIONS.map((dimension) => of[dimension]).join('\n');
}
