import { sql } from 'kysely';
import { ADMIN_PASSWORD_VALUE } from '../model/settings-store.ts';
import { hashPassword } from './password-hash.ts';
import { transact } from './settings-database.ts';
import { openSettingsDatabase } from './sqlite-settings-store.ts';

/**
 * Sets the admin password of a data directory and ends every session, in one transaction. Needs no master key. Hold
 * the directory's lock: a rotato that runs would not notice. Returns how many sessions ended.
 */
export async function replaceAdminPassword(dataDir: string, password: string): Promise<number> {
  const hash = await hashPassword(password);
  const database = await openSettingsDatabase({ dataDir });
  try {
    return await transact(database, async (transaction) => {
      await sql`
        insert into single_values (name, value) values (${ADMIN_PASSWORD_VALUE}, ${JSON.stringify(hash)})
        on conflict (name) do update set value = excluded.value
      `.execute(transaction);
      const { numAffectedRows } = await sql`delete from sessions`.execute(transaction);
      return Number(numAffectedRows);
    });
  } finally {
    await database.db.destroy();
  }
}
