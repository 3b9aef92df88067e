import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CANARY_KEYS, findLeaks } from '../../test/support/canary.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { Secret } from '../model/secret.ts';
import { key, provider } from './settings-store.contract.ts';
import { openSettingsStore, type SettingsStoreOptions } from './sqlite-settings-store.ts';

let dataDir: string;
let path: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'rotato-settings-'));
  path = join(dataDir, 'settings.db');
});

afterEach(() => rmSync(dataDir, { recursive: true }));

const open = (options: Partial<SettingsStoreOptions> = {}) =>
  openSettingsStore({ dataDir, masterKey: null, masterKeyFile: null, ...options });

async function fill(): Promise<void> {
  const store = await open();
  const keys = Array.from({ length: 300 }, (_, at) => key(`k${at}`, 'p1'));
  await store.commit({ put: { providers: [provider('p1')], keys } });
  await store.close();
}

const contents = () => Object.fromEntries(readdirSync(dataDir).map((name) => [name, bytesOf(name)]));
const bytesOf = (name: string) => readFileSync(join(dataDir, name)).toString('base64');
const modeOf = (name: string) => statSync(join(dataDir, name)).mode & 0o777;

describe('the settings file', () => {
  it('and all beside it belongs to its owner alone, also after it did not', async () => {
    await fill();
    const names = readdirSync(dataDir);
    expect(names.sort()).toEqual(['master.key', 'settings.db', 'settings.db-journal']);
    for (const name of names) chmodSync(join(dataDir, name), 0o644);
    chmodSync(dataDir, 0o755);
    const store = await open();
    await store.commit({ put: { providers: [provider('p2')] } });
    expect(names.filter((name) => name !== 'settings.db-journal').map(modeOf)).toEqual([0o600, 0o600]);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    await store.close();
  });

  it('makes its folder, however deep', async () => {
    const deep = join(dataDir, 'one', 'two');
    const store = await open({ dataDir: deep });
    await store.close();
    expect(statSync(deep).mode & 0o777).toBe(0o700);
    expect(readdirSync(deep).map((name) => statSync(join(deep, name)).mode & 0o777)).toEqual([0o600, 0o600, 0o600]);
  });

  it('shows no part of a key', async () => {
    const store = await open();
    const keys = CANARY_KEYS.map((text, at) => ({ ...key(`k${at}`, 'p1'), secret: new Secret(text) }));
    await store.commit({ put: { providers: [provider('p1')], keys } });
    await store.commit({ put: { keys: keys.slice(1) }, remove: { keys: ['k0'] } });
    const whileOpen = readdirSync(dataDir).map((name) => readFileSync(join(dataDir, name), 'latin1'));
    await store.close();
    const afterwards = readdirSync(dataDir).map((name) => readFileSync(join(dataDir, name), 'latin1'));
    expect([...whileOpen, ...afterwards].flatMap((text) => findLeaks(text, CANARY_KEYS))).toEqual([]);
    expect(afterwards.join()).toContain('team-a');
  });

  it('holds nothing any more of what was removed', async () => {
    const store = await open();
    await store.commit({ put: { values: new Map([['a', 'was-here-once']]) } });
    expect(readFileSync(path, 'latin1')).toContain('was-here-once');
    await store.commit({ remove: { values: ['a'] } });
    await store.close();
    expect(
      readdirSync(dataDir).filter((name) => readFileSync(join(dataDir, name), 'latin1').includes('was-here')),
    ).toEqual([]);
  });

  it('is made anew after a first start that was broken off', async () => {
    writeFileSync(`${path}.draft`, 'half');
    writeFileSync(`${path}.draft-journal`, 'half');
    await fill();
    expect(readdirSync(dataDir).filter((name) => name.includes('draft'))).toEqual([]);
  });
});

