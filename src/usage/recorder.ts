import { randomUUID } from 'node:crypto';
import type { Clock, Timer } from '../clock.ts';
import type { Log } from '../log.ts';
import type { ExchangeRecord } from '../model/exchange.ts';
import type { LogEntry } from '../model/request-log.ts';
import type { LogSettings, WriterReply } from './log-messages.ts';
import { LogWriterThread } from './log-writer-thread.ts';

export interface RecorderOptions {
  readonly settings: LogSettings;
  readonly clock: Clock;
  readonly log: Log;
}

/** How the log is doing, for whoever shows it. */
export interface RecorderHealth {
  /** A clause that says what cannot be written; null while all is well. */
  readonly problem: string | null;
  /** Since when, wall-clock milliseconds. */
  readonly since: number | null;
  /** Records that wait to be written. */
  readonly backlog: number;
  /** Records that were given up since the start, because too many waited. */
  readonly lost: number;
}

/** What is taken together: hardly a millisecond of this thread's time to hand over. */
const BATCH_RECORDS = 64;
/** A process that is killed loses what came in this long before, and what the thread was just writing. */
const LONGEST_WAIT_MS = 250;
/** Batches that the thread has and has not answered. */
const MOST_HANDED_OVER = 8;
/** About 20 MB; a disk that is away for longer costs the oldest. */
const MOST_WAITING = 10_000;
const TRY_AGAIN_MS = 1_000;
const WARN_EVERY_MS = 60_000;
const CLOSE_WITHIN_MS = 3_000;

interface Batch {
  readonly number: number;
  readonly records: readonly ExchangeRecord[];
  /** It was handed over once, so that whoever listens has heard of it. */
  readonly isTold: boolean;
  /** What is left to do is the database. Lines that were refused are tried again together with it, but not for themselves. */
  readonly areLinesWritten: boolean;
}

/**
 * Keeps the story of every request, in a thread of its own. `record` never waits and never throws; when the disk
 * refuses, requests are relayed as ever, one warning a minute says so, and what still waits is written once it can be.
 */
export class Recorder {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #writer: LogWriterThread;
  readonly #listeners = new Set<(entries: readonly LogEntry[]) => void>();
  #fresh: ExchangeRecord[] = [];
  /** By their numbers. */
  #waiting: Batch[] = [];
  /** Without an answer yet, in the order they were handed over. */
  #handedOver: Batch[] = [];
  #numbers = 0;
  #lost = 0;
  #timer: Timer | null = null;
  /** While the database fails, until it is tried again. */
  #pause: Timer | null = null;
  #databaseProblem: string | null = null;
  #linesProblem: string | null = null;
  #since: number | null = null;
  #warnedAt = Number.NEGATIVE_INFINITY;
  #idle: (() => void) | null = null;

