import type { Kysely, Transaction } from 'kysely';
import type { RotatoError } from '../errors.ts';

/** An open database whose tables are those of the migrations. */
export interface SettingsDatabase {
  readonly db: Kysely<unknown>;
  /** A path or an address without credentials, for messages. */
  readonly place: string;
  /** What the operator is told of an error of this database while it runs; null for what is a bug. */
  explain(error: unknown): RotatoError | null;
}

/** All of `act` or nothing. Throws what the operator is to be told. */
export async function transact<T>(
  { db, explain }: SettingsDatabase,
  act: (transaction: Transaction<unknown>) => Promise<T>,
): Promise<T> {
  try {
    return await db.transaction().execute(act);
  } catch (error) {
    throw explain(error) ?? error;
  }
}
