import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';

/**
 * A file for what may be lost at the price of learning it again, such as what the pool knows of limits. It is written
 * whole and put in place in one step, so a crash leaves the old or the new one, never half of either.
 */
export class MemoryFile {
  readonly #path: string;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /** What was saved last; null when there is nothing, or nothing that can be read. `warn` is told why. */
  load(warn: (text: string) => void): unknown {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') warn(`${this.#path} cannot be read (${code}); what it held is learned anew.`);
      return null;
    }
    try {
      return JSON.parse(text);
    } catch {
      const kept = `${this.#path}.damaged`;
      renameSync(this.#path, kept);
      warn(`${this.#path} is damaged and was set aside as ${kept}; what it held is learned anew.`);
      return null;
    }
  }

  /** One write at a time, in order. Rejects when the disk refuses; the file then holds what it held before. */
  save(value: unknown): Promise<void> {
    const text = JSON.stringify(value);
    const write = () => writeInPlace(this.#path, text);
    this.#writing = this.#writing.then(write, write);
    return this.#writing;
  }
}

async function writeInPlace(path: string, text: string): Promise<void> {
  const temporary = temporaryName(path);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function temporaryName(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}.tmp`;
}
