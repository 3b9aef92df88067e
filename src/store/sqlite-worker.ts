import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { type MessagePort, parentPort } from 'node:worker_threads';
import type { DatabaseFile, SqliteAnswer, SqliteReply, SqliteRequest, SqliteStatement } from './sqlite-messages.ts';

/**
 * The thread that owns a database file. SQLite runs in the thread that calls it and waits for the disk there; here
 * nobody else waits with it.
 */

/** How long another program that reads the file may hold it up. */
const BUSY_TIMEOUT_MS = 5_000;

/** Preparing costs more than running; what was used last is kept prepared. */
const MAX_PREPARED = 64;

const NOTHING: SqliteAnswer = { rows: [], changes: null, lastInsertRowid: null };

class OpenDatabase {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor({ path, pragmas }: DatabaseFile) {
    this.#database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    try {
      for (const pragma of pragmas) this.#database.exec(`pragma ${pragma}`);
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  get inTransaction(): boolean {
    return this.#database.isTransaction;
  }

  run({ sql, parameters }: SqliteStatement): SqliteAnswer {
    const statement = this.#prepare(sql);
    if (statement.columns().length > 0) return { ...NOTHING, rows: statement.all(...parameters) };
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

class DatabaseThread {
  readonly #port: MessagePort;
  #open: OpenDatabase | null = null;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (request: SqliteRequest) => {
      if (request.kind === 'end') this.#end();
      else port.postMessage(this.#answer(request));
    });
  }

  #answer(request: SqliteRequest): SqliteReply {
    try {
      const answer = this.#obey(request);
      return { ...answer, inTransaction: this.#inTransaction };
    } catch (error) {
      const { message, errcode } = error as Error & { errcode?: number };
      return { fault: { message, errcode: errcode ?? null }, inTransaction: this.#inTransaction };
    }
  }

  get #inTransaction(): boolean {
    return this.#open?.inTransaction ?? false;
  }

  #obey(request: SqliteRequest): SqliteAnswer {
    if (request.kind === 'run') {
      if (this.#open === null) throw new Error('no database is open');
      return this.#open.run(request);
    }
    this.#open?.close();
    this.#open = request.kind === 'open' ? new OpenDatabase(request.file) : null;
    return NOTHING;
  }

  #end(): void {
    this.#open?.close();
    this.#port.close();
  }
}

if (parentPort !== null) new DatabaseThread(parentPort);
