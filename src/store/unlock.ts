import { type Kysely, sql } from 'kysely';
import { RotatoError } from '../errors.ts';
import {
  adoptNextKey,
  createMasterKey,
  dropNextKey,
  type FoundMasterKey,
  findMasterKey,
  findNextKey,
  type MasterKeyPlace,
  ownsMasterKey,
} from './master-key.ts';
import { Seal } from './seal.ts';
import type { SettingsDatabase } from './settings-database.ts';

/**
 * The seal of a database, proven by its check value. As long as nothing is sealed, any key will do and is taken for
 * good; where there is none, one is made. Throws `bad-configuration`, having written nothing, when what is sealed does
 * not open.
 */
export async function unlock(database: SettingsDatabase, place: MasterKeyPlace): Promise<Seal> {
  const { db } = database;
  const check = await readCheck(db);
  const sealed = await countSealed(db);
  const found = sealed > 0 ? findProvenKey(check, place) : findMasterKey(place);
  if (sealed > 0 && (found === null || !opens(found, check))) throw doesNotOpen(database.place, sealed, found);

  const { key } = found ?? createMasterKey(place.dataDir);
  const seal = new Seal(key);
  if (check === null || !seal.opensCheck(check)) await writeCheck(db, seal);
  return seal;
}

/** Ends a change of keys that a crash broke off: the database tells which of the two keys it was sealed with last. */
function findProvenKey(check: Uint8Array | null, place: MasterKeyPlace): FoundMasterKey | null {
  const next = ownsMasterKey(place) ? findNextKey(place.dataDir) : null;
  if (next === null) return findMasterKey(place);
  if (opens(next, check)) adoptNextKey(place.dataDir);
  const found = findMasterKey(place);
  if (found !== null && opens(found, check)) dropNextKey(place.dataDir);
  return found;
}

function opens({ key }: FoundMasterKey, check: Uint8Array | null): boolean {
  return check !== null && new Seal(key).opensCheck(check);
}

async function countSealed(db: Kysely<unknown>): Promise<number> {
  const { rows } = await sql<{ sealed: number }>`select count(*) as sealed from keys`.execute(db);
  return Number(rows[0]?.sealed);
}

export async function writeCheck(db: Kysely<unknown>, seal: Seal): Promise<void> {
  const value = seal.makeCheck();
  const { numAffectedRows } = await sql`update seal_check set value = ${value}`.execute(db);
  if (numAffectedRows === 0n) await sql`insert into seal_check (value) values (${value})`.execute(db);
}

async function readCheck(db: Kysely<unknown>): Promise<Uint8Array | null> {
  const { rows } = await sql<{ value: Uint8Array }>`select value from seal_check`.execute(db);
  return rows[0]?.value ?? null;
}

function doesNotOpen(path: string, sealed: number, found: FoundMasterKey | null): RotatoError {
  const what = sealed === 1 ? 'The key stored' : `The ${sealed} keys stored`;
  const why =
    found === null
      ? 'sealed with a master key that is not there'
      : `not sealed with the master key of ${found.from}, but with another`;
  return new RotatoError(
    'bad-configuration',
    `${what} in ${path} ${sealed === 1 ? 'is' : 'are'} ${why}. Nothing was changed. Either give back the right one: set ROTATO_MASTER_KEY or ROTATO_MASTER_KEY_FILE, or restore master.key in the data directory from a backup. Or, if it is lost, move ${path} away and enter providers and keys anew.`,
  );
}
