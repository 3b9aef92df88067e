import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../model/secret.ts';
import { createMasterKey, newMasterKey, prepareNextKey } from './master-key.ts';
import { rekey } from './rekey.ts';
import { key, provider } from './settings-store.contract.ts';
import { openSettingsStore, type SettingsStoreOptions } from './sqlite-settings-store.ts';

let dataDir: string;
let ownKey: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'rotato-unlock-'));
  ownKey = join(dataDir, 'master.key');
});

afterEach(() => rmSync(dataDir, { recursive: true }));

type Place = Partial<SettingsStoreOptions>;
const placeOf = (place: Place) => ({ dataDir, masterKey: null, masterKeyFile: null, ...place });
const open = (place: Place = {}) => openSettingsStore(placeOf(place));

async function fill(place: Place = {}): Promise<void> {
  const store = await open(place);
  await store.commit({ put: { providers: [provider('p1')], keys: [key('k1', 'p1'), key('k2', 'p1')] } });
  await store.close();
}

/** What is stored, as far as the master key opens it. */
async function secrets(place: Place = {}): Promise<string[]> {
  const store = await open(place);
  const { keys } = await store.load();
  await store.close();
  return keys.map(({ secret }) => secret.reveal());
}

const SECRETS = ['sk-secret-of-k1', 'sk-secret-of-k2'];
const contents = () =>
  Object.fromEntries(readdirSync(dataDir).map((name) => [name, readFileSync(join(dataDir, name)).toString('base64')]));

async function expectRefused(place: Place, ...texts: string[]): Promise<void> {
  const before = contents();
  const error = await open(place).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'RotatoError', code: 'bad-configuration' });
  for (const text of texts) expect((error as Error).message).toContain(text);
  expect(contents()).toEqual(before);
}

const REMEDIES = [
  'Nothing was changed. Either give back the right one: set ROTATO_MASTER_KEY or ROTATO_MASTER_KEY_FILE, or restore master.key',
  'Or, if it is lost, move',
];

describe('the master key', () => {
  it('is made at the first start, for its owner alone, and found at the next', async () => {
    await fill();
    expect(readFileSync(ownKey, 'utf8')).toMatch(/^[A-Za-z0-9+/]{43}=\n$/);
    expect(statSync(ownKey).mode & 0o777).toBe(0o600);
    const made = readFileSync(ownKey);
    expect(await secrets()).toEqual(SECRETS);
    expect(readFileSync(ownKey)).toEqual(made);
  });

  it('is not made where one is given', async () => {
    const masterKey = newMasterKey();
    await fill({ masterKey });
    expect(existsSync(ownKey)).toBe(false);
    const inUrlLetters = new Secret(Buffer.from(masterKey.reveal(), 'base64').toString('base64url'));
    expect(await secrets({ masterKey: inUrlLetters })).toEqual(SECRETS);
    const masterKeyFile = join(dataDir, 'mounted');
    writeFileSync(masterKeyFile, ` ${masterKey.reveal()}\n\n`);
    expect(await secrets({ masterKeyFile })).toEqual(SECRETS);
  });

  it('that is missing beside sealed keys stops the start, which writes nothing', async () => {
    await fill();
    rmSync(ownKey);
    await expectRefused({}, 'The 2 keys stored in', ...REMEDIES);
  });

  it.each<[string, () => Place, string]>([
    ['in the environment', () => ({ masterKey: newMasterKey() }), 'master key of ROTATO_MASTER_KEY, but with another'],
    ['in a file', () => ({ masterKeyFile: writeKey('other.key', newMasterKey()) }), 'other.key, but with another'],
    ['in the data directory', () => writeOwnKey(newMasterKey()), 'master.key, but with another'],
  ])('that is wrong %s stops the start, which writes nothing', async (_, place, message) => {
    await fill();
    const wrong = place();
    await expectRefused(wrong, message, ...REMEDIES);
  });

  it.each<[string, string, string]>([
    ['a pass phrase', 'correct horse', 'does not hold a master key'],
    ['cut', 'A'.repeat(20), 'does not hold a master key'],
    ['empty', '', 'does not hold a master key'],
  ])('of a file that is %s stops the start', async (_, text, message) => {
    writeFileSync(ownKey, text);
    const error = await open().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'bad-configuration', message: expect.stringContaining(message) });
    expect(readFileSync(ownKey, 'utf8')).toBe(text);
  });

  it('of a file that is not there stops the start', async () => {
    await expect(open({ masterKeyFile: join(dataDir, 'nowhere') })).rejects.toMatchObject({
      code: 'bad-configuration',
      message: `The master key in ${join(dataDir, 'nowhere')} cannot be read (ENOENT).`,
    });
  });

  it('may be changed freely while nothing is sealed', async () => {
    await (await open()).close();
    const masterKey = newMasterKey();
    await fill({ masterKey });
    expect(await secrets({ masterKey })).toEqual(SECRETS);
    await expectRefused({}, 'but with another');
  });
});

