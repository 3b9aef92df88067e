import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assembleConfig } from '../config/assemble.ts';
import type { Config } from '../config/config.ts';
import { Environment } from '../config/environment.ts';
import { Secret } from '../model/secret.ts';
import type { StoredKey, StoredProvider, StoredSettings } from '../model/settings-store.ts';
import { SettingsMerger } from './settings-merger.ts';
import { buildSnapshot, PRESET_CATALOG } from './snapshot.ts';
import { NOTHING_STORED, StoredState } from './stored-state.ts';

const IDENTITY_KEY = Buffer.alloc(32, 7);
const NAMES = ['openai', 'groq', 'mistral'] as const;
const SECRETS = ['sk-0-abcdefgh', 'sk-1-abcdefgh', 'sk-2-abcdefgh'] as const;

type Name = (typeof NAMES)[number];

interface Written {
  readonly name: Name;
  readonly enabled: boolean;
  readonly keys: readonly { readonly secret: string; readonly enabled: boolean }[];
}

interface World {
  readonly file: readonly Written[];
  readonly store: readonly (Written & { readonly deleted: boolean })[];
  /** Of file entries alone. */
  readonly overlaid: readonly {
    readonly name: Name;
    readonly secret: string | null;
    readonly enabled: boolean;
    readonly draining: boolean;
  }[];
}

const keys = fc.uniqueArray(fc.record({ secret: fc.constantFrom(...SECRETS), enabled: fc.boolean() }), {
  selector: ({ secret }) => secret,
});
const written = { name: fc.constantFrom(...NAMES), enabled: fc.boolean(), keys };
const world: fc.Arbitrary<World> = fc.record({
  file: fc.uniqueArray(fc.record(written), { selector: ({ name }) => name }),
  store: fc.uniqueArray(fc.record({ ...written, deleted: fc.boolean() }), { selector: ({ name }) => name }),
  overlaid: fc.uniqueArray(
    fc.record({
      name: fc.constantFrom(...NAMES),
      secret: fc.option(fc.constantFrom(...SECRETS)),
      enabled: fc.boolean(),
      draining: fc.boolean(),
    }),
    { selector: ({ name, secret }) => `${name} ${secret}` },
  ),
});

const configOf = (file: readonly Written[]): Config =>
  assembleConfig({
    flags: {},
    environment: new Environment({}),
    file: {
      path: '/srv/rotato.yaml',
      name: 'rotato.yaml',
      text: JSON.stringify({
        providers: Object.fromEntries(
          file.map(({ name, enabled, keys: own }) => [
            name,
            { enabled, keys: own.map((key) => ({ key: key.secret, enabled: key.enabled })) },
          ]),
        ),
      }),
    },
    cwd: '/srv',
    presets: PRESET_CATALOG,
  });

/** Ids as the program gives them, read off what it makes of the same file. */
function fileKeyIds(): ReadonlyMap<string, string> {
  const all = NAMES.map((name) => ({
    name,
    enabled: true,
    keys: SECRETS.map((secret) => ({ secret, enabled: true })),
  }));
  const { providers } = new SettingsMerger(IDENTITY_KEY, PRESET_CATALOG).merge(
    configOf(all),
    new StoredState(NOTHING_STORED),
  );
  return new Map(providers.flatMap(({ id, keys: own }) => own.map((key) => [`${id} ${key.secret?.reveal()}`, key.id])));
}

const FILE_KEY_IDS = fileKeyIds();

function storedOf({ store, overlaid }: World): StoredSettings {
  const providers = store.map(
    ({ name, enabled, deleted }, position): StoredProvider => ({
      id: `row-${name}`,
      name,
      position,
      settings: { preset: name },
      enabled,
      version: 1,
      createdAt: 0,
      deletedAt: deleted ? 1 : null,
    }),
  );
  const rows = store.flatMap(({ name, keys: own }) =>
    own.map(
      ({ secret, enabled }, position): StoredKey => ({
        id: `key-${name}-${secret}`,
        providerId: `row-${name}`,
        position,
        secret: new Secret(secret),
        settings: { label: `label-${secret}` },
        enabled,
        validity: null,
        version: 1,
        createdAt: 0,
        deletedAt: null,
      }),
    ),
  );
  const overlays = overlaid.map(({ name, secret, enabled, draining }) =>
    secret === null
      ? { kind: 'provider' as const, id: name, value: { enabled } }
      : { kind: 'key' as const, id: FILE_KEY_IDS.get(`${name} ${secret}`) ?? '', value: { enabled, draining } },
  );
  return { ...NOTHING_STORED, providers, keys: rows, overlays };
}

