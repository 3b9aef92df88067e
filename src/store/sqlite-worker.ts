import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { DatabaseFile, SqliteAnswer, SqliteFaultText, SqliteReply, SqliteRequest } from './sqlite-messages.ts';

/**
 * The thread that owns one database file. SQLite runs in the thread that calls it and waits for the disk there; here
 * nobody else waits with it.
 */

/** How long another program that reads the file may hold it up. */
const BUSY_TIMEOUT_MS = 5_000;

/** Preparing costs more than running; what was used last is kept prepared. */
const MAX_PREPARED = 64;

class DatabaseThread {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor({ path, pragmas }: DatabaseFile) {
    this.#database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    for (const pragma of pragmas) this.#database.exec(`pragma ${pragma}`);
  }

  get inTransaction(): boolean {
    return this.#database.isTransaction;
  }

  run({ sql, parameters }: NonNullable<SqliteRequest>): SqliteAnswer {
    const statement = this.#prepare(sql);
    if (statement.columns().length > 0) {
      return { rows: statement.all(...parameters), changes: null, lastInsertRowid: null };
    }
    return { rows: [], ...statement.run(...parameters) };
  }

  close(): void {
    this.#database.close();
  }

  #prepare(sql: string): StatementSync {
    const statement = this.#prepared.get(sql) ?? this.#database.prepare(sql);
    this.#prepared.delete(sql);
    this.#prepared.set(sql, statement);
    if (this.#prepared.size > MAX_PREPARED) {
      const [oldest] = this.#prepared.keys();
      if (oldest !== undefined) this.#prepared.delete(oldest);
    }
    return statement;
  }
}

function faultText(error: unknown): SqliteFaultText {
  const { message, errcode } = error as Error & { errcode?: number };
  return { message, errcode: errcode ?? null };
}

function open(file: DatabaseFile): DatabaseThread | SqliteFaultText {
  try {
    return new DatabaseThread(file);
  } catch (error) {
    return faultText(error);
  }
}

function answer(opened: DatabaseThread | SqliteFaultText, request: NonNullable<SqliteRequest>): SqliteReply {
  if (!(opened instanceof DatabaseThread)) return { fault: opened, inTransaction: false };
  try {
    return { ...opened.run(request), inTransaction: opened.inTransaction };
  } catch (error) {
    return { fault: faultText(error), inTransaction: opened.inTransaction };
  }
}

function serve(port: MessagePort): void {
  const opened = open(workerData as DatabaseFile);
  port.on('message', (request: SqliteRequest) => {
    if (request !== null) return port.postMessage(answer(opened, request));
    if (opened instanceof DatabaseThread) opened.close();
    port.close();
  });
}

if (parentPort !== null) serve(parentPort);
