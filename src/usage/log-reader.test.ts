import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOSTILE_TEXTS } from '../../test/support/hostile-texts.ts';
import { attemptRecord, exchangeRecord } from '../../test/support/log-records.ts';
import { systemClock } from '../clock.ts';
import type { EndReason, ExchangeRecord } from '../model/exchange.ts';
import { EVERY_ENTRY, type LogFilter } from '../model/request-log.ts';
import { LogReader } from './log-reader.ts';
import { LogWriter } from './log-writer.ts';

const START = Date.UTC(2026, 0, 5, 12);
const NO_HURRY = 60_000;

let folder: string;
let records: ExchangeRecord[];
let reader: LogReader;

/** Three blocks and a half: values that are everywhere, in one block only, and in the part without a signature. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rotato-search-'));
  records = Array.from({ length: 3_600 }, (_, nth) => madeUp(nth));
  const prices = { own: [], apiUrls: {} };
  const settings = { folder, keptMs: 1e12, maxBytes: 1e9, maxLineBytes: null, prices };
  const writer = new LogWriter('test', settings, systemClock);
  for (let number = 0; number < 60; number++) {
    const batch = records.slice(number * 60, (number + 1) * 60);
    writer.write({ number: number + 1, isFirst: true, records: batch, toDatabase: true, toLines: false });
  }
  writer.close();
  reader = new LogReader(join(folder, 'log.db'), systemClock);
});

afterAll(() => {
  reader.close();
  rmSync(folder, { recursive: true, force: true });
});

function madeUp(nth: number): ExchangeRecord {
  const isRare = nth % 1200 === 77;
  const label = isRare ? 'Rare Key' : `team-${nth % 3}`;
  const refused = attemptRecord({
    keyLabel: `spare-${nth % 2}`,
    status: 429,
    outcome: 'rate-limited',
    reason: 'Slow down',
  });
  return exchangeRecord({
    // Long streams are filed later than they began, and once the clock went back.
    at: START + nth * 1000 - (nth % 50 === 0 ? 600_000 : 0) - (nth > 2000 ? 300_000 : 0),
    provider: nth % 9 === 0 ? null : (['openai', 'groq'][nth % 2] ?? null),
    client: nth % 4 === 0 ? null : `app-${nth % 4}`,
    model: isRare ? 'O3-Pro' : (['gpt-4o', 'sonnet', "it's; drop table entry"][nth % 3] ?? null),
    status: nth % 10 === 0 ? 429 : nth % 333 === 5 ? null : 200,
    end: (nth % 10 === 0 ? 'rate_limited' : nth % 333 === 5 ? 'client_aborted' : 'served') as EndReason,
    durationMs: (nth * 37) % 5000,
    attempts: nth % 7 === 0 ? [refused, attemptRecord({ keyLabel: label })] : [attemptRecord({ keyLabel: label })],
    error: nth % 500 === 3 ? `Broken at "${nth}" \\ ${HOSTILE_TEXTS[nth % 60]}` : null,
  });
}

function matches(record: ExchangeRecord, filter: LogFilter): boolean {
  const { from, until, provider, client, model, key, status, end, minDurationMs, maxDurationMs, text } = filter;
  const texts = [record.id, record.path, record.model, record.provider, record.client, record.error, record.end];
  const all = [
    ...texts,
    ...record.attempts.flatMap(({ keyLabel, reason, group, outcome }) => [keyLabel, reason, group, outcome]),
  ];
  const holds = (word: string) => all.some((one) => one?.toLowerCase().includes(word.toLowerCase()));
  return (
    (from === null || record.at >= from) &&
    (until === null || record.at < until) &&
    (provider === null || record.provider === provider) &&
    (client === null || record.client === client) &&
    (model === null || record.model === model) &&
    (key === null || record.attempts.some(({ keyLabel }) => keyLabel === key)) &&
    (status === null || (record.status !== null && record.status >= status.min && record.status <= status.max)) &&
    (end === null || record.end === end) &&
    (minDurationMs === null || record.durationMs >= minDurationMs) &&
    (maxDurationMs === null || record.durationMs <= maxDurationMs) &&
    (text === null || text.split(' ').every(holds))
  );
}

function searchAll(filter: LogFilter, limit: number, budgetMs = NO_HURRY): string[] {
  const found: string[] = [];
  for (let cursor: string | null = null; ; ) {
    const page = reader.search(filter, { cursor, limit }, budgetMs);
    expect(page.entries.length).toBeLessThanOrEqual(limit);
    found.push(...page.entries.map(({ id }) => id));
    cursor = page.cursor;
    if (cursor === null) return found;
  }
}

/** Mostly nothing, else one of a few. */
function maybe<T>(...values: T[]): fc.Arbitrary<T | null> {
  return fc.option(fc.constantFrom(...values), { freq: 2 });
}

