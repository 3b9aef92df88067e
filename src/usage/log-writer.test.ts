import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attemptRecord, exchangeRecord } from '../../test/support/log-records.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import type { ExchangeRecord } from '../model/exchange.ts';
import { EVERY_ENTRY } from '../model/request-log.ts';
import type { LogSettings } from './log-messages.ts';
import { LogReader } from './log-reader.ts';
import { LogWriter } from './log-writer.ts';

const MB = 1024 * 1024;
const DAY_MS = 86_400_000;

let folder: string;
let clock: VirtualClock;
let writer: LogWriter;
let numbers: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rotato-log-'));
  clock = new VirtualClock();
  numbers = 0;
  writer = new LogWriter('first run', settings(), clock);
});

afterEach(() => {
  writer.close();
  rmSync(folder, { recursive: true, force: true });
});

function settings(given: Partial<LogSettings> = {}): LogSettings {
  return {
    folder,
    keptMs: 30 * DAY_MS,
    maxBytes: 100 * MB,
    maxLineBytes: null,
    prices: { own: [], apiUrls: {} },
    ...given,
  };
}

function write(records: readonly ExchangeRecord[], number = ++numbers, isFirst = true) {
  return writer.write({ number, isFirst, records, toDatabase: true, toLines: true });
}

function logged(): string[] {
  const reader = new LogReader(join(folder, 'log.db'), clock);
  const ids: string[] = [];
  for (let cursor: string | null = null; ; ) {
    const page = reader.search(EVERY_ENTRY, { cursor, limit: 500 }, 60_000);
    ids.push(...page.entries.map(({ id }) => id));
    cursor = page.cursor;
    if (cursor === null) break;
  }
  reader.close();
  return ids.reverse();
}

function recordsOf(count: number, given: Partial<ExchangeRecord> = {}): ExchangeRecord[] {
  return Array.from({ length: count }, () => exchangeRecord(given));
}

function idsOf(records: readonly ExchangeRecord[]): string[] {
  return records.map(({ id }) => id);
}

