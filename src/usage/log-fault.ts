/** The file was written by a newer version and is not touched. */
export class NewerLogError extends Error {}

/** What a disk, or SQLite, said about the log, as a clause for people. */
export function explainLogFault(error: unknown): string {
  if (error instanceof NewerLogError) return 'a newer rotato has written it; start that version, or move the file away';
  const ofSqlite = REASONS_OF_SQLITE.get(primaryCode(error));
  if (ofSqlite !== undefined) return ofSqlite;
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS_OF_SYSTEM[code ?? ''] ?? message;
}

/** SQLITE_CORRUPT and SQLITE_NOTADB (https://sqlite.org/rescode.html). */
export function isDamage(error: unknown): boolean {
  return [11, 26].includes(primaryCode(error));
}

/** The low byte of SQLite's code is the class; the rest says where in SQLite it arose. */
function primaryCode(error: unknown): number {
  return ((error as { errcode?: number }).errcode ?? 0) & 0xff;
}

const REASONS_OF_SQLITE: ReadonlyMap<number, string> = new Map([
  [3, 'its permissions refuse'],
  [5, 'another program holds it'],
  [6, 'another program holds it'],
  [8, 'it can only be read'],
  [10, 'the disk fails'],
  [11, 'it is damaged'],
  [13, 'the disk is full'],
  [14, 'it cannot be opened'],
  [26, 'it is damaged'],
]);

const REASONS_OF_SYSTEM: Readonly<Record<string, string>> = {
  ENOENT: 'the folder is gone',
  ENOTDIR: 'the folder is gone',
  EISDIR: 'a folder is in its place',
  ENXIO: 'a pipe is in its place',
  EACCES: 'its permissions refuse',
  EPERM: 'its permissions refuse',
  EROFS: 'the disk can only be read',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is spent',
  EFBIG: 'the file may not grow further',
};
