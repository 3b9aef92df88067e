import { readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { RotatoError } from '../errors.ts';
import { keepFolderPrivate, makePrivateFile, replacePrivateFile, withinDataDir } from './private-files.ts';
import { SqliteFault } from './sqlite-fault.ts';

export interface LockOptions {
  /** What to do when another process has it, as a sentence. */
  readonly remedy?: string;
}

const STOP_OR_MOVE = 'Stop it first, or give this one a data directory of its own with --data.';
const MOST_SHOWN = 200;

/** Those in force. A database that nobody refers to any more is collected and closed, and its lock would fall. */
const held = new Set<DatabaseSync>();

/**
 * One process per data directory: its settings are held in memory and written by nobody else. The lock is an exclusive
 * transaction on `lock.db` that never writes. The kernel ends it with the process, however that ends, so there is no
 * stale lock to clear away; `lock.txt` beside it only says who holds it.
 *
 * The kernel's locks belong to the process and fall when it closes the file by any way: apart from here, nothing in
 * this program may open `lock.db`.
 */
export class DataDirLock {
  readonly #database: DatabaseSync;
  readonly #notePath: string;

  private constructor(database: DatabaseSync, notePath: string) {
    this.#database = database;
    this.#notePath = notePath;
    held.add(database);
  }

  /** Makes the folder if need be. Throws `bad-configuration`, naming the process that has it, or why it cannot be had. */
  static take(dataDir: string, { remedy = STOP_OR_MOVE }: LockOptions = {}): DataDirLock {
    const path = join(dataDir, 'lock.db');
    const notePath = join(dataDir, 'lock.txt');
    withinDataDir(dataDir, () => {
      keepFolderPrivate(dataDir);
      makePrivateFile(path);
    });
    const database = beginExclusive(path, dataDir, () => {
      const holder = readNote(notePath);
      return new RotatoError(
        'bad-configuration',
        `The data directory ${dataDir} is in use by another rotato${holder === null ? '' : ` (${holder})`}. ${remedy}`,
      );
    });
    const lock = new DataDirLock(database, notePath);
    withinDataDir(dataDir, () => lock.describe(null));
    return lock;
  }

  /** Notes, for whoever is refused, where this process listens. */
  describe(url: string | null): void {
    const where = url === null ? '' : `, ${url}`;
    replacePrivateFile(this.#notePath, `process ${process.pid} on ${hostname()}${where}\n`);
  }

  release(): void {
    if (!this.#database.isOpen) return;
    rmSync(this.#notePath, { force: true });
    this.#database.close();
    held.delete(this.#database);
  }
}

function beginExclusive(path: string, dataDir: string, inUse: () => RotatoError): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    // Nothing is ever written, so a journal needs no file.
    database.exec('pragma journal_mode = memory; begin exclusive');
    return database;
  } catch (error) {
    database.close();
    const { message, errcode } = error as Error & { errcode?: number };
    if (new SqliteFault({ message, errcode: errcode ?? null }).kind === 'busy') throw inUse();
    throw new RotatoError(
      'bad-configuration',
      `The data directory ${dataDir} cannot be locked (${message}). It has to lie on a disk whose files can be locked, and ${path} has to be a file of rotato's own.`,
      { cause: error },
    );
  }
}

/** Null when the other process has not written it yet. */
function readNote(path: string): string | null {
  try {
    const [line = ''] = readFileSync(path, 'utf8').split('\n');
    return line === '' ? null : line.slice(0, MOST_SHOWN);
  } catch {
    return null;
  }
}
