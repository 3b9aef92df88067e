import { join } from 'node:path';
import { type Clock, systemClock } from '../clock.ts';
import type { SettingsStore } from '../model/settings-store.ts';
import { KyselySettingsStore } from './kysely-settings-store.ts';
import type { MasterKeyPlace } from './master-key.ts';
import { explainDataDirFault, keepFolderPrivate } from './private-files.ts';
import type { SettingsDatabase } from './settings-database.ts';
import { openSqliteSettings, SQLITE_LIMITS, type SqliteLimits } from './sqlite-settings-database.ts';
import { unlock } from './unlock.ts';

/** In the data directory. */
export const SETTINGS_FILE = 'settings.db';

export interface SettingsStoreOptions extends MasterKeyPlace {
  readonly clock?: Clock;
  readonly limits?: Partial<SqliteLimits>;
}

/**
 * The settings of a data directory, made at the first start. Hold the directory's `DataDirLock` while it is open.
 * Throws `bad-configuration` when the file or the master key is not usable; nothing was changed then.
 */
export async function openSettingsStore(options: SettingsStoreOptions): Promise<SettingsStore> {
  const database = await openSettingsDatabase(options);
  try {
    return new KyselySettingsStore(database, await unlock(database, options));
  } catch (error) {
    await database.db.destroy();
    throw explainDataDirFault(options.dataDir, error);
  }
}

/** Without the master key: for what is not sealed. */
export async function openSettingsDatabase({
  dataDir,
  clock = systemClock,
  limits,
}: Pick<SettingsStoreOptions, 'dataDir' | 'clock' | 'limits'>): Promise<SettingsDatabase> {
  const path = join(dataDir, SETTINGS_FILE);
  try {
    keepFolderPrivate(dataDir);
    return await openSqliteSettings({ path, clock, limits: { ...SQLITE_LIMITS, ...limits } });
  } catch (error) {
    throw explainDataDirFault(dataDir, error);
  }
}