const filters: fc.Arbitrary<LogFilter> = fc.record({
  from: maybe(START, START + 900_000, START + 3e6),
  until: maybe(START + 1, START + 2_500_000),
  provider: maybe('openai', 'groq', 'nobody'),
  client: maybe('app-1', 'app-3', 'nobody'),
  key: maybe('team-1', 'spare-1', 'Rare Key', 'pare-1', 'nobody'),
  model: maybe('gpt-4o', "it's; drop table entry", 'O3-Pro'),
  status: maybe({ min: 429, max: 429 }, { min: 400, max: 599 }, { min: 500, max: 500 }),
  end: maybe<EndReason>('served', 'client_aborted', 'dns'),
  minDurationMs: maybe(0, 4_900),
  maxDurationMs: maybe(20, 3_000),
  text: maybe(
    'slow',
    'TEAM-2',
    'rare key',
    'o3',
    'z',
    'broken "1',
    '\\ ',
    'requestId',
    'chat completions gpt',
    '%',
    '*',
  ),
});

describe('a search', () => {
  it('finds exactly what a look at every entry would, newest first, page by page', () => {
    fc.assert(
      fc.property(filters, fc.integer({ min: 1, max: 700 }), (filter, limit) => {
        const expected = records.filter((record) => matches(record, filter)).map(({ id }) => id);
        const fewPages = Math.max(limit, Math.ceil(expected.length / 6));
        expect(searchAll(filter, fewPages)).toEqual(expected.reverse());
      }),
      { numRuns: 120 },
    );
  });

  it('answers in time with what it has, and goes on from there', () => {
    const filter = { ...EVERY_ENTRY, minDurationMs: 4_999 };
    const first = reader.search(filter, { cursor: null, limit: 50 }, -1);
    expect(first).toMatchObject({ entries: [], complete: false });
    const expected = records.filter((record) => matches(record, filter)).map(({ id }) => id);
    // At least one block is looked at each time, or a search without time would never end.
    expect(searchAll(filter, 50, 0)).toEqual(expected.reverse());
  });

  it('finds a request by its id, as a text and as such', () => {
    const wanted = records[1234] as ExchangeRecord;
    expect(searchAll({ ...EVERY_ENTRY, text: wanted.id }, 50)).toEqual([wanted.id]);
    expect(reader.get(wanted.id)).toMatchObject({ id: wanted.id, at: wanted.at, attempts: wanted.attempts });
    expect(reader.get('f'.repeat(32))).toBeNull();
    for (const text of HOSTILE_TEXTS) expect(reader.get(text)).toBeNull();
  });

  it('takes hostile texts for texts', () => {
    for (const text of HOSTILE_TEXTS.slice(0, 150)) {
      for (const filter of [{ text }, { key: text }, { model: text }]) {
        reader.search({ ...EVERY_ENTRY, ...filter }, { cursor: text, limit: 1 }, NO_HURRY);
      }
    }
    expect(searchAll(EVERY_ENTRY, 5_000)).toHaveLength(records.length);
  });

  it('follows the log: what was filed after, oldest first', () => {
    const groq = { ...EVERY_ENTRY, provider: 'groq' };
    const expected = records.filter((record) => matches(record, groq)).map(({ id }) => id);
    const found: string[] = [];
    for (let seq = 0; seq < records.length; ) {
      const page = reader.after(groq, seq, 500);
      found.push(...page.entries.map(({ id }) => id));
      seq = page.seq;
    }
    expect(found).toEqual(expected);
    expect(reader.after(groq, records.length, 500)).toEqual({ entries: [], seq: records.length });
  });

  it('is empty where there is no log', () => {
    const nothing = new LogReader(join(folder, 'nothing.db'), systemClock);
    expect(nothing.search(EVERY_ENTRY, { cursor: null, limit: 5 }, 0)).toEqual({
      entries: [],
      cursor: null,
      complete: true,
    });
    expect(nothing.get('0'.repeat(32))).toBeNull();
  });
});
