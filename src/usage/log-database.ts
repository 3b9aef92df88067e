import { closeSync, openSync, statSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { LogEntry } from '../model/request-log.ts';
import { BlockSignature } from './block-signature.ts';
import { NewerLogError } from './log-fault.ts';
import { parseLine, textsOf } from './log-line.ts';
import { createLogSchema, LOG_VERSION, readVersion } from './log-schema.ts';
import type { MinuteSums } from './rollup.ts';
import { UsageTable } from './usage-table.ts';

export interface LogDatabaseOptions {
  /** Absolute. */
  readonly path: string;
  /** Of the file and of SQLite's journal beside it. */
  readonly maxBytes: number;
}

/** What is filed in one transaction. */
export interface FiledBatch {
  /** Of the process that files it, with its number there: the same batch is never filed twice. */
  readonly session: string;
  readonly number: number;
  /** Each with the line it is to be kept as. */
  readonly entries: readonly { readonly entry: LogEntry; readonly line: string }[];
  /** What is to be added to the sums, of these entries and of earlier ones. */
  readonly sums: readonly MinuteSums[];
}

/** Entries that one signature speaks for. */
const BLOCK_ENTRIES = 1024;
/** Rows that one step of retention takes away: a few milliseconds. */
const STEP_ROWS = 500;
/** SQLite's journal is emptied into the file whenever it holds this many pages of 4 KB, and then starts again. */
const JOURNAL_PAGES = 1000;
const JOURNAL_BYTES = 2 * JOURNAL_PAGES * 4096;
/** Rows, their number, and room for pages that are half full. */
const OVERHEAD = 1.3;
const ENTRY_BYTES = 96;
/** Another program that reads the file holds it up for moments only. */
const BUSY_TIMEOUT_MS = 1_000;
const DAY_MS = 86_400_000;

/**
 * The request log's file, as its one writer sees it. Whatever throws leaves the file as it was and this object of no
 * more use: close it, and open another.
 */
export class LogDatabase {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #file: string;
  readonly #maxUsedBytes: number;
  readonly #statements: Readonly<Record<keyof typeof STATEMENTS, StatementSync>>;
  readonly #usage: UsageTable;
  #block = new OpenBlock();
  #nextSeq: number;

  /** Throws when the file cannot be had, is damaged, or is newer than this program. */
  constructor({ path, maxBytes }: LogDatabaseOptions) {
    this.#path = path;
    closeSync(openSync(path, 'a', 0o600));
    this.#file = identify(path);
    this.#maxUsedBytes = Math.max(maxBytes - JOURNAL_BYTES, JOURNAL_BYTES);
    const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    this.#database = database;
    try {
      const version = readVersion(database);
      if (version > LOG_VERSION) throw new NewerLogError();
      if (version === 0) createLogSchema(database);
      // A crash of this process loses nothing that was committed; one of the machine may lose the last commits.
      database.exec(
        `pragma journal_mode = wal; pragma synchronous = normal; pragma wal_autocheckpoint = ${JOURNAL_PAGES};
         pragma journal_size_limit = ${JOURNAL_BYTES}`,
      );
      this.#statements = prepareAll(database);
      this.#usage = new UsageTable(database);
      this.#nextSeq = this.#readNumber('lastSeq') + 1;
      this.#reopenBlock();
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Whether the file still lies where it was opened, and is the same. */
  get isInPlace(): boolean {
    return identify(this.#path) === this.#file;
  }

  /**
   * All or nothing. Makes room first, so that the file never exceeds its size by more than this. False when this batch
   * is in the file already.
   */
  file(batch: FiledBatch): boolean {
    return this.#transaction(() => {
      const { filed, markFiled } = this.#statements;
      const last = filed.get(batch.session)?.batch;
      if (typeof last === 'number' && last >= batch.number) return false;
      this.#makeRoom(batch);
      for (const { entry, line } of batch.entries) this.#insert(entry, line);
      this.#usage.add(batch.sums);
      markFiled.run(batch.session, batch.number);
      return true;
    });
  }

  addSums(sums: readonly MinuteSums[]): void {
    this.#transaction(() => this.#usage.add(sums));
  }

  /**
   * One step of taking away what is too old, of a few milliseconds; false when nothing was. The oldest entries go
   * first, and with them those that a wrong clock dated ahead.
   */
  prune(now: number, keptMs: number): boolean {
    const found = this.#transaction(() => {
      const oldest = this.#statements.oldest.all(STEP_ROWS) as { seq: number; at: number }[];
      const firstToStay = oldest.findIndex(({ at }) => at >= now - keptMs && at <= now + DAY_MS);
      const last = firstToStay === -1 ? oldest.at(-1) : oldest[firstToStay - 1];
      if (last !== undefined) this.#deleteUpTo(last.seq);
      return last !== undefined || this.#usage.prune(now);
    });
    return found || this.#shrink();
  }

  close(): void {
    this.#database.close();
  }

  #transaction<T>(act: () => T): T {
    this.#database.exec('begin immediate');
    try {
      const done = act();
      this.#database.exec('commit');
      return done;
    } catch (error) {
      // A full disk may have ended it already.
      if (this.#database.isTransaction) this.#database.exec('rollback');
      throw error;
    }
  }

  #insert(entry: LogEntry, line: string): void {
    const seq = this.#nextSeq++;
    const labels = [...new Set(entry.attempts.map(({ keyLabel }) => keyLabel))];
    const last = entry.attempts.at(-1)?.keyLabel ?? null;
    const others = labels.filter((label) => label !== last);
    const tried = others.length === 0 ? null : `\n${others.join('\n')}\n`;
    const { insertEntry, insertStory, insertBlock } = this.#statements;
    const { at, status, durationMs, end, model, client, provider } = entry;
    insertEntry.run(seq, at, status, durationMs, end, last, model, client, provider, tried);
    insertStory.run(seq, line);
    this.#block.add(seq, entry);
    if (this.#block.entries < BLOCK_ENTRIES) return;
    insertBlock.run(seq, this.#block.firstSeq, this.#block.firstAt, this.#block.lastAt, this.#block.signature.bytes);
    this.#block = new OpenBlock();
  }

  /** What a crash, or the last run, left without a signature gets one. */
  #reopenBlock(): void {
    const rows = this.#statements.unsigned.iterate(this.#readNumber('lastSigned'));
    for (const { seq, line } of rows as Iterable<{ seq: number; line: string }>) {
      const entry = parseLine(line);
      if (entry !== null) this.#block.add(seq, entry);
    }
  }

  #makeRoom({ entries }: FiledBatch): void {
    const bytes = entries.reduce((sum, { line }) => sum + (line.length + ENTRY_BYTES) * OVERHEAD, 0);
    while (this.#usedBytes() + bytes > this.#maxUsedBytes) {
      const oldest = this.#statements.oldest.all(STEP_ROWS) as { seq: number }[];
      const last = oldest.at(-1);
      if (last === undefined) return;
      this.#deleteUpTo(last.seq);
    }
  }

  #deleteUpTo(seq: number): void {
    const { deleteEntries, deleteStories, deleteBlocks } = this.#statements;
    deleteEntries.run(seq);
    deleteStories.run(seq);
    deleteBlocks.run(seq);
  }

  #usedBytes(): number {
    const { pages, freePages, pageSize } = this.#statements;
    return (firstNumber(pages) - firstNumber(freePages)) * firstNumber(pageSize);
  }

  /** Gives back to the disk what a smaller size no longer allows; deleting alone leaves the file as long as it was. */
  #shrink(): boolean {
    const { pages, freePages, pageSize } = this.#statements;
    if (firstNumber(freePages) === 0 || firstNumber(pages) * firstNumber(pageSize) <= this.#maxUsedBytes) return false;
    this.#database.exec(`pragma incremental_vacuum(${STEP_ROWS})`);
    return true;
  }

  #readNumber(name: 'lastSeq' | 'lastSigned'): number {
    return firstNumber(this.#statements[name]);
  }
}

