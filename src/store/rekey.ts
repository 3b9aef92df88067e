import { sql, type Transaction } from 'kysely';
import { RotatoError } from '../errors.ts';
import type { Secret } from '../model/secret.ts';
import { adoptNextKey, type MasterKeyPlace, ownsMasterKey, prepareNextKey, removeOwnKey } from './master-key.ts';
import { Seal } from './seal.ts';
import { transact } from './settings-database.ts';
import { sealKey, unsealKey } from './settings-tables.ts';
import { openSettingsDatabase } from './sqlite-settings-store.ts';
import { unlock, writeCheck } from './unlock.ts';

export interface Rekeying {
  /** Where the key in force comes from. */
  readonly place: MasterKeyPlace;
  readonly newKey: Secret;
  /** The new key takes the old one's place in the data directory; else the operator keeps it. */
  readonly keepInDataDir: boolean;
  /** Called when all is sealed, and only the commit is left. */
  readonly beforeCommit?: () => void;
}

/** Rows read at once. */
const PAGE = 500;

/**
 * Seals everything stored anew under another master key, in one transaction; a crash leaves all of it under the old
 * key or all of it under the new. Hold the directory's lock. Returns how many secrets were sealed.
 */
export async function rekey({ place, newKey, keepInDataDir, beforeCommit }: Rekeying): Promise<number> {
  const { dataDir } = place;
  const database = await openSettingsDatabase({ dataDir });
  try {
    const oldSeal = await unlock(database, place);
    const newSeal = new Seal(newKey);
    if (newSeal.opensCheck(oldSeal.makeCheck())) {
      throw new RotatoError('bad-configuration', 'This is the master key in force already; nothing was changed.');
    }
    if (keepInDataDir) prepareNextKey(dataDir, newKey);
    const sealed = await transact(database, async (transaction) => {
      const count = await sealAnew(transaction, oldSeal, newSeal);
      await writeCheck(transaction, newSeal);
      beforeCommit?.();
      return count;
    });
    if (keepInDataDir) adoptNextKey(dataDir);
    else if (ownsMasterKey(place)) removeOwnKey(dataDir);
    return sealed;
  } finally {
    await database.db.destroy();
  }
}

async function sealAnew(transaction: Transaction<unknown>, oldSeal: Seal, newSeal: Seal): Promise<number> {
  let count = 0;
  for (let after = ''; ; ) {
    const { rows } = await sql<{ id: string; sealed_secret: Uint8Array }>`
      select id, sealed_secret from keys where id > ${after} order by id limit ${PAGE}
    `.execute(transaction);
    for (const { id, sealed_secret } of rows) {
      const sealed = sealKey(unsealOrThrow(sealed_secret, id, oldSeal), id, newSeal);
      await sql`update keys set sealed_secret = ${sealed} where id = ${id}`.execute(transaction);
    }
    count += rows.length;
    const last = rows.at(-1);
    if (last === undefined) return count;
    after = last.id;
  }
}

function unsealOrThrow(sealed: Uint8Array, id: string, seal: Seal): Secret {
  try {
    return unsealKey(sealed, id, seal);
  } catch (error) {
    throw new RotatoError('bad-configuration', `The stored secret of key ${id} is damaged; nothing was changed.`, {
      cause: error,
    });
  }
}
