import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { RotatoError } from '../errors.ts';
import type { SqlValue } from './sqlite-messages.ts';
import type { SqliteThread } from './sqlite-thread.ts';

export interface SqliteThreadDialectOptions {
  /** Ends with Kysely's `destroy`, if a query was run before. */
  readonly thread: SqliteThread;
  /** Transactions and statements that may wait for the one connection; more are refused. */
  readonly maxWaiting: number;
}

/** Kysely compiles here; the statements run in a thread that may wait for the disk (ADR 8). */
export function sqliteThreadDialect(options: SqliteThreadDialectOptions): Dialect {
  return {
    createAdapter: () => new TransactionalSqliteAdapter(),
    createDriver: () => new SqliteThreadDriver(options),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** Kysely holds back for the sake of other drivers; SQLite itself changes tables in a transaction like rows. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class SqliteThreadDriver implements Driver {
  readonly #connection: SqliteThreadConnection;
  readonly #line: WaitingLine;

  constructor({ thread, maxWaiting }: SqliteThreadDialectOptions) {
    this.#connection = new SqliteThreadConnection(thread);
    this.#line = new WaitingLine(maxWaiting);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<SqliteThreadConnection> {
    await this.#line.enter();
    return this.#connection;
  }

  async beginTransaction(connection: SqliteThreadConnection): Promise<void> {
    // Immediate: a transaction that starts by reading could not become a writing one while another program writes.
    await connection.run('begin immediate');
  }

  async commitTransaction(connection: SqliteThreadConnection): Promise<void> {
    await connection.run('commit');
  }

  /** A full disk may have ended the transaction already; the error to be told is that one. */
  async rollbackTransaction(connection: SqliteThreadConnection): Promise<void> {
    if (connection.inTransaction) await connection.run('rollback');
  }

  async releaseConnection(): Promise<void> {
    this.#line.leave();
  }

  async destroy(): Promise<void> {
    await this.#line.enterLast();
    await this.#connection.end();
  }
}

class SqliteThreadConnection implements DatabaseConnection {
  readonly #thread: SqliteThread;

  constructor(thread: SqliteThread) {
    this.#thread = thread;
  }

  get inTransaction(): boolean {
    return this.#thread.inTransaction;
  }

  async run(sql: string): Promise<void> {
    await this.#thread.run({ sql, parameters: [] });
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const { rows, changes, lastInsertRowid } = await this.#thread.run({
      sql,
      parameters: parameters as readonly SqlValue[],
    });
    return {
      rows: rows as Row[],
      ...(changes === null ? {} : { numAffectedRows: BigInt(changes) }),
      ...(lastInsertRowid === null ? {} : { insertId: BigInt(lastInsertRowid) }),
    };
  }

  // biome-ignore lint/correctness/useYield: the interface asks for a generator; there is nothing it could yield.
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('A database in a thread answers whole: ask for pages');
  }

  end(): Promise<void> {
    return this.#thread.end();
  }
}

/** First come, first served, one at a time. */
class WaitingLine {
  readonly #max: number;
  readonly #waiting: (() => void)[] = [];
  #taken = false;

  constructor(max: number) {
    this.#max = max;
  }

  async enter(): Promise<void> {
    if (this.#waiting.length >= this.#max) {
      throw new RotatoError(
        'store-unavailable',
        'Too many changes are waiting to be saved; nothing of this one was kept. Try again in a moment.',
      );
    }
    await this.enterLast();
  }

  /** However long the line is. */
  async enterLast(): Promise<void> {
    if (this.#taken) return new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#taken = true;
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#taken = false;
    else next();
  }
}
