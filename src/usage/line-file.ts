import { closeSync, constants, fstatSync, ftruncateSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface LineFileOptions {
  /** Absolute. */
  readonly folder: string;
  /** Of the two files together. */
  readonly maxBytes: number;
}

/**
 * `logs.jsonl`, which people and programs read with tools of their own, and may rename, empty or delete at any time:
 * it is opened anew for every batch. At half its size it becomes `logs.1.jsonl`, taking the place of the one before.
 */
export class LineFile {
  readonly #path: string;
  readonly #older: string;
  readonly #halfBytes: number;

  constructor({ folder, maxBytes }: LineFileOptions) {
    this.#path = join(folder, 'logs.jsonl');
    this.#older = join(folder, 'logs.1.jsonl');
    this.#halfBytes = Math.floor(maxBytes / 2);
  }

  /** Throws what the disk says; then none of them was written. */
  append(lines: readonly string[]): void {
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    const size = this.#sizeNow();
    const isFull = size > 0 && size + bytes.length > this.#halfBytes;
    if (isFull) renameSync(this.#path, this.#older);
    const file = openForAppending(this.#path);
    try {
      writeWhole(file, bytes, isFull ? 0 : size);
    } finally {
      closeSync(file);
    }
  }

  #sizeNow(): number {
    return statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
  }
}

const OWNER_ONLY = 0o600;

/** Never waits: opening a pipe that nobody reads would, so it fails instead. */
function openForAppending(path: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
  const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, OWNER_ONLY);
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  throw new Error(`${path} is not a file`);
}

/** All of it or, when the disk refuses, none: half a line and the next whole one would read as a single broken one. */
function writeWhole(file: number, bytes: Buffer, size: number): void {
  try {
    let written = 0;
    while (written < bytes.length) written += writeSync(file, bytes, written);
  } catch (error) {
    ftruncateSync(file, size);
    throw error;
  }
}
