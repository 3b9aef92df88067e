import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeTerminal } from '../../test/support/fake-terminal.ts';
import { Secret } from '../model/secret.ts';
import { DataDirLock } from '../store/data-dir-lock.ts';
import { newMasterKey } from '../store/master-key.ts';
import { key, provider } from '../store/settings-store.contract.ts';
import { openSettingsStore } from '../store/sqlite-settings-store.ts';
import { runProgram } from './program.ts';

let folder: string;
let dataDir: string;
let terminal: FakeTerminal;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rotato-rekey-'));
  dataDir = join(folder, '.rotato');
  terminal = new FakeTerminal(folder);
});

afterEach(() => rmSync(folder, { recursive: true }));

function run(words: string): Promise<number> {
  return runProgram(words.split(' '), {
    version: '1.2.3',
    terminal,
    startRotato: () => Promise.reject(new Error('not to be started')),
    runDemo: () => Promise.reject(new Error('not to be run')),
    simulate: { defaults: {}, start: () => Promise.reject(new Error('not to be run')) },
  });
}

async function fill(masterKey: Secret | null = null): Promise<void> {
  const store = await openSettingsStore({ dataDir, masterKey, masterKeyFile: null });
  await store.commit({ put: { providers: [provider('p1')], keys: [key('k1', 'p1'), key('k2', 'p1')] } });
  await store.close();
}

async function secrets(masterKey: Secret | null = null): Promise<string[]> {
  const store = await openSettingsStore({ dataDir, masterKey, masterKeyFile: null });
  const { keys } = await store.load();
  await store.close();
  return keys.map(({ secret }) => secret.reveal());
}

const SECRETS = ['sk-secret-of-k1', 'sk-secret-of-k2'];

describe('rotato rekey', () => {
  it('replaces the key in the data directory, and does not show it', async () => {
    await fill();
    const before = readFileSync(join(dataDir, 'master.key'), 'utf8');
    expect(await run('rekey')).toBe(0);
    const after = readFileSync(join(dataDir, 'master.key'), 'utf8');
    expect(after).not.toBe(before);
    expect(await secrets()).toEqual(SECRETS);
    expect(terminal.out).toBe(
      `2 stored keys are now sealed with the new master key. It is in ${dataDir}/master.key, where the next start finds it.\nBackups made before open with the old key alone.\n`,
    );
  });

  it('hands a new key to whoever keeps the old one', async () => {
    const old = newMasterKey();
    terminal.env.ROTATO_MASTER_KEY = old.reveal();
    await fill(old);
    expect(await run('rekey')).toBe(0);
    const [, shown = ''] = /^The new master key is (\S+)\n/.exec(terminal.out) ?? [];
    expect(await secrets(new Secret(shown))).toEqual(SECRETS);
    expect(terminal.out).toContain('Set it as ROTATO_MASTER_KEY for the next start.');
    expect(existsSync(join(dataDir, 'master.key'))).toBe(false);
  });

  it('takes the new key from a file', async () => {
    await fill();
    const next = newMasterKey();
    writeFileSync(join(folder, 'new.key'), `${next.reveal()}\n`);
    expect(await run('rekey --new-key-file new.key')).toBe(0);
    expect(terminal.out).toContain(`Set ROTATO_MASTER_KEY_FILE=${folder}/new.key for the next start.`);
    expect(await secrets(next)).toEqual(SECRETS);
    expect(existsSync(join(dataDir, 'master.key'))).toBe(false);
  });

  it.each<[string, string, () => void, string]>([
    ['a folder in which nothing is stored', 'rekey --data elsewhere', () => {}, 'Nothing is stored in'],
    ['a file that is not there', 'rekey --new-key-file nowhere', () => {}, 'cannot be read (ENOENT)'],
    [
      'the key in force already',
      'rekey --new-key-file .rotato/master.key',
      () => {},
      'This is the master key in force already; nothing was changed.',
    ],
    [
      'a wrong old key',
      'rekey',
      () => {
        terminal.env.ROTATO_MASTER_KEY = newMasterKey().reveal();
      },
      'are not sealed with the master key of ROTATO_MASTER_KEY, but with another',
    ],
  ])('refuses %s, and changes nothing', async (_, words, prepare, message) => {
    await fill();
    prepare();
    expect(await run(words)).toBe(2);
    expect(terminal.err).toContain(message);
    expect(terminal.out).toBe('');
    expect(existsSync(join(folder, 'elsewhere'))).toBe(false);
    expect(await secrets()).toEqual(SECRETS);
  });

  it('refuses beside a running rotato', async () => {
    await fill();
    const lock = DataDirLock.take(dataDir);
    expect(await run('rekey')).toBe(2);
    lock.release();
    expect(terminal.err).toContain('Stop it, run this again, and start it with the new key.');
    expect(await secrets()).toEqual(SECRETS);
  });
});
