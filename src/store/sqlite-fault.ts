import type { SqliteFaultText } from './sqlite-messages.ts';

/** What SQLite said about a statement; the class of its result code says what that means. */
export class SqliteFault extends Error {
  override readonly name = 'SqliteFault';
  readonly errcode: number | null;

  constructor({ message, errcode }: SqliteFaultText) {
    super(message);
    this.errcode = errcode;
  }

  get kind(): SqliteFaultKind {
    // The low byte is the class; the rest says where in SQLite it arose (https://sqlite.org/rescode.html).
    return KIND_OF_CODE.get((this.errcode ?? 0) & 0xff) ?? 'statement';
  }

  /** A clause for people; null when the statement itself was wrong, which is a bug. */
  get reason(): string | null {
    return REASONS[this.kind];
  }
}

/** `unusable` is what the disk or its permissions refuse; `statement` is a mistake of ours. */
export type SqliteFaultKind = 'damaged' | 'full' | 'busy' | 'unusable' | 'statement';

const REASONS: Readonly<Record<SqliteFaultKind, string | null>> = {
  damaged: 'the file is damaged',
  full: 'the disk, or the room this file may take, is full',
  busy: 'another program holds the file',
  unusable: 'the disk or its permissions refuse',
  statement: null,
};

const KIND_OF_CODE: ReadonlyMap<number, SqliteFaultKind> = new Map([
  [3, 'unusable'], // SQLITE_PERM
  [5, 'busy'], // SQLITE_BUSY
  [6, 'busy'], // SQLITE_LOCKED
  [7, 'unusable'], // SQLITE_NOMEM
  [8, 'unusable'], // SQLITE_READONLY
  [10, 'unusable'], // SQLITE_IOERR
  [11, 'damaged'], // SQLITE_CORRUPT
  [13, 'full'], // SQLITE_FULL
  [14, 'unusable'], // SQLITE_CANTOPEN
  [26, 'damaged'], // SQLITE_NOTADB
]);