function writeOwnKey(masterKey: Secret): Place {
  writeKey('master.key', masterKey);
  return {};
}

function writeKey(name: string, masterKey: Secret): string {
  const path = join(dataDir, name);
  writeFileSync(path, masterKey.reveal());
  return path;
}

describe('rekey', () => {
  it('replaces the key in the data directory, and what it sealed', async () => {
    await fill();
    const before = readFileSync(ownKey, 'utf8');
    const newKey = newMasterKey();
    expect(await rekey({ place: placeOf({}), newKey, keepInDataDir: true })).toBe(2);
    expect(readFileSync(ownKey, 'utf8').trim()).toBe(newKey.reveal());
    expect(await secrets()).toEqual(SECRETS);
    expect(readdirSync(dataDir).sort()).toEqual(['master.key', 'settings.db', 'settings.db-journal']);
    expect(statSync(ownKey).mode & 0o777).toBe(0o600);
    await expectRefused({ masterKey: new Secret(before.trim()) }, 'but with another');
  });

  it('leaves a key that the operator keeps to the operator', async () => {
    const [masterKey, newKey] = [newMasterKey(), newMasterKey()];
    await fill({ masterKey });
    await rekey({ place: placeOf({ masterKey }), newKey, keepInDataDir: false });
    expect(await secrets({ masterKey: newKey })).toEqual(SECRETS);
    expect(existsSync(ownKey)).toBe(false);
    await expectRefused({ masterKey }, 'but with another');
  });

  it('takes the old key out of the data directory when the new one lies elsewhere', async () => {
    await fill();
    const newKey = newMasterKey();
    await rekey({ place: placeOf({}), newKey, keepInDataDir: false });
    expect(existsSync(ownKey)).toBe(false);
    expect(await secrets({ masterKey: newKey })).toEqual(SECRETS);
  });

  it('changes nothing when the key in force does not open what is sealed', async () => {
    await fill();
    const before = contents();
    const place = placeOf({ masterKey: newMasterKey() });
    await expect(rekey({ place, newKey: newMasterKey(), keepInDataDir: false })).rejects.toMatchObject({
      code: 'bad-configuration',
    });
    expect(contents()).toEqual(before);
  });

  it('broken off before its transaction leaves the old key in force', async () => {
    await fill();
    prepareNextKey(dataDir, newMasterKey());
    expect(await secrets()).toEqual(SECRETS);
    expect(existsSync(`${ownKey}.next`)).toBe(false);
  });

  it('broken off after its transaction puts the new key in force', async () => {
    await fill();
    const before = readFileSync(ownKey);
    const newKey = newMasterKey();
    await rekey({ place: placeOf({}), newKey, keepInDataDir: true });
    renameSync(ownKey, `${ownKey}.next`);
    writeFileSync(ownKey, before);
    expect(await secrets()).toEqual(SECRETS);
    expect(readFileSync(ownKey, 'utf8').trim()).toBe(newKey.reveal());
    expect(existsSync(`${ownKey}.next`)).toBe(false);
  });

  it('of nothing prepares for what is sealed later', async () => {
    createMasterKey(dataDir);
    expect(await rekey({ place: placeOf({}), newKey: newMasterKey(), keepInDataDir: true })).toBe(0);
    await fill();
    expect(await secrets()).toEqual(SECRETS);
  });
});
