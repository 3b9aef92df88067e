import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { testSettingsStore } from './settings-store.contract.ts';
import { openSettingsStore } from './sqlite-settings-store.ts';

testSettingsStore('SQLite', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'rotato-store-'));
  return {
    open: () => openSettingsStore({ dataDir, masterKey: null, masterKeyFile: null }),
    dispose: async () => rmSync(dataDir, { recursive: true }),
  };
});

describe('the thread of the database', () => {
  it('keeps the process alive until a change is kept, and no longer', () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'rotato-store-'));
    const program = `
      const { openSettingsStore } = await import(process.argv[1]);
      const store = await openSettingsStore({ dataDir: process.argv[2], masterKey: null, masterKeyFile: null });
      store.commit({ put: { values: new Map([['a', 1]]) } }).then(() => process.stdout.write('kept'));
    `;
    const module = fileURLToPath(new URL('./sqlite-settings-store.ts', import.meta.url));
    const args = ['--input-type=module', '--eval', program, module, dataDir];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 15_000 });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'kept', stderr: '' });
    rmSync(dataDir, { recursive: true });
  });
});
