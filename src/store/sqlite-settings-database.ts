import { existsSync, rmSync } from 'node:fs';
import { Kysely, Migrator, sql } from 'kysely';
import type { Clock } from '../clock.ts';
import { RotatoError } from '../errors.ts';
import { keepFilePrivate, makePrivateFile, moveInPlace } from './private-files.ts';
import type { SettingsDatabase } from './settings-database.ts';
import { settingsMigrations } from './settings-migrations.ts';
import { SqliteFault } from './sqlite-fault.ts';
import type { DatabaseFile } from './sqlite-messages.ts';
import { SqliteThread } from './sqlite-thread.ts';
import { sqliteThreadDialect } from './sqlite-thread-dialect.ts';

export interface SqliteLimits {
  /** A statement that takes longer means that the disk hangs. */
  readonly statementTimeoutMs: number;
  /** Changes that may wait for the one before them. */
  readonly maxWaiting: number;
  /** What the file may grow to. */
  readonly maxBytes: number;
}

export const SQLITE_LIMITS: SqliteLimits = {
  statementTimeoutMs: 30_000,
  maxWaiting: 1_000,
  maxBytes: 1024 ** 3,
};

export interface SqliteSettingsFile {
  /** Absolute. */
  readonly path: string;
  readonly clock: Clock;
  readonly limits: SqliteLimits;
}

/** "rota", in the header of the file: nothing else is ever opened, let alone written to. */
const APPLICATION_ID = 0x726f7461;
const PAGE_BYTES = 4096;
const MIGRATIONS = settingsMigrations('blob');

/**
 * Opens the file, or makes it, and brings its tables up to date in one transaction. Throws `bad-configuration`,
 * having written nothing, for a file that is damaged, not ours, or of a newer version.
 */
export async function openSqliteSettings({ path, clock, limits }: SqliteSettingsFile): Promise<SettingsDatabase> {
  const thread = new SqliteThread({ clock, statementTimeoutMs: limits.statementTimeoutMs });
  const db = new Kysely<unknown>({ dialect: sqliteThreadDialect({ thread, maxWaiting: limits.maxWaiting }) });
  const pragmas = pragmasFor(limits);
  try {
    if (!existsSync(path)) await create(thread, db, { path, pragmas });
    keepFilePrivate(path);
    await thread.open({ path, pragmas });
    await inspect(db, path);
    await migrate(db);
    return { db, place: path, explain: (error) => explainWhileRunning(error, path) };
  } catch (error) {
    await thread.end();
    throw explainWhileOpening(error, path);
  }
}

/** Made under another name and moved when it is whole: a file under its own name is never half made. */
async function create(thread: SqliteThread, db: Kysely<unknown>, { path, pragmas }: DatabaseFile): Promise<void> {
  const draft = `${path}.draft`;
  for (const remains of [draft, `${draft}-journal`]) rmSync(remains, { force: true });
  makePrivateFile(draft);
  await thread.open({ path: draft, pragmas });
  await sql`pragma application_id = ${sql.lit(APPLICATION_ID)}`.execute(db);
  await migrate(db);
  await thread.closeFile();
  rmSync(`${draft}-journal`, { force: true });
  moveInPlace(draft, path);
}

function pragmasFor({ maxBytes }: SqliteLimits): string[] {
  return [
    // One file besides an empty one, and safe to copy between commits. With `full` the truncation itself is synced,
    // so that a commit survives a power failure (ADR 8).
    'journal_mode = truncate',
    'synchronous = full',
    // What is removed, or sealed anew under another key, is gone from the file too.
    'secure_delete = on',
    'temp_store = memory',
    `max_page_count = ${Math.floor(maxBytes / PAGE_BYTES)}`,
  ];
}

/** Reads only. */
async function inspect(db: Kysely<unknown>, path: string): Promise<void> {
  const application = await sql<{ application_id: number }>`pragma application_id`.execute(db);
  if (application.rows[0]?.application_id !== APPLICATION_ID)
    throw unusable(path, 'it is not a settings file of rotato');
  const check = await sql<{ quick_check: string }>`pragma quick_check(1)`.execute(db);
  const [found] = check.rows;
  if (found?.quick_check !== 'ok') throw unusable(path, `it is damaged (${found?.quick_check.slice(0, 200)})`);
  const applied = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  const unknown = applied.rows.find(({ name }) => !Object.hasOwn(MIGRATIONS, name));
  if (unknown !== undefined) {
    throw new RotatoError(
      'bad-configuration',
      `${path} was written by a newer version of rotato (${unknown.name}). It was left as it is: start that version, or give this one a data directory of its own with --data.`,
    );
  }
}

async function migrate(db: Kysely<unknown>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

function unusable(path: string, reason: string, cause?: unknown): RotatoError {
  return new RotatoError(
    'bad-configuration',
    `${path} cannot be used: ${reason}. It was left as it is. Restore it from a backup, or move it away to begin with empty settings.`,
    { cause },
  );
}

function explainWhileOpening(error: unknown, path: string): unknown {
  if (!(error instanceof SqliteFault)) return error;
  const { kind, reason } = error;
  if (kind === 'damaged') return unusable(path, `it is damaged (${error.message})`, error);
  // A table that is missing, or has other columns, was not made by a migration.
  if (reason === null) return unusable(path, `its tables are not as they should be (${error.message})`, error);
  return new RotatoError('bad-configuration', `${path} cannot be opened: ${reason} (${error.message}).`, {
    cause: error,
  });
}

function explainWhileRunning(error: unknown, path: string): RotatoError | null {
  if (!(error instanceof SqliteFault) || error.reason === null) return null;
  return new RotatoError(
    'store-unavailable',
    `The settings could not be saved in ${path}: ${error.reason} (${error.message}). Nothing was changed; when that is mended, try again.`,
    { cause: error },
  );
}