  constructor({ settings, clock, log }: RecorderOptions) {
    this.#clock = clock;
    this.#log = log;
    this.#writer = new LogWriterThread({
      data: { session: randomUUID(), settings },
      clock,
      onReply: (reply) => this.#onReply(reply),
      onFailure: (reason) => this.#onFailure(reason),
    });
  }

  record(record: ExchangeRecord): void {
    if (this.#fresh.push(record) >= BATCH_RECORDS) this.#flush();
    else this.#timer ??= this.#clock.setTimer(LONGEST_WAIT_MS, () => this.#flush());
  }

  /** Hears of entries in the order they are filed, priced, shortly after they ended. Returns how to stop. */
  tail(listener: (entries: readonly LogEntry[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  apply(settings: LogSettings): void {
    this.#writer.apply(settings);
  }

  get health(): RecorderHealth {
    const problem = this.#databaseProblem ?? this.#linesProblem;
    return { problem, since: this.#since, backlog: this.#backlog, lost: this.#lost };
  }

  /** Writes what is left, unless the disk keeps it waiting for too long. */
  async close(): Promise<void> {
    this.#flush();
    await this.#written();
    this.#pause?.cancel();
    const { problem, backlog } = this.health;
    if (backlog > 0) this.#log.warn('The last requests could not be logged', { requests: backlog, reason: problem });
    await this.#writer.close();
  }

  #written(): Promise<void> {
    if (this.#backlog === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const giveUp = this.#clock.setTimer(CLOSE_WITHIN_MS, resolve);
      this.#idle = () => {
        giveUp.cancel();
        resolve();
      };
    });
  }

  get #backlog(): number {
    return this.#fresh.length + countRecords(this.#waiting) + countRecords(this.#handedOver);
  }

  #flush(): void {
    this.#timer?.cancel();
    this.#timer = null;
    const records = this.#fresh;
    if (records.length > 0) {
      this.#fresh = [];
      this.#waiting.push({ number: ++this.#numbers, records, isTold: false, areLinesWritten: false });
      this.#giveUpOldest();
    }
    this.#handOver();
  }

  #handOver(): void {
    while (this.#handedOver.length < MOST_HANDED_OVER) {
      const next = this.#takeNext();
      if (next === undefined) return;
      this.#handedOver.push(next);
      const { number, records, areLinesWritten } = next;
      const isFirst = this.#handedOver.length === 1;
      this.#writer.write({ number, isFirst, records, toLines: !areLinesWritten, toDatabase: this.#pause === null });
    }
  }

  /** While the database rests, there are still lines to be written. */
  #takeNext(): Batch | undefined {
    if (this.#pause === null) return this.#waiting.shift();
    const at = this.#waiting.findIndex(({ isTold }) => !isTold);
    return at === -1 ? undefined : this.#waiting.splice(at, 1)[0];
  }

  #giveUpOldest(): void {
    while (countRecords(this.#waiting) > MOST_WAITING) this.#lost += this.#waiting.shift()?.records.length ?? 0;
  }

  #onReply(reply: WriterReply): void {
    const batch = this.#handedOver.shift();
    if (batch === undefined) return;
    if (!batch.isTold) this.#tell(batch.records, reply);
    if (!batch.areLinesWritten) this.#linesProblem = reply.linesProblem;
    const areLinesWritten = batch.areLinesWritten || reply.linesProblem === null;
    if (reply.isInDatabase) this.#databaseProblem = null;
    else this.#bringBack([{ ...batch, isTold: true, areLinesWritten }], reply.databaseProblem);
    this.#reportHealth();
    this.#handOver();
    if (this.#backlog === 0) this.#idle?.();
  }

  /** The thread ended, or hangs: what it had may have been written, which the next one will see by the numbers. */
  #onFailure(reason: string): void {
    this.#bringBack(this.#handedOver.splice(0), reason);
    this.#reportHealth();
  }

  /** `problem` is null where the database was not tried. */
  #bringBack(batches: readonly Batch[], problem: string | null): void {
    this.#waiting = [...batches, ...this.#waiting].sort((one, other) => one.number - other.number);
    this.#giveUpOldest();
    if (problem === null) return;
    this.#databaseProblem = problem;
    this.#pause ??= this.#clock.setTimer(TRY_AGAIN_MS, () => {
      this.#pause = null;
      this.#handOver();
    });
  }

  #reportHealth(): void {
    const { problem, backlog, lost } = this.health;
    if (problem === null) {
      if (this.#since !== null) this.#log.info('The request log is written again');
      this.#since = null;
      return;
    }
    this.#since ??= this.#clock.wallNow();
    const now = this.#clock.now();
    if (now - this.#warnedAt < WARN_EVERY_MS) return;
    this.#warnedAt = now;
    const facts = { reason: problem, waiting: backlog, ...(lost > 0 && { lost }) };
    this.#log.warn('The request log cannot be written; requests are relayed as ever', facts);
  }

  #tell(records: readonly ExchangeRecord[], { costs }: WriterReply): void {
    if (this.#listeners.size === 0) return;
    const entries = records.map((record, at): LogEntry => {
      const { costUsd = null, pricedBy = null } = costs[at] ?? {};
      return { ...record, costUsd, pricedBy };
    });
    for (const listener of this.#listeners) listener(entries);
  }
}

function countRecords(batches: readonly Batch[]): number {
  return batches.reduce((sum, { records }) => sum + records.length, 0);
}
