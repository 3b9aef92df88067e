import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeTerminal } from '../../test/support/fake-terminal.ts';
import { ADMIN_PASSWORD_VALUE, type StoredSession } from '../model/settings-store.ts';
import { DataDirLock } from '../store/data-dir-lock.ts';
import { verifyPassword } from '../store/password-hash.ts';
import { openSettingsStore } from '../store/sqlite-settings-store.ts';
import { runProgram } from './program.ts';

let folder: string;
let dataDir: string;
let terminal: FakeTerminal;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rotato-password-'));
  dataDir = join(folder, '.rotato');
  terminal = new FakeTerminal(folder);
});

afterEach(() => rmSync(folder, { recursive: true }));

/** `typed` is all there is on stdin. */
function run(words: string, typed = ''): Promise<number> {
  terminal.stdin.end(typed);
  return runProgram(words.split(' '), {
    version: '1.2.3',
    terminal,
    startRotato: () => Promise.reject(new Error('not to be started')),
    runDemo: () => Promise.reject(new Error('not to be run')),
    simulate: { defaults: {}, start: () => Promise.reject(new Error('not to be run')) },
  });
}

async function stored() {
  const store = await openSettingsStore({ dataDir, masterKey: null, masterKeyFile: null });
  const settings = await store.load();
  await store.close();
  return settings;
}

const isPassword = async (text: string) =>
  verifyPassword(text, (await stored()).values.get(ADMIN_PASSWORD_VALUE) as string);

const session = (digest: string): StoredSession => ({ digest, createdAt: 1, seenAt: 2, expiresAt: 3 });

describe('rotato password', () => {
  it('takes the first line of a pipe', async () => {
    expect(await run('password', 'correct horse\nand more\n')).toBe(0);
    expect(await isPassword('correct horse')).toBe(true);
    expect([terminal.out, terminal.err]).toEqual([
      `It is in force at the next start with the data directory ${dataDir}. Nobody was signed in.\n`,
      '',
    ]);
  });

  it.each([
    ['password --generate', 'not to be read'],
    ['password', ''],
    ['password', '\n'],
  ])('(%s) generates one where none is given, and prints it', async (words, typed) => {
    expect(await run(words, typed)).toBe(0);
    const [, generated = ''] = /^The new admin password is (\S+)\n/.exec(terminal.out) ?? [];
    expect(generated).toMatch(/^[a-z2-9-]{23}$/);
    expect(await isPassword(generated)).toBe(true);
  });

  it('asks a person twice, and shows nothing of what is typed', async () => {
    terminal.stdin.isTTY = true;
    expect(await run('password', 'correct horse\ncorrect horse\n')).toBe(0);
    expect(await isPassword('correct horse')).toBe(true);
    expect(terminal.err).toBe('New admin password (leave it empty to have one generated): \nThe same again: \n');
    expect(terminal.out).not.toContain('horse');
  });

  it.each([
    ['different texts', 'correct horse\ncorrect house\n', 1, 'The two are not the same. Nothing was changed.'],
    ['Ctrl-C', '\x03', 1, 'Nothing was changed.'],
    ['a placeholder', 'changeme\nchangeme\n', 2, 'This password will not do; allowed: a secret of your own'],
  ])('changes nothing after %s', async (_, typed, exitCode, message) => {
    terminal.stdin.isTTY = true;
    expect(await run('password', typed)).toBe(exitCode);
    expect(terminal.err).toContain(message);
    expect(existsSync(join(dataDir, 'settings.db'))).toBe(false);
  });

  it('ends every session, needs no master key, and leaves the rest alone', async () => {
    const store = await openSettingsStore({ dataDir, masterKey: null, masterKeyFile: null });
    await store.commit({ put: { sessions: [session('a'), session('b')], values: new Map([['access', 'keys']]) } });
    await store.close();
    const key = readFileSync(join(dataDir, 'master.key'));
    rmSync(join(dataDir, 'master.key'));
    expect(await run('password', 'correct horse')).toBe(0);
    expect(terminal.out).toContain('2 sessions were ended.');
    writeFileSync(join(dataDir, 'master.key'), key);
    const { sessions, values } = await stored();
    expect([sessions, values.get('access')]).toEqual([[], 'keys']);
  });

  it('leaves nothing behind that others may read, and frees the directory', async () => {
    await run('password', 'correct horse');
    for (const name of readdirSync(dataDir)) expect(statSync(join(dataDir, name)).mode & 0o077).toBe(0);
    DataDirLock.take(dataDir).release();
  });

  it('refuses where the environment decides, and touches nothing', async () => {
    writeFileSync(join(folder, '.env'), 'ADMIN_PASSWORD=correct horse');
    expect(await run('password', 'other')).toBe(2);
    expect(terminal.err).toBe(
      'rotato: The admin password is that of ADMIN_PASSWORD in .env, which wins over any other. Change it there, or take it out first.\n',
    );
    expect(existsSync(dataDir)).toBe(false);
  });

  it('refuses beside a running rotato, names it, and does not ask', async () => {
    terminal.stdin.isTTY = true;
    const lock = DataDirLock.take(dataDir);
    lock.describe('http://127.0.0.1:8990');
    expect(await run('password', 'correct horse\ncorrect horse\n')).toBe(2);
    lock.release();
    expect(terminal.err).toContain(`process ${process.pid} on `);
    expect(terminal.err).toContain(
      'http://127.0.0.1:8990). Change the password in its panel, under Settings; or stop it, and run this again.',
    );
    expect(terminal.err).not.toContain('New admin password');
  });

  it('works beside a configuration file that does not', async () => {
    writeFileSync(join(folder, 'rotato.yaml'), 'this is not even a configuration');
    expect(await run(`password --data ${dataDir}`, 'correct horse')).toBe(0);
    expect(await isPassword('correct horse')).toBe(true);
  });
});
