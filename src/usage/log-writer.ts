import { renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { LogEntry } from '../model/request-log.ts';
import { LineFile } from './line-file.ts';
import { LogDatabase } from './log-database.ts';
import { explainLogFault, isDamage } from './log-fault.ts';
import { boundRecord, formatLine } from './log-line.ts';
import type { BatchToWrite, Cost, LogSettings, WriterReply } from './log-messages.ts';
import { LOG_FILE } from './log-schema.ts';
import { PriceList } from './prices.ts';
import { UsageBook } from './rollup.ts';
import { SteadyDate } from './steady-date.ts';

const SUMS_EVERY_MS = 1_000;

/** Where a damaged database is put aside, in place of one that was put there before. */
const DAMAGED_FILE = 'log.damaged.db';

/**
 * Writes batches to the database and to logs.jsonl, each whether or not the other can be written. Blocks its thread: it
 * belongs into a worker. Opens what is not open, and after a failure anew, so that it goes on as soon as the disk does.
 */
export class LogWriter {
  readonly #session: string;
  readonly #clock: Clock;
  readonly #date: SteadyDate;
  #settings: LogSettings;
  #prices: PriceList;
  #lines: LineFile | null;
  #database: LogDatabase | null = null;
  /** Sums that are not in the database yet. Many entries add to the same ones, so they are written once a second. */
  readonly #usage = new UsageBook();
  #sumsWrittenAt: number;
  /** Why the batch before failed: batches are filed in their order, so those handed over with it fail likewise. */
  #problem: string | null = null;

  constructor(session: string, settings: LogSettings, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
    this.#date = new SteadyDate(clock);
    this.#sumsWrittenAt = clock.now();
    this.#settings = settings;
    this.#prices = new PriceList(settings.prices);
    this.#lines = lineFileOf(settings);
  }

  apply(settings: LogSettings): void {
    this.#settings = settings;
    this.#prices = new PriceList(settings.prices);
    this.#lines = lineFileOf(settings);
    // Its size is settled when it is opened.
    this.#closeDatabase();
  }

  write(batch: BatchToWrite): WriterReply {
    const entries = batch.records.map((record): LogEntry => ({ ...boundRecord(record), ...this.#costOf(record) }));
    const written = entries.map((entry) => ({ entry, line: formatLine(entry) }));
    const linesProblem = batch.toLines ? this.#toLines(written) : null;
    const databaseProblem = batch.toDatabase ? this.#toDatabase(batch, written) : null;
    return {
      number: batch.number,
      costs: entries.map(({ costUsd, pricedBy }) => ({ costUsd, pricedBy })),
      isInDatabase: batch.toDatabase && databaseProblem === null,
      databaseProblem,
      linesProblem,
    };
  }

  /** One step of retention, of a few milliseconds; true when another is due. A failure shows in the next write. */
  prune(): boolean {
    const now = this.#date.now();
    if (now === null) return false;
    try {
      return this.#openDatabase().prune(now, this.#settings.keptMs);
    } catch {
      this.#closeDatabase();
      return false;
    }
  }

  get hasUnwrittenSums(): boolean {
    return !this.#usage.isEmpty;
  }

  /** For when nothing has come for a while. A failure shows in the next write, which takes the sums along. */
  writeSums(): void {
    if (this.#usage.isEmpty || this.#problem !== null) return;
    try {
      this.#openDatabase().addSums(this.#usage.list());
      this.#sumsAreWritten();
    } catch {
      this.#closeDatabase();
    }
  }

  close(): void {
    this.writeSums();
    this.#closeDatabase();
  }

  #costOf(record: BatchToWrite['records'][number]): Cost {
    const price = this.#prices.priceOf(record);
    return { costUsd: price?.usd ?? null, pricedBy: price?.by ?? null };
  }

  #toLines(written: readonly { readonly line: string }[]): string | null {
    try {
      this.#lines?.append(written.map(({ line }) => line));
      return null;
    } catch (error) {
      return `logs.jsonl in ${this.#settings.folder}: ${explainLogFault(error)}`;
    }
  }

  #toDatabase(batch: BatchToWrite, entries: readonly { entry: LogEntry; line: string }[]): string | null {
    if (this.#problem !== null && !batch.isFirst) return this.#problem;
    const areSumsDue = this.#clock.now() - this.#sumsWrittenAt >= SUMS_EVERY_MS;
    try {
      const sums = areSumsDue ? this.#usage.list() : [];
      const isNew = this.#openDatabase().file({ session: this.#session, number: batch.number, entries, sums });
      if (isNew && areSumsDue) this.#sumsAreWritten();
      if (isNew) for (const { entry } of entries) this.#usage.add(entry);
      this.#problem = null;
    } catch (error) {
      this.#closeDatabase();
      this.#problem = `${LOG_FILE} in ${this.#settings.folder}: ${this.#makeSenseOf(error)}`;
    }
    return this.#problem;
  }

  #sumsAreWritten(): void {
    this.#usage.clear();
    this.#sumsWrittenAt = this.#clock.now();
  }

  #openDatabase(): LogDatabase {
    if (this.#database?.isInPlace === false) this.#closeDatabase();
    this.#database ??= new LogDatabase({ path: this.#path, maxBytes: this.#settings.maxBytes });
    return this.#database;
  }

  #closeDatabase(): void {
    const database = this.#database;
    this.#database = null;
    try {
      database?.close();
    } catch {
      // What failed is told already; a file that cannot be closed properly is no further loss.
    }
  }

  /** A damaged log must not keep the next entries from being written: it is put aside, whole. */
  #makeSenseOf(error: unknown): string {
    if (!isDamage(error)) return explainLogFault(error);
    const aside = join(this.#settings.folder, DAMAGED_FILE);
    try {
      for (const suffix of ['', '-wal', '-shm']) moveIfThere(`${this.#path}${suffix}`, `${aside}${suffix}`);
      return `the file is damaged; it is kept as ${DAMAGED_FILE}, and a new one is begun`;
    } catch {
      return 'the file is damaged, and cannot be put aside; move it away';
    }
  }

  get #path(): string {
    return join(this.#settings.folder, LOG_FILE);
  }
}

function lineFileOf({ folder, maxLineBytes }: LogSettings): LineFile | null {
  return maxLineBytes === null ? null : new LineFile({ folder, maxBytes: maxLineBytes });
}

function moveIfThere(from: string, to: string): void {
  rmSync(to, { force: true });
  if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, to);
}
