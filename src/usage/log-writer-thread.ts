import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../clock.ts';
import type { BatchToWrite, LogSettings, WriterReply, WriterRequest, WriterThreadData } from './log-messages.ts';
import { packRecords } from './pack-records.ts';

export interface LogWriterThreadOptions {
  readonly data: WriterThreadData;
  readonly clock: Clock;
  /** One for each batch, in their order, unless the thread fails before. */
  readonly onReply: (reply: WriterReply) => void;
  /** Whatever was not answered will not be. `reason` is a clause. */
  readonly onFailure: (reason: string) => void;
}

/** Built, it is a file of its own beside the bundle; from source, one beside this. */
const WORKER_FILE = import.meta.url.endsWith('.ts') ? './log-writer-worker.ts' : './log-writer-worker.mjs';

/** A disk that keeps the thread waiting for longer hangs. */
const ANSWER_WITHIN_MS = 30_000;

/** The thread that writes the log, started anew when it has failed and there is something to write. */
export class LogWriterThread {
  readonly #options: LogWriterThreadOptions;
  #settings: LogSettings;
  #worker: Worker | null = null;
  #unanswered = 0;
  #patience: Timer | null = null;

  constructor(options: LogWriterThreadOptions) {
    this.#options = options;
    this.#settings = options.data.settings;
  }

  write({ records, ...batch }: BatchToWrite): void {
    this.#unanswered++;
    this.#watch();
    this.#post({ kind: 'write', batch: { ...batch, packed: packRecords(records) } });
  }

  apply(settings: LogSettings): void {
    this.#settings = settings;
    if (this.#worker !== null) this.#post({ kind: 'settings', settings });
  }

  /** Once everything before is done, or at once when the thread hangs. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === null) return;
    this.#patience?.cancel();
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.removeAllListeners('error');
    worker.on('error', () => {});
    this.#worker = null;
    if (this.#unanswered > 0) await worker.terminate();
    else worker.postMessage({ kind: 'close' } satisfies WriterRequest);
    await ended;
  }

  #post(request: WriterRequest): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(request);
  }

  #start(): Worker {
    const workerData: WriterThreadData = { ...this.#options.data, settings: this.#settings };
    const worker = new Worker(new URL(WORKER_FILE, import.meta.url), { workerData, name: 'request log' });
    // Nothing that still runs shall be kept running by the log alone; `close` waits for it.
    worker.unref();
    worker.on('message', (reply: WriterReply) => {
      if (worker !== this.#worker) return;
      this.#unanswered--;
      this.#watch();
      this.#options.onReply(reply);
    });
    worker.on('error', (error) => this.#fail(worker, `its thread failed (${error.message})`));
    worker.on('exit', () => this.#fail(worker, 'its thread ended'));
    return worker;
  }

  #watch(): void {
    this.#patience?.cancel();
    this.#patience = null;
    if (this.#unanswered === 0) return;
    this.#patience = this.#options.clock.setTimer(ANSWER_WITHIN_MS, () => {
      const worker = this.#worker;
      if (worker === null) return;
      this.#fail(worker, `the disk has not answered for ${ANSWER_WITHIN_MS / 1000} s`);
      void worker.terminate();
    });
  }

  #fail(worker: Worker, reason: string): void {
    if (worker !== this.#worker) return;
    this.#worker = null;
    this.#unanswered = 0;
    this.#patience?.cancel();
    this.#patience = null;
    this.#options.onFailure(reason);
  }
}
