import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { RotatoError } from '../errors.ts';

/** The data directory and what lies in it belong to one user of the machine. */

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const FOR_OTHERS = 0o077;

/** Makes it if need be, and takes away what an older version, a lax umask or a restored backup gave to others. */
export function keepFolderPrivate(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  takeFromOthers(folder, FOLDER_MODE);
}

/** Does nothing for a file that is not there. */
export function keepFilePrivate(path: string): void {
  takeFromOthers(path, FILE_MODE);
}

/** An empty file, unless there is one already: that is not even opened (data-dir-lock.ts says why that matters). */
export function makePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', FILE_MODE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    keepFilePrivate(path);
  }
}

/** The whole file in one step, on disk when it returns: a crash leaves the old or the new one. */
export function replacePrivateFile(path: string, text: string): void {
  const draft = `${path}.draft`;
  rmSync(draft, { force: true });
  writeFileSync(draft, text, { mode: FILE_MODE, flag: 'wx', flush: true });
  moveInPlace(draft, path);
}

/** Renames, and waits until the folder remembers it. */
export function moveInPlace(from: string, to: string): void {
  renameSync(from, to);
  const folder = openSync(dirname(to), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Runs what touches the data directory; what its disk or permissions refuse becomes `bad-configuration`. */
export function withinDataDir<T>(dataDir: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw explainDataDirFault(dataDir, error);
  }
}

/** The error itself where the file system has nothing to do with it. */
export function explainDataDirFault(dataDir: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined) return error;
  return new RotatoError(
    'bad-configuration',
    `The data directory ${dataDir} cannot be used (${code}). Give rotato a folder it may write to with --data or ROTATO_DATA.`,
    { cause: error },
  );
}

function takeFromOthers(path: string, mode: number): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found !== undefined && (found.mode & FOR_OTHERS) !== 0) chmodSync(path, mode);
}