/** The rules in so many words, as slowly as can be. */
function expected({ file, store, overlaid }: World): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const name of NAMES) {
    const fromFile = file.find((one) => one.name === name);
    const fromStore = store.find((one) => one.name === name && !one.deleted);
    const overlayOf = (secret: string | null) => overlaid.find((one) => one.name === name && one.secret === secret);
    if (fromFile !== undefined) {
      result[name] = {
        enabled: overlayOf(null)?.enabled ?? fromFile.enabled,
        keys: fromFile.keys.map((key) => [key.secret, overlayOf(key.secret)?.enabled ?? key.enabled]),
      };
    } else if (fromStore !== undefined) {
      result[name] = { enabled: fromStore.enabled, keys: fromStore.keys.map((key) => [key.secret, key.enabled]) };
    }
  }
  return result;
}

function inForce(config: Config, stored: StoredState, merger: SettingsMerger): Record<string, unknown> {
  const { providers } = buildSnapshot(merger.merge(config, stored), 0);
  return Object.fromEntries(
    [...providers].map(([name, { enabled, keys: own }]) => [
      name,
      { enabled, keys: own.map((key) => [key.secret?.reveal(), key.enabled]) },
    ]),
  );
}

describe('file, store and what operators did', () => {
  it('come to what the rules say: the file wins, whole, and operating acts lie over both', () => {
    fc.assert(
      fc.property(world, (given) => {
        const merger = new SettingsMerger(IDENTITY_KEY, PRESET_CATALOG);
        expect(inForce(configOf(given.file), new StoredState(storedOf(given)), merger)).toEqual(expected(given));
      }),
    );
  });

  it('come to the same whatever was in force before', () => {
    fc.assert(
      fc.property(fc.array(world, { minLength: 2, maxLength: 5 }), (worlds) => {
        const merger = new SettingsMerger(IDENTITY_KEY, PRESET_CATALOG);
        for (const given of worlds) {
          expect(inForce(configOf(given.file), new StoredState(storedOf(given)), merger)).toEqual(expected(given));
        }
      }),
    );
  });

  it('leave what has not changed as the same objects', () => {
    fc.assert(
      fc.property(world, fc.constantFrom(...NAMES), (given, touched) => {
        const merger = new SettingsMerger(IDENTITY_KEY, PRESET_CATALOG);
        const config = configOf(given.file);
        const stored = new StoredState(storedOf(given));
        const before = buildSnapshot(merger.merge(config, stored), 0).providers;
        const row = stored.providers.get(`row-${touched}`);
        if (row !== undefined)
          stored.apply({ put: { providers: [{ ...row, settings: { preset: touched, maxWait: '1s' } }] } });
        const after = buildSnapshot(merger.merge(config, stored), 1).providers;
        for (const [name, provider] of before) if (name !== touched) expect(after.get(name)).toBe(provider);
      }),
    );
  });
});

describe('a key', () => {
  it('has an id of its own at each provider, and the same at every start', () => {
    const one = fileKeyIds();
    expect(fileKeyIds()).toEqual(one);
    expect(new Set(one.values()).size).toBe(NAMES.length * SECRETS.length);
  });
});

describe('a store written by another version', () => {
  const merge = (stored: Partial<StoredSettings>) =>
    new SettingsMerger(IDENTITY_KEY, PRESET_CATALOG).merge(
      configOf([]),
      new StoredState({ ...NOTHING_STORED, ...stored }),
    );
  const [provider] = storedOf({
    file: [],
    store: [{ name: 'openai', enabled: true, keys: [], deleted: false }],
    overlaid: [],
  }).providers;

  it('is not guessed at', () => {
    const settings = { preset: 'openai', fromTheFuture: true };
    expect(() => merge({ providers: provider === undefined ? [] : [{ ...provider, settings }] })).toThrow(
      /holds provider openai in a shape that this version of rotato does not read/,
    );
  });

  it('may hold settings of the program that are not followed', () => {
    const values = new Map([
      ['settings', { version: 3, written: { fromTheFuture: 1, cors: ['https://app.example'] } }],
    ]);
    expect(merge({ values }).config.cors).toEqual([]);
  });
});