const STATEMENTS = {
  lastSeq: 'select max((select coalesce(max(seq), 0) from entry), (select coalesce(max(last), 0) from block))',
  lastSigned: 'select coalesce(max(last), 0) from block',
  unsigned: 'select seq, line from story where seq > ? order by seq',
  filed: 'select batch from filed where session = ?',
  markFiled: 'insert or replace into filed values (1, ?, ?)',
  insertEntry: 'insert into entry values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  insertStory: 'insert into story values (?, ?)',
  insertBlock: 'insert into block values (?, ?, ?, ?, ?)',
  oldest: 'select seq, at from entry order by seq limit ?',
  deleteEntries: 'delete from entry where seq <= ?',
  deleteStories: 'delete from story where seq <= ?',
  deleteBlocks: 'delete from block where last <= ?',
  pages: 'pragma page_count',
  freePages: 'pragma freelist_count',
  pageSize: 'pragma page_size',
} as const;

function prepareAll(database: DatabaseSync): Record<keyof typeof STATEMENTS, StatementSync> {
  const prepared = Object.entries(STATEMENTS).map(([name, sql]) => [name, database.prepare(sql)]);
  return Object.fromEntries(prepared) as Record<keyof typeof STATEMENTS, StatementSync>;
}

function firstNumber(statement: StatementSync): number {
  const [value] = Object.values(statement.get() ?? {});
  if (typeof value !== 'number') throw new Error(`Not a number: ${String(value)}`);
  return value;
}

/** Entries that have no signature yet. */
class OpenBlock {
  readonly signature = new BlockSignature();
  entries = 0;
  firstSeq = 0;
  firstAt = Number.MAX_SAFE_INTEGER;
  lastAt = 0;

  add(seq: number, entry: LogEntry): void {
    if (this.entries++ === 0) this.firstSeq = seq;
    this.firstAt = Math.min(this.firstAt, entry.at);
    this.lastAt = Math.max(this.lastAt, entry.at);
    sign(this.signature, entry);
  }
}

function sign(signature: BlockSignature, entry: LogEntry): void {
  signature.addValue('id', entry.id);
  signature.addValue('provider', entry.provider ?? '');
  signature.addValue('client', entry.client ?? '');
  signature.addValue('model', entry.model ?? '');
  signature.addValue('end', entry.end);
  signature.addValue('status', String(entry.status));
  for (const { keyLabel } of entry.attempts) signature.addValue('key', keyLabel);
  // Ids are random: their pieces would make every signature look like every other.
  for (const text of textsOf(entry).slice(1)) signature.addText(text);
}

function identify(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? 'gone' : `${found.dev}:${found.ino}`;
}