describe('a file that cannot be used stops the start, is named, and stays as it is', () => {
  async function refused(spoil: () => void): Promise<string> {
    await fill();
    spoil();
    const before = contents();
    const error = await open().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ name: 'RotatoError', code: 'bad-configuration' });
    expect(contents()).toEqual(before);
    return (error as Error).message.replaceAll(path, 'PATH');
  }

  const withDatabase = (act: (database: DatabaseSync) => void) => () => {
    const database = new DatabaseSync(path);
    act(database);
    database.close();
  };

  it.each<[string, () => void, RegExp]>([
    ['not a database', () => writeFileSync(path, 'not a database'.repeat(99)), /^PATH cannot be used: it is damaged/],
    ['empty', () => truncateSync(path, 0), /^PATH cannot be used: it is not a settings file of rotato/],
    ['cut', () => truncateSync(path, statSync(path).size / 2), /^PATH cannot be used: it is damaged/],
    ['with pages overwritten', () => overwrite(path, 2 * 4096, 8 * 4096), /^PATH cannot be used: it is damaged/],
    ['of another program', () => otherDatabase(path), /^PATH cannot be used: it is not a settings file of rotato/],
    [
      'without the list of what was migrated',
      withDatabase((database) => database.exec('drop table kysely_migration')),
      /^PATH cannot be used: its tables are not as they should be/,
    ],
    [
      'of a newer version',
      withDatabase((database) => database.exec("insert into kysely_migration values ('0099-later', '')")),
      /^PATH was written by a newer version of rotato \(0099-later\)\. It was left as it is/,
    ],
  ])('%s', async (_, spoil, message) => {
    expect(await refused(spoil)).toMatch(message);
  });

  it('a folder where the file should be', async () => {
    rmSync(dataDir, { recursive: true });
    const asFolder = await open({ dataDir: join(dataDir, 'settings.db') });
    await asFolder.close();
    await expect(open()).rejects.toMatchObject({ code: 'bad-configuration' });
  });

  it('a data directory that is a file', async () => {
    const file = join(dataDir, 'file');
    writeFileSync(file, '');
    await expect(open({ dataDir: file })).rejects.toMatchObject({
      code: 'bad-configuration',
      message: `The data directory ${file} cannot be used (EEXIST). Give rotato a folder it may write to with --data or ROTATO_DATA.`,
    });
  });

  it('names the row that does not read as it was written', async () => {
    await fill();
    withDatabase((database) => database.exec("update keys set settings = '{\"lab' where id = 'k7'"))();
    const store = await open();
    await expect(store.load()).rejects.toMatchObject({ code: 'bad-configuration' });
    await expect(store.load()).rejects.toThrow(`${path} is damaged: in its table "keys"`);
    await store.close();
  });

  it('notices a secret that was moved to another row', async () => {
    await fill();
    withDatabase((database) =>
      database.exec("update keys set sealed_secret = (select sealed_secret from keys where id = 'k8') where id = 'k7'"),
    )();
    const store = await open();
    await expect(store.load()).rejects.toThrow('the secret of key k7 does not open');
    await store.close();
  });
});

describe('a disk that refuses', () => {
  it('costs the change, not what was there, and may oblige again', async () => {
    await fill();
    const store = await open({ limits: { maxBytes: statSync(path).size + 64 * 1024 } });
    const before = await store.load();
    const keys = Array.from({ length: 3_000 }, (_, at) => key(`new-${at}`, 'p1'));
    await expect(store.commit({ put: { keys } })).rejects.toMatchObject({
      code: 'store-unavailable',
      message: expect.stringMatching(/^The settings could not be saved in .*: the disk, or the room .* is full/),
    });
    expect(await store.load()).toEqual(before);
    await store.commit({ put: { keys: keys.slice(0, 3) } });
    expect((await store.load()).keys).toHaveLength(303);
    await store.close();
  });

  it('that hangs is given up, and says that it does not know', async () => {
    await fill();
    const clock = new VirtualClock();
    const store = await open({ clock, limits: { statementTimeoutMs: 5_000 } });
    const inTheWay = new DatabaseSync(path);
    inTheWay.exec('begin exclusive');
    let error: unknown;
    store.commit({ put: { providers: [provider('p2')] } }).catch((thrown: unknown) => {
      error = thrown;
    });
    while (error === undefined) await clock.advance(5_000);
    inTheWay.close();
    expect(error).toMatchObject({
      code: 'store-unavailable',
      message: expect.stringContaining(`${path} stopped working: it has not answered for 5 s`),
    });
    await expect(store.commit({})).rejects.toMatchObject({ code: 'store-unavailable' });
    await store.close();
    const again = await open();
    expect((await again.load()).keys).toHaveLength(300);
    await again.close();
  });

  it('lets only so many changes wait', async () => {
    const store = await open({ limits: { maxWaiting: 2 } });
    const ids = ['p1', 'p2', 'p3', 'p4', 'p5'];
    const settled = await Promise.allSettled(ids.map((id) => store.commit({ put: { providers: [provider(id)] } })));
    expect(settled.map(({ status }) => status === 'fulfilled')).toEqual([true, true, true, false, false]);
    expect((settled[4] as PromiseRejectedResult).reason).toMatchObject({ code: 'store-unavailable' });
    expect((await store.load()).providers.map(({ id }) => id)).toEqual(['p1', 'p2', 'p3']);
    await store.close();
  });
});

function overwrite(file: string, from: number, to: number): void {
  const bytes = readFileSync(file);
  bytes.fill(0x5a, from, Math.min(to, bytes.length));
  writeFileSync(file, bytes);
}

function otherDatabase(file: string): void {
  rmSync(file);
  const database = new DatabaseSync(file);
  database.exec('create table keys (id text)');
  database.close();
  expect(existsSync(file)).toBe(true);
}
