import type { Clock, Timer } from '../clock.ts';
import type { Log } from '../log.ts';
import type { MemoryFile } from '../store/memory-file.ts';

export interface MemoryKeeperParts {
  readonly file: MemoryFile;
  readonly clock: Clock;
  readonly log: Log;
  /** What is to be kept, as plain JSON. */
  readonly collect: () => unknown;
}

/** At most this much learning is lost to a crash. */
const SAVE_EVERY_MS = 5_000;

/** Saves what was learned some seconds after something was, and once more at the end. Nobody waits for it. */
export class MemoryKeeper {
  readonly #parts: MemoryKeeperParts;
  #timer: Timer | null = null;
  /** A disk that refuses is complained of once, until it obliges again. */
  #failing = false;

  constructor(parts: MemoryKeeperParts) {
    this.#parts = parts;
  }

  /** Something may have been learned. */
  touch(): void {
    this.#timer ??= this.#parts.clock.setTimer(SAVE_EVERY_MS, () => {
      this.#timer = null;
      void this.#save();
    });
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    await this.#save();
  }

  async #save(): Promise<void> {
    const { file, collect, log } = this.#parts;
    try {
      await file.save(collect());
      this.#failing = false;
    } catch (error) {
      if (!this.#failing)
        log.warn('What the pool learned cannot be saved; a restart will learn it again', { err: error });
      this.#failing = true;
    }
  }
}