describe('writing', () => {
  it('files entries in their order, also over a restart in the middle of a block', () => {
    const first = recordsOf(1500);
    const second = recordsOf(1500);
    write(first);
    writer.close();
    writer = new LogWriter('second run', settings(), clock);
    numbers = 0;
    write(second);
    expect(logged()).toEqual(idsOf([...first, ...second]));
  });

  it('files a batch once, however often it comes', () => {
    const records = recordsOf(3);
    expect(write(records, 1).isInDatabase).toBe(true);
    expect(write(records, 1).isInDatabase).toBe(true);
    expect(logged()).toEqual(idsOf(records));
  });

  it('keeps the files to their owner', () => {
    writer.apply(settings({ maxLineBytes: MB }));
    write(recordsOf(1));
    for (const file of ['log.db', 'log.db-wal', 'logs.jsonl']) {
      expect(statSync(join(folder, file)).mode & 0o077).toBe(0);
    }
  });

  it('writes the same entries to logs.jsonl, unless that is switched off', () => {
    const records = recordsOf(3);
    write(records);
    expect(existsSync(join(folder, 'logs.jsonl'))).toBe(false);
    writer.apply(settings({ maxLineBytes: MB }));
    write(records);
    const lines = readFileSync(join(folder, 'logs.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).requestId)).toEqual(idsOf(records));
  });
});

describe('a disk that refuses', () => {
  const writeTwo = () => {
    const records = recordsOf(2);
    write(records);
    return records;
  };

  it('has lost its folder: says so, keeps the batch for later, and goes on where the folder comes back', () => {
    const first = writeTwo();
    renameSync(folder, `${folder}-away`);
    const second = recordsOf(2);
    expect(write(second, 2).databaseProblem).toBe(`log.db in ${folder}: the folder is gone`);
    renameSync(`${folder}-away`, folder);
    expect(write(second, 2)).toMatchObject({ isInDatabase: true, databaseProblem: null });
    expect(logged()).toEqual(idsOf([...first, ...second]));
  });

  it('has lost the file: begins a new one', () => {
    writeTwo();
    for (const file of readdirSync(folder)) rmSync(join(folder, file));
    const second = recordsOf(2);
    expect(write(second).isInDatabase).toBe(true);
    expect(logged()).toEqual(idsOf(second));
  });

  it('has a folder in the place of the file', () => {
    writeTwo();
    for (const file of readdirSync(folder)) rmSync(join(folder, file));
    mkdirSync(join(folder, 'log.db'));
    const second = recordsOf(2);
    expect(write(second, 2).databaseProblem).toBe(`log.db in ${folder}: a folder is in its place`);
    rmSync(join(folder, 'log.db'), { recursive: true });
    expect(write(second, 2).isInDatabase).toBe(true);
  });

  it('is held by another program', () => {
    const first = writeTwo();
    const other = new DatabaseSync(join(folder, 'log.db'));
    other.exec('begin immediate');
    const second = recordsOf(2);
    expect(write(second, 2).databaseProblem).toBe(`log.db in ${folder}: another program holds it`);
    other.exec('commit');
    other.close();
    expect(write(second, 2).isInDatabase).toBe(true);
    expect(logged()).toEqual(idsOf([...first, ...second]));
  });

  it('files batches in their order: after one that failed, no later one before it', () => {
    writeTwo();
    renameSync(folder, `${folder}-away`);
    expect(write(recordsOf(1), 2).isInDatabase).toBe(false);
    renameSync(`${folder}-away`, folder);
    const third = recordsOf(1);
    expect(write(third, 3, false).databaseProblem).toBe(`log.db in ${folder}: the folder is gone`);
    expect(write(recordsOf(1), 2, true).isInDatabase).toBe(true);
    expect(write(third, 3, false).isInDatabase).toBe(true);
  });

  it('holds a damaged file: it is put aside whole, and a new one is begun', () => {
    const noise = Buffer.alloc(8192, 'this is not a database ');
    writeFileSync(join(folder, 'log.db'), noise);
    const records = recordsOf(2);
    expect(write(records, 1).databaseProblem).toMatch(/damaged; it is kept as log\.damaged\.db/);
    expect(write(records, 1).isInDatabase).toBe(true);
    expect(readFileSync(join(folder, 'log.damaged.db'))).toEqual(noise);
    expect(logged()).toEqual(idsOf(records));
  });

  it('holds the file of a newer version: that is left as it is', () => {
    writeTwo();
    writer.close();
    const newer = new DatabaseSync(join(folder, 'log.db'));
    newer.exec('pragma user_version = 2');
    newer.close();
    const bytes = readFileSync(join(folder, 'log.db'));
    const second = recordsOf(1);
    expect(write(second, 2).databaseProblem).toMatch(/a newer rotato has written it/);
    expect(readFileSync(join(folder, 'log.db'))).toEqual(bytes);
    const reader = new LogReader(join(folder, 'log.db'), clock);
    expect(() => reader.get('0'.repeat(32))).toThrow();
    renameSync(join(folder, 'log.db'), join(folder, 'elsewhere.db'));
    expect(write(second, 2).isInDatabase).toBe(true);
  });

  it('refuses logs.jsonl alone: the database goes on', () => {
    writer.apply(settings({ maxLineBytes: MB }));
    mkdirSync(join(folder, 'logs.jsonl'));
    expect(write(recordsOf(1))).toMatchObject({
      isInDatabase: true,
      databaseProblem: null,
      linesProblem: `logs.jsonl in ${folder}: a folder is in its place`,
    });
  });
});

describe('retention', () => {
  const long = { path: `/openai/${'x'.repeat(2000)}` };

  function size(): number {
    const files = ['log.db', 'log.db-wal'].map((name) => join(folder, name));
    return files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
  }

  it('keeps the database within its size by one batch, the oldest entries going first', () => {
    writer.apply(settings({ maxBytes: 16 * MB }));
    const all: string[] = [];
    for (let batch = 0; batch < 90; batch++) {
      const records = recordsOf(64, long);
      all.push(...idsOf(records));
      write(records);
      expect(size()).toBeLessThan(16 * MB + 64 * 4000);
    }
    const kept = logged();
    expect(kept.length).toBeGreaterThan(1000);
    expect(kept.length).toBeLessThan(all.length);
    expect(kept).toEqual(all.slice(-kept.length));
  });

  it('gives the disk back what a smaller size no longer allows', () => {
    for (let batch = 0; batch < 120; batch++) write(recordsOf(64, long));
    expect(size()).toBeGreaterThan(18 * MB);
    writer.apply(settings({ maxBytes: 16 * MB }));
    write(recordsOf(1));
    while (writer.prune());
    writer.close();
    expect(size()).toBeLessThan(16 * MB);
  });

  it('takes away what is too old, in small steps', async () => {
    const old = recordsOf(1200, { at: clock.wallNow() });
    write(old);
    await clock.advance(29 * DAY_MS);
    const young = recordsOf(5, { at: clock.wallNow() });
    write(young);
    while (writer.prune());
    expect(logged()).toHaveLength(1205);
    await clock.advance(DAY_MS + 1);
    expect(writer.prune()).toBe(true);
    expect(logged()).toHaveLength(705);
    while (writer.prune());
    expect(logged()).toEqual(idsOf(young));
  });

  it('does not believe a date to which the clock was just set', async () => {
    const records = recordsOf(5, { at: clock.wallNow() });
    write(records);
    clock.stepWall(400 * DAY_MS);
    expect(writer.prune()).toBe(false);
    clock.stepWall(-400 * DAY_MS);
    await clock.advance(3_600_000);
    while (writer.prune());
    expect(logged()).toEqual(idsOf(records));
  });

  it('is not held up by an entry that a wrong clock dated ahead', async () => {
    write([exchangeRecord({ at: clock.wallNow() + 900 * DAY_MS }), ...recordsOf(3, { at: clock.wallNow() })]);
    await clock.advance(31 * DAY_MS);
    while (writer.prune());
    expect(logged()).toEqual([]);
  });
});

it('keeps sums of entries that are gone, and writes them within a second', async () => {
  const at = clock.wallNow();
  const refused = attemptRecord({ keyLabel: 'team-b', status: 429, outcome: 'rate-limited' });
  write([exchangeRecord({ at, attempts: [refused, attemptRecord()] }), exchangeRecord({ at, usage: null })]);
  expect(writer.hasUnwrittenSums).toBe(true);
  writer.writeSums();
  expect(writer.hasUnwrittenSums).toBe(false);
  await clock.advance(31 * DAY_MS);
  while (writer.prune());
  const reader = new LogReader(join(folder, 'log.db'), clock);
  const query = { from: at - DAY_MS, until: at + DAY_MS, overTime: false, only: {} };
  expect(reader.usage({ ...query, span: 'day', by: ['key'] })).toMatchObject([
    {
      of: { key: 'team-a' },
      requests: 2,
      attempts: 2,
      refusalsProvoked: 0,
      refusalsAvoided: 1,
      inputTokens: 1000,
      tokensUnknown: 1,
    },
    { of: { key: 'team-b' }, requests: 0, attempts: 1, refusalsProvoked: 1, inputTokens: null, tokensUnknown: 0 },
  ]);
  // Minutes are kept for two days only.
  expect(reader.usage({ ...query, span: 'minute', by: [] })).toEqual([]);
  reader.close();
});
