export interface DatabaseFile {
  /** Absolute. */
  readonly path: string;
  /** Set on every opening. */
  readonly pragmas: readonly string[];
}

export type SqlValue = string | number | bigint | null | Uint8Array;

export interface SqliteStatement {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

/** For the worker: open a file in place of the one that is open, or close that one; run a statement; end. */
export type SqliteRequest =
  | { readonly kind: 'open'; readonly file: DatabaseFile }
  | { readonly kind: 'close' }
  | ({ readonly kind: 'run' } & SqliteStatement)
  | { readonly kind: 'end' };

/** One for each request but the last, in the order of the requests. */
export type SqliteReply = (SqliteAnswer | { readonly fault: SqliteFaultText }) & {
  /** Whether a transaction is open after it. A disk that refuses may have ended it unasked. */
  readonly inTransaction: boolean;
};

export interface SqliteAnswer {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** Null for what only reads. */
  readonly changes: number | bigint | null;
  readonly lastInsertRowid: number | bigint | null;
}

export interface SqliteFaultText {
  readonly message: string;
  /** SQLite's result code; null when it was not SQLite that complained. */
  readonly errcode: number | null;
}
