import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY_BYTES = 1024 * 1024;
const READ_BYTES = 64 * 1024;

/** What all exchanges together may keep for sending a body again, in memory and on disk. */
export class ReplayBudget {
  readonly #limitBytes: number;
  #usedBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  take(bytes: number): boolean {
    if (this.#usedBytes + bytes > this.#limitBytes) return false;
    this.#usedBytes += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes;
  }
}

/**
 * The beginning of one body, as far as it has been read, so that another attempt can send it again: 1 MB in memory,
 * what follows in a file that has no name any more and that nobody else may open. When the budget is spent it forgets
 * everything and the body can no longer be sent again.
 */
export class ReplayStore {
  readonly #budget: ReplayBudget;
  #memory: Buffer[] = [];
  #memoryBytes = 0;
  #file: FileHandle | null = null;
  /** Written and readable. */
  #fileBytes = 0;
  #takenBytes = 0;
  #lost = false;

  constructor(budget: ReplayBudget) {
    this.#budget = budget;
  }

  /** False once the budget was spent: what was read is gone. */
  get complete(): boolean {
    return !this.#lost;
  }

  /** One call at a time. */
  async append(chunk: Buffer): Promise<void> {
    if (this.#lost) return;
    if (!this.#budget.take(chunk.length)) return this.#lose();
    this.#takenBytes += chunk.length;
    if (this.#file === null && this.#memoryBytes + chunk.length <= MEMORY_BYTES) {
      this.#memory.push(chunk);
      this.#memoryBytes += chunk.length;
      return;
    }
    try {
      await this.#appendToFile(chunk);
    } catch {
      // A full or missing temporary disk costs the second attempt, never the first.
      await this.#lose();
    }
  }

  async #appendToFile(chunk: Buffer): Promise<void> {
    const file = this.#file ?? (await openUnlinked());
    // Closed while the file was being made.
    if (this.#lost) return file.close();
    this.#file = file;
    const { bytesWritten } = await file.write(chunk, 0, chunk.length, this.#fileBytes);
    if (bytesWritten < chunk.length) throw new Error('The temporary disk is full.');
    // Counted only now: who reads meanwhile must not be promised what is not there yet.
    if (!this.#lost) this.#fileBytes += chunk.length;
  }

  /** How much can be read. */
  get lengthBytes(): number {
    return this.#memoryBytes + this.#fileBytes;
  }

  /** What is kept from `offset` on, as far as it reaches now. `offset` is where an earlier read of this store ended. */
  async *readFrom(offset: number): AsyncGenerator<Buffer> {
    let at = 0;
    for (const chunk of this.#memory) {
      at += chunk.length;
      if (at > offset) yield chunk.subarray(Math.max(0, offset - (at - chunk.length)));
    }
    const end = this.#fileBytes;
    for (let position = Math.max(0, offset - this.#memoryBytes); position < end && this.#file !== null; ) {
      const length = Math.min(READ_BYTES, end - position);
      const { bytesRead, buffer } = await this.#file.read(Buffer.allocUnsafe(length), 0, length, position);
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  async close(): Promise<void> {
    if (!this.#lost) await this.#lose();
  }

  async #lose(): Promise<void> {
    this.#lost = true;
    this.#budget.give(this.#takenBytes);
    this.#takenBytes = 0;
    this.#memory = [];
    this.#memoryBytes = 0;
    this.#fileBytes = 0;
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }
}

async function openUnlinked(): Promise<FileHandle> {
  const path = join(tmpdir(), `rotato-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}
