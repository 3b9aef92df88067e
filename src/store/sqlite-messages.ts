/** What a database file is opened with, in the worker. */
export interface DatabaseFile {
  /** Absolute. */
  readonly path: string;
  /** Run first, on every opening. */
  readonly pragmas: readonly string[];
}

export type SqlValue = string | number | bigint | null | Uint8Array;

/** One statement for the worker; null asks it to close the file and end. */
export type SqliteRequest = { readonly sql: string; readonly parameters: readonly SqlValue[] } | null;

/** One for each request, in the order of the requests. */
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
