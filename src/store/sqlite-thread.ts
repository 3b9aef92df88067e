import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../clock.ts';
import { RotatoError } from '../errors.ts';
import { SqliteFault } from './sqlite-fault.ts';
import type { DatabaseFile, SqliteAnswer, SqliteReply, SqliteRequest, SqliteStatement } from './sqlite-messages.ts';

export interface SqliteThreadOptions {
  readonly clock: Clock;
  /** A statement that takes longer means that the disk hangs: the thread is given up. */
  readonly statementTimeoutMs: number;
}

interface Pending {
  readonly resolve: (answer: SqliteAnswer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: Timer;
}

/** Built, it is a file of its own beside the bundle; from source, one beside this. */
const WORKER_FILE = import.meta.url.endsWith('.ts') ? './sqlite-worker.ts' : './sqlite-worker.mjs';

/**
 * One database file at a time, in a worker thread of its own. What is asked is done in that order. The thread keeps the
 * process alive only while it has something to do.
 */
export class SqliteThread {
  readonly #options: SqliteThreadOptions;
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  readonly #pending: Pending[] = [];
  #path = '';
  #inTransaction = false;
  #failure: RotatoError | null = null;

  constructor(options: SqliteThreadOptions) {
    this.#options = options;
    // Without the flags of the process: some of them, such as --input-type, keep a worker from starting.
    this.#worker = new Worker(new URL(WORKER_FILE, import.meta.url), { name: 'sqlite', execArgv: [] });
    this.#worker.unref();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ended = promise;
    this.#worker.on('message', (reply: SqliteReply) => this.#settle(reply));
    this.#worker.on('error', (error) => this.#fail('its thread failed', error));
    this.#worker.on('exit', () => {
      this.#fail('its thread ended');
      resolve();
    });
  }

  get inTransaction(): boolean {
    return this.#inTransaction;
  }

  /** In place of the file that is open. Everything here rejects as `run` does. */
  async open(file: DatabaseFile): Promise<void> {
    this.#path = file.path;
    await this.#ask({ kind: 'open', file });
  }

  async closeFile(): Promise<void> {
    await this.#ask({ kind: 'close' });
  }

  /** Rejects with a `SqliteFault`, or with `store-unavailable` once the thread is gone. */
  run(statement: SqliteStatement): Promise<SqliteAnswer> {
    return this.#ask({ kind: 'run', ...statement });
  }

  /** Closes the file and ends, after everything that was asked before. */
  async end(): Promise<void> {
    this.#worker.ref();
    if (this.#failure === null) this.#worker.postMessage({ kind: 'end' } satisfies SqliteRequest);
    await this.#ended;
  }

  #ask(request: SqliteRequest): Promise<SqliteAnswer> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const { clock, statementTimeoutMs } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<SqliteAnswer>();
    const timer = clock.setTimer(statementTimeoutMs, () => {
      this.#fail(`it has not answered for ${Math.round(statementTimeoutMs / 1000)} s`);
      void this.#worker.terminate();
    });
    if (this.#pending.push({ resolve, reject, timer }) === 1) this.#worker.ref();
    this.#worker.postMessage(request);
    return promise;
  }

  #settle(reply: SqliteReply): void {
    const pending = this.#pending.shift();
    // Given up already: what comes after a time-out has nobody waiting for it.
    if (pending === undefined) return;
    if (this.#pending.length === 0) this.#worker.unref();
    pending.timer.cancel();
    this.#inTransaction = reply.inTransaction;
    if ('fault' in reply) pending.reject(new SqliteFault(reply.fault));
    else pending.resolve(reply);
  }

  #fail(reason: string, cause?: unknown): void {
    this.#failure ??= new RotatoError(
      'store-unavailable',
      `The database ${this.#path} stopped working: ${reason}. Whether the last change was kept is not known; restart rotato to see what was.`,
      { cause },
    );
    this.#inTransaction = false;
    for (const { reject, timer } of this.#pending.splice(0)) {
      timer.cancel();
      reject(this.#failure);
    }
  }
}
