import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const MB = 1024 * 1024;
const LOOK_EVERY_MS = 200;

/** Watches how far memory grows from now on. Garbage is collected before each look: it is no growth. */
export class MemoryWatch {
  readonly #before: number;
  readonly #looking: NodeJS.Timeout;
  #peak = 0;

  constructor() {
    this.#before = inUse();
    this.#looking = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#looking.unref();
  }

  /** The most that was in use at any look, beyond what was in use at the beginning. Ends the watch. */
  peakMb(): number {
    clearInterval(this.#looking);
    this.#look();
    return this.#peak / MB;
  }

  #look(): void {
    this.#peak = Math.max(this.#peak, inUse() - this.#before);
  }
}

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** In both heaps, the engine's and that of buffers. */
function inUse(): number {
  collectGarbage();
  // Buffers are freed behind the collector's back; the next collection waits for that.
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
