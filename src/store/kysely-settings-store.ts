import { sql, type Transaction } from 'kysely';
import { RotatoError } from '../errors.ts';
import type { SettingsChange, SettingsStore, StoredSettings } from '../model/settings-store.ts';
import type { Seal } from './seal.ts';
import { type SettingsDatabase, transact } from './settings-database.ts';
import {
  CLIENTS,
  type ColumnValue,
  KEYS,
  OVERLAYS,
  PROVIDERS,
  SESSIONS,
  type SettingsTable,
  TOKENS,
  VALUES,
} from './settings-tables.ts';

/** Rows in one statement: enough to be quick, few enough that compiling it holds nobody up. */
const ROWS_AT_ONCE = 100;

/** Settings in any SQL database that knows `on conflict`. */
export class KyselySettingsStore implements SettingsStore {
  readonly #database: SettingsDatabase;
  readonly #seal: Seal;
  #closed: Promise<void> | null = null;

  constructor(database: SettingsDatabase, seal: Seal) {
    this.#database = database;
    this.#seal = seal;
  }

  load(): Promise<StoredSettings> {
    return this.#transact(async (transaction) => ({
      providers: await this.#read(transaction, PROVIDERS),
      keys: await this.#read(transaction, KEYS),
      clients: await this.#read(transaction, CLIENTS),
      overlays: await this.#read(transaction, OVERLAYS),
      tokens: await this.#read(transaction, TOKENS),
      sessions: await this.#read(transaction, SESSIONS),
      values: new Map(await this.#read(transaction, VALUES)),
    }));
  }

  commit({ put = {}, remove = {} }: SettingsChange): Promise<void> {
    return this.#transact(async (transaction) => {
      await this.#remove(transaction, KEYS, remove.keys);
      await this.#remove(transaction, PROVIDERS, remove.providers);
      await this.#remove(transaction, CLIENTS, remove.clients);
      await this.#remove(transaction, OVERLAYS, remove.overlays);
      await this.#remove(transaction, TOKENS, remove.tokens);
      await this.#remove(transaction, SESSIONS, remove.sessions);
      await this.#remove(transaction, VALUES, remove.values);
      await this.#put(transaction, PROVIDERS, put.providers);
      await this.#put(transaction, KEYS, put.keys);
      await this.#put(transaction, CLIENTS, put.clients);
      await this.#put(transaction, OVERLAYS, put.overlays);
      await this.#put(transaction, TOKENS, put.tokens);
      await this.#put(transaction, SESSIONS, put.sessions);
      await this.#put(transaction, VALUES, put.values);
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#database.db.destroy();
    return this.#closed;
  }

  async #transact<T>(act: (transaction: Transaction<unknown>) => Promise<T>): Promise<T> {
    if (this.#closed !== null) {
      throw new RotatoError('store-unavailable', 'The settings are closed: rotato is stopping.');
    }
    return transact(this.#database, act);
  }

  async #read<Stored, Id, Row extends Record<string, ColumnValue>>(
    transaction: Transaction<unknown>,
    { name, order, fromRow }: SettingsTable<Stored, Id, Row>,
  ): Promise<Stored[]> {
    const columns = sql.join(order.map((column) => sql.ref(column)));
    const { rows } = await sql<Row>`select * from ${sql.table(name)} order by ${columns}`.execute(transaction);
    try {
      return rows.map((row) => fromRow(row, this.#seal));
    } catch (error) {
      throw new RotatoError(
        'bad-configuration',
        `${this.#database.place} is damaged: in its table "${name}" ${(error as Error).message}. It was left as it is; restore it from a backup.`,
        { cause: error },
      );
    }
  }

  async #remove<Stored, Id, Row extends Record<string, ColumnValue>>(
    transaction: Transaction<unknown>,
    { name, identity, identify }: SettingsTable<Stored, Id, Row>,
    ids: readonly Id[] = [],
  ): Promise<void> {
    const columns = sql.join(identity.map((column) => sql.ref(column)));
    for (const some of inParts(ids)) {
      const values = sql.join(some.map((id) => sql`(${sql.join(identify(id))})`));
      await sql`delete from ${sql.table(name)} where (${columns}) in (values ${values})`.execute(transaction);
    }
  }

  async #put<Stored, Id, Row extends Record<string, ColumnValue>>(
    transaction: Transaction<unknown>,
    { name, identity, toRow }: SettingsTable<Stored, Id, Row>,
    stored: Iterable<Stored> = [],
  ): Promise<void> {
    for (const some of inParts([...stored])) {
      const rows = some.map((one) => toRow(one, this.#seal));
      const columns = Object.keys(rows[0] ?? {});
      const names = sql.join(columns.map((column) => sql.ref(column)));
      const values = sql.join(rows.map((row) => sql`(${sql.join(columns.map((column) => row[column]))})`));
      const replaced = sql.join(columns.map((column) => sql`${sql.ref(column)} = ${sql.ref(`excluded.${column}`)}`));
      await sql`
        insert into ${sql.table(name)} (${names}) values ${values}
        on conflict (${sql.join(identity.map((column) => sql.ref(column)))}) do update set ${replaced}
      `.execute(transaction);
    }
  }
}

function* inParts<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += ROWS_AT_ONCE) yield items.slice(at, at + ROWS_AT_ONCE);
}
