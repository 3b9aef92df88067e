import { statSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { Clock } from '../clock.ts';
import { escapeControls } from '../escape-controls.ts';
import {
  EVERY_ENTRY,
  type LogEntry,
  type LogFilter,
  type LogPage,
  type UsageDimension,
  type UsageQuery,
  type UsageRow,
  type UsageSums,
} from '../model/request-log.ts';
import { BlockSignature, foldCase } from './block-signature.ts';
import { NewerLogError } from './log-fault.ts';
import { parseLine, textsOf } from './log-line.ts';
import { LOG_VERSION, readVersion } from './log-schema.ts';
import { SPAN_CODES, SUM_COLUMNS } from './usage-table.ts';

/** Numbers of entries, both included. */
interface Range {
  readonly first: number;
  readonly last: number;
}

interface FoundRow {
  readonly seq: number;
  readonly line: string;
}

/** Megabytes of the file that stay in memory between two searches. */
const CACHE_KB = 32 * 1024;

/**
 * Reads the request log's file, beside the one that writes it or without. It opens the file when it is first asked, and
 * anew when another has taken its place. Each call blocks its thread: it belongs into a worker, or into a command.
 */
export class LogReader {
  readonly #path: string;
  readonly #clock: Clock;
  #opened: { readonly file: string; readonly database: DatabaseSync } | null = null;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** Newest first. Stops looking after about `budgetMs`, and says so. */
  search(filter: LogFilter, page: { cursor: string | null; limit: number }, budgetMs: number): LogPage {
    const database = this.#open();
    if (database === null) return { entries: [], cursor: null, complete: true };
    const words = wordsOf(filter);
    const scan = prepareScan(database, filter, words);
    const before = readCursor(page.cursor);
    const stopAt = this.#clock.now() + budgetMs;
    const found: { seq: number; entry: LogEntry }[] = [];
    for (const range of candidates(database, filter, { before, words })) {
      for (const row of scan(range)) {
        const entry = parseLine(row.line);
        if (entry !== null && holdsAll(entry, words)) found.push({ seq: row.seq, entry });
        if (found.length > page.limit) return asPage(found, page.limit, null);
      }
      if (this.#clock.now() > stopAt && range.first > 1) return asPage(found, page.limit, range.first);
    }
    return asPage(found, page.limit, null);
  }

  /** Filed after the one numbered `seq`, oldest first; for following a log as it grows. */
  after(filter: LogFilter, seq: number, limit: number): { entries: LogEntry[]; seq: number } {
    const database = this.#open();
    if (database === null) return { entries: [], seq };
    const newest = newestSeq(database);
    // A log that was begun anew counts from one again.
    const from = newest < seq ? 0 : seq;
    const words = wordsOf(filter);
    const { conditions, values } = conditionsOf(filter, words);
    const rows = database
      .prepare(`${SELECT} where ${['e.seq > ?', ...conditions].join(' and ')} order by e.seq limit ?`)
      .all(from, ...values, limit) as unknown as FoundRow[];
    const entries = rows.map(({ line }) => parseLine(line)).filter((entry) => entry !== null && holdsAll(entry, words));
    return { entries: entries as LogEntry[], seq: rows.length < limit ? newest : (rows.at(-1)?.seq ?? newest) };
  }

  get(id: string): LogEntry | null {
    const database = this.#open();
    if (database === null || !isId(id)) return null;
    const find = database.prepare('select line from story where seq between ? and ? and instr(line, ?) > 0');
    for (const { first, last } of candidates(database, EVERY_ENTRY, { before: NO_END, words: [id] })) {
      for (const { line } of find.iterate(first, last, `"requestId":"${id}"`) as Iterable<FoundRow>) {
        const entry = parseLine(line);
        if (entry?.id === id) return entry;
      }
    }
    return null;
  }

  usage(query: UsageQuery): UsageRow[] {
    const database = this.#open();
    if (database === null) return [];
    const groups = [...(query.overTime ? ['at'] : []), ...query.by.map(quoted)];
    const only = Object.entries(query.only) as [UsageDimension, string][];
    const conditions = ['span = ?', 'at >= ?', 'at < ?', ...only.map(([name]) => `${quoted(name)} = ?`)];
    const sql = `select ${[...groups, SUM_COLUMNS].join(', ')} from usage where ${conditions.join(' and ')}
      ${groups.length === 0 ? '' : `group by ${groups.join(', ')} order by ${groups.join(', ')}`}`;
    const values = only.map(([, value]) => value);
    const rows = database.prepare(sql).all(SPAN_CODES[query.span], query.from, query.until, ...values);
    return rows.filter(({ requests }) => requests !== null).map((row) => toUsageRow(row, query));
  }

  close(): void {
    this.#opened?.database.close();
    this.#opened = null;
  }

  /** Null while there is no log. */
  #open(): DatabaseSync | null {
    const file = identify(this.#path);
    if (this.#opened !== null && this.#opened.file === file) return this.#opened.database;
    this.close();
    if (file === null) return null;
    const database = new DatabaseSync(this.#path, { readOnly: true, timeout: 1_000 });
    try {
      const version = readVersion(database);
      if (version > LOG_VERSION) throw new NewerLogError();
      if (version === 0) {
        database.close();
        return null;
      }
      database.exec(`pragma cache_size = -${CACHE_KB}`);
    } catch (error) {
      database.close();
      throw error;
    }
    this.#opened = { file, database };
    return database;
  }
}

const NO_END = Number.MAX_SAFE_INTEGER;
const SELECT = 'select e.seq as seq, s.line as line from entry e cross join story s on s.seq = e.seq';

/** Ranges that may hold what is looked for, newest first. */
function* candidates(
  database: DatabaseSync,
  filter: LogFilter,
  { before, words }: { before: number; words: readonly string[] },
): Generator<Range> {
  const lastSigned = (database.prepare('select max(last) as last from block').get()?.last ?? 0) as number;
  if (lastSigned + 1 < before) yield { first: lastSigned + 1, last: before - 1 };
  const blocks = database.prepare(
    'select first, last, signature from block where first < ? and last_at >= ? and first_at < ? order by last desc',
  );
  const rows = blocks.iterate(before, filter.from ?? 0, filter.until ?? NO_END);
  for (const { first, last, signature } of rows as Iterable<Range & { signature: Uint8Array }>) {
    if (!mayHold(new BlockSignature(signature), filter, words)) continue;
    yield { first, last: Math.min(last, before - 1) };
  }
}

function mayHold(signature: BlockSignature, filter: LogFilter, words: readonly string[]): boolean {
  for (const name of ['provider', 'client', 'model', 'key', 'end'] as const) {
    const value = filter[name];
    if (value !== null && !signature.mayHaveValue(name, value)) return false;
  }
  const { status } = filter;
  if (status !== null && status.min === status.max && !signature.mayHaveValue('status', String(status.min)))
    return false;
  return words.every((word) => signature.mayHaveText(word) || (isId(word) && signature.mayHaveValue('id', word)));
}

/** Looks through one range after the other, with one prepared statement. */
function prepareScan(
  database: DatabaseSync,
  filter: LogFilter,
  words: readonly string[],
): (range: Range) => Iterable<FoundRow> {
  const { conditions, values } = conditionsOf(filter, words);
  const where = ['e.seq between ? and ?', ...conditions].join(' and ');
  const statement: StatementSync = database.prepare(`${SELECT} where ${where} order by e.seq desc`);
  return ({ first, last }) => statement.iterate(first, last, ...values) as Iterable<unknown> as Iterable<FoundRow>;
}

/** In the order in which they are cheap to look at. */
function conditionsOf(filter: LogFilter, words: readonly string[]): { conditions: string[]; values: SQLInputValue[] } {
  const conditions: string[] = [];
  const values: SQLInputValue[] = [];
  const add = (condition: string, ...given: SQLInputValue[]) => {
    conditions.push(condition);
    values.push(...given);
  };
  if (filter.from !== null) add('e.at >= ?', filter.from);
  if (filter.until !== null) add('e.at < ?', filter.until);
  if (filter.status !== null) add('e.status between ? and ?', filter.status.min, filter.status.max);
  if (filter.minDurationMs !== null) add('e.duration >= ?', filter.minDurationMs);
  if (filter.maxDurationMs !== null) add('e.duration <= ?', filter.maxDurationMs);
  if (filter.end !== null) add('e.ending = ?', filter.end);
  if (filter.key !== null) add('(e.key = ? or instr(e.tried, ?) > 0)', filter.key, `\n${filter.key}\n`);
  for (const name of ['model', 'client', 'provider'] as const) {
    const value = filter[name];
    if (value !== null) add(`e.${name} = ?`, value);
  }
  // A first, coarse look at the line as it is written; `holdsAll` looks at what it says.
  for (const word of words) add('instr(lower(s.line), ?) > 0', foldCase(asWritten(word)));
  return { conditions, values };
}

/** As it stands inside a line of JSON. */
function asWritten(word: string): string {
  return escapeControls(JSON.stringify(word).slice(1, -1));
}

/** More narrow nothing down any further, and SQLite nests its conditions only so deep. */
const MOST_WORDS = 16;

function wordsOf({ text }: LogFilter): string[] {
  return text === null
    ? []
    : text
        .split(/\s+/)
        .filter((word) => word !== '')
        .slice(0, MOST_WORDS);
}

function holdsAll(entry: LogEntry, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const texts = textsOf(entry).map(foldCase);
  return words.every((word) => texts.some((text) => text.includes(foldCase(word))));
}

function isId(text: string): boolean {
  return /^[\da-f]{32}$/.test(text);
}

function readCursor(cursor: string | null): number {
  const seq = cursor === null ? NO_END : Number(cursor);
  return Number.isSafeInteger(seq) && seq >= 0 ? seq : NO_END;
}

/** `goOnFrom` is where a search that ran out of time goes on. */
function asPage(found: { seq: number; entry: LogEntry }[], limit: number, goOnFrom: number | null): LogPage {
  const entries = found.slice(0, limit).map(({ entry }) => entry);
  if (goOnFrom !== null) return { entries, cursor: String(goOnFrom), complete: false };
  const last = found[limit - 1];
  return { entries, cursor: found.length > limit && last !== undefined ? String(last.seq) : null, complete: true };
}

function newestSeq(database: DatabaseSync): number {
  return (database.prepare('select coalesce(max(seq), 0) as seq from entry').get()?.seq ?? 0) as number;
}

function quoted(dimension: UsageDimension): string {
  return `"${dimension}"`;
}

function toUsageRow(row: Record<string, unknown>, { by, overTime }: UsageQuery): UsageRow {
  const { at, provider, group, key, client, model, ...sums } = row;
  const named: Record<UsageDimension, unknown> = { provider, group, key, client, model };
  const of = Object.fromEntries(by.map((dimension) => [dimension, named[dimension] === '' ? null : named[dimension]]));
  return { at: overTime ? (at as number) : null, of, ...(sums as unknown as UsageSums) };
}

function identify(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? null : `${found.dev}:${found.ino}`;
}
