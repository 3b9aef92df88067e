import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { RotatoError } from '../errors.ts';
import type { LogEntry, LogFilter, LogPage, RequestLog, UsageQuery, UsageRow } from '../model/request-log.ts';
import type { ReaderQuestion, ReaderReply, ReaderRequest } from './log-messages.ts';
import { LOG_FILE } from './log-schema.ts';

/** Built, it is a file of its own beside the bundle; from source, one beside this. */
const WORKER_FILE = import.meta.url.endsWith('.ts') ? './log-reader-worker.ts' : './log-reader-worker.mjs';

/** Each takes a fraction of a second; whoever would wait behind more is better told. */
const MOST_PENDING = 64;

interface Pending {
  readonly resolve: (found: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Reads the log in a thread of its own, which starts with the first question and keeps nobody from exiting. */
export class WorkerRequestLog implements RequestLog {
  readonly #path: string;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | null = null;
  #numbers = 0;

  /** `folder` is the data directory, absolute. */
  constructor(folder: string) {
    this.#path = join(folder, LOG_FILE);
  }

  search(filter: LogFilter, page: { readonly cursor: string | null; readonly limit: number }): Promise<LogPage> {
    return this.#ask({ kind: 'search', filter, page }) as Promise<LogPage>;
  }

  get(id: string): Promise<LogEntry | null> {
    return this.#ask({ kind: 'get', id }) as Promise<LogEntry | null>;
  }

  usage(query: UsageQuery): Promise<readonly UsageRow[]> {
    return this.#ask({ kind: 'usage', query }) as Promise<readonly UsageRow[]>;
  }

  /** After everything that was asked. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === null) return;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.postMessage(null satisfies ReaderRequest);
    await ended;
  }

  #ask(question: ReaderQuestion): Promise<unknown> {
    if (this.#pending.size >= MOST_PENDING) {
      return Promise.reject(unavailable('too many searches are running; try again in a moment'));
    }
    const number = ++this.#numbers;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(number, { resolve, reject });
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#worker.postMessage({ number, question } satisfies ReaderRequest);
    return promise;
  }

  #start(): Worker {
    const worker = new Worker(new URL(WORKER_FILE, import.meta.url), { workerData: this.#path, name: 'log search' });
    worker.on('message', (reply: ReaderReply) => this.#settle(worker, reply));
    worker.on('error', (error) => this.#fail(worker, `its thread failed (${error.message})`));
    worker.on('exit', () => this.#fail(worker, 'its thread ended'));
    return worker;
  }

  #settle(worker: Worker, reply: ReaderReply): void {
    const pending = this.#pending.get(reply.number);
    this.#pending.delete(reply.number);
    if (this.#pending.size === 0) worker.unref();
    if ('problem' in reply) pending?.reject(unavailable(reply.problem));
    else pending?.resolve(reply.found);
  }

  #fail(worker: Worker, reason: string): void {
    if (worker !== this.#worker) return;
    this.#worker = null;
    for (const { reject } of this.#pending.values()) reject(unavailable(reason));
    this.#pending.clear();
  }
}

function unavailable(reason: string): RotatoError {
  return new RotatoError('store-unavailable', `The request log cannot be read: ${reason}.`);
}
