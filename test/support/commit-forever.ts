import { writeSync } from 'node:fs';
import { Secret } from '../../src/model/secret.ts';
import { DataDirLock } from '../../src/store/data-dir-lock.ts';
import { openSettingsStore } from '../../src/store/sqlite-settings-store.ts';

/**
 * A program for crash tests: it changes the settings of a data directory, all of them in each commit, until it is
 * killed, and prints each generation once it is told that it is durable.
 */
const [dataDir = ''] = process.argv.slice(2);
const KEYS = 40;

DataDirLock.take(dataDir);
const store = await openSettingsStore({ dataDir, masterKey: null, masterKeyFile: null });
const { providers } = await store.load();

for (let generation = (providers[0]?.version ?? 0) + 1; ; generation++) {
  const row = { version: generation, enabled: true, createdAt: 0, deletedAt: null, position: generation };
  const keys = Array.from({ length: KEYS }, (_, at) => ({
    ...row,
    id: `${generation}-${at}`,
    providerId: 'p',
    secret: new Secret(`sk-${generation}-${at}`),
    settings: { label: 'x'.repeat((generation * 131) % 2_000) },
    validity: null,
  }));
  await store.commit({
    remove: { keys: keys.map(({ id }) => id.replace(/^\d+/, String(generation - 1))) },
    put: {
      providers: [{ ...row, id: 'p', name: 'p', settings: {} }],
      keys,
      values: new Map([['generation', generation]]),
    },
  });
  writeSync(1, `${generation}\n`);
}
