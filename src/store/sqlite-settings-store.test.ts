import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testSettingsStore } from './settings-store.contract.ts';
import { openSettingsStore } from './sqlite-settings-store.ts';

testSettingsStore('SQLite', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'rotato-store-'));
  return {
    open: () => openSettingsStore({ dataDir, masterKey: null, masterKeyFile: null }),
    dispose: async () => rmSync(dataDir, { recursive: true }),
  };
});
