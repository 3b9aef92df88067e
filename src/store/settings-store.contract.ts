import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../model/secret.ts';
import type {
  SettingsChange,
  SettingsRemoval,
  SettingsStore,
  StoredClient,
  StoredKey,
  StoredOverlay,
  StoredProvider,
  StoredSession,
  StoredSettings,
  StoredToken,
} from '../model/settings-store.ts';

/** A place that is empty at first, opened as often as asked, one at a time. */
export interface SettingsPlace {
  open(): Promise<SettingsStore>;
  /** Removes it. */
  dispose(): Promise<void>;
}

/** What every store must do, whatever it stores in. */
export function testSettingsStore(name: string, makePlace: () => Promise<SettingsPlace>): void {
  describe(`${name} as a settings store`, () => {
    let place: SettingsPlace;
    let store: SettingsStore;

    beforeEach(async () => {
      place = await makePlace();
      store = await place.open();
    });

    afterEach(async () => {
      await store.close();
      await place.dispose();
    });

    const reopen = async () => {
      await store.close();
      store = await place.open();
      return store;
    };

    const whole = { store: () => store, reopen };
    keeping(whole);
    orders(whole);
    transactions(whole);
    closing(whole);
    anyHistory(whole);
  });
}

interface UnderTest {
  store(): SettingsStore;
  /** Closes it, and opens it again. */
  reopen(): Promise<SettingsStore>;
}

function keeping({ store, reopen }: UnderTest): void {
  it('is empty at first', async () => {
    expect(comparable(await store().load())).toEqual(comparable(EMPTY));
  });

  it('gives back what was put, also after it was opened anew', async () => {
    await store().commit({ put: EXAMPLE });
    expect(comparable(await store().load())).toEqual(comparable(EXAMPLE));
    expect(comparable(await (await reopen()).load())).toEqual(comparable(EXAMPLE));
  });

  it('replaces whole rows, and leaves the others alone', async () => {
    await store().commit({ put: EXAMPLE });
    const renamed = { ...provider('p1'), name: 'renamed', settings: {}, deletedAt: 5, enabled: false };
    const revalued = { ...key('k1', 'p1'), secret: new Secret('sk-other'), validity: null };
    await store().commit({ put: { providers: [renamed], keys: [revalued], values: new Map([['access', 'open']]) } });
    const expected = {
      ...EXAMPLE,
      providers: [renamed, provider('p2')],
      keys: [revalued, key('k2', 'p1'), key('k3', 'p2')],
      values: new Map([...EXAMPLE.values, ['access', 'open']]),
    };
    expect(comparable(await store().load())).toEqual(comparable(expected));
  });

  it('removes by id, and does not mind what is not there', async () => {
    await store().commit({ put: EXAMPLE });
    const remove: SettingsRemoval = {
      providers: ['p2', 'nowhere'],
      keys: ['k2', 'nowhere'],
      clients: ['c1', 'nowhere'],
      overlays: [
        { kind: 'key', id: 'o1' },
        { kind: 'group', id: 'o2' },
      ],
      tokens: ['t1', 'nowhere'],
      sessions: ['s1', 'nowhere'],
      values: ['access', 'nowhere'],
    };
    await store().commit({ remove });
    const expected = {
      providers: [provider('p1')],
      keys: [key('k1', 'p1')],
      clients: [],
      overlays: [overlay('provider', 'o1'), overlay('provider', 'o2')],
      tokens: [],
      sessions: [],
      values: new Map([['admin-password', '$scrypt$…']]),
    };
    expect(comparable(await store().load())).toEqual(comparable(expected));
  });

  it('removes first and puts then, so that a row can be made anew in one commit', async () => {
    await store().commit({ put: EXAMPLE });
    const put = { providers: [provider('p1')], keys: [key('k9', 'p1')] };
    await store().commit({ remove: { providers: ['p1'] }, put });
    const { keys } = await store().load();
    expect(keys.map(({ id }) => id).sort()).toEqual(['k3', 'k9']);
  });

  it('keeps an empty change', async () => {
    await store().commit({});
    await store().commit({ put: {}, remove: {} });
    expect(comparable(await store().load())).toEqual(comparable(EMPTY));
  });
}

function orders({ store }: UnderTest): void {
  it('gives back in order of position, else of creation', async () => {
    const providers = [3, -1, 2.5, 1e9].map((position) => ({ ...provider(`at ${position}`), position }));
    const keys = [2, 1, 1.5].map((position) => ({ ...key(`at ${position}`, 'at 3'), position }));
    const clients = [30, 10, 20].map((createdAt) => ({ ...client(`at ${createdAt}`), createdAt }));
    await store().commit({ put: { providers, keys, clients } });
    const found = await store().load();
    expect(found.providers.map(({ position }) => position)).toEqual([-1, 2.5, 3, 1e9]);
    expect(found.keys.map(({ position }) => position)).toEqual([1, 1.5, 2]);
    expect(found.clients.map(({ createdAt }) => createdAt)).toEqual([10, 20, 30]);
  });

  it('makes commits effective in the order they were asked for', async () => {
    const versions = Array.from({ length: 50 }, (_, at) => at);
    await Promise.all(
      versions.map((version) => store().commit({ put: { providers: [{ ...provider('p1'), version }] } })),
    );
    expect((await store().load()).providers[0]?.version).toBe(49);
  });
}

function transactions({ store, reopen }: UnderTest): void {
  it('keeps nothing of a commit that fails', async () => {
    await store().commit({ put: EXAMPLE });
    const change: SettingsChange = {
      remove: { providers: ['p1'], sessions: ['s1'] },
      put: { providers: [provider('p7')], keys: [key('k7', 'p7'), key('k8', 'nowhere')], tokens: [token('t7')] },
    };
    await expect(store().commit(change)).rejects.toThrow();
    expect(comparable(await store().load())).toEqual(comparable(EXAMPLE));
    await store().commit({ put: { tokens: [token('t8')] } });
    expect((await (await reopen()).load()).tokens).toEqual([token('t1'), token('t8')]);
  });

  it('is not confused by failures among commits that were asked for at once', async () => {
    const good = (id: string) => store().commit({ put: { providers: [provider(id)] } });
    const bad = (id: string) => store().commit({ put: { providers: [provider(id)], keys: [key(id, 'nowhere')] } });
    const settled = await Promise.allSettled([good('p1'), bad('p2'), good('p3'), bad('p4'), good('p5')]);
    expect(settled.map(({ status }) => status === 'fulfilled')).toEqual([true, false, true, false, true]);
    expect((await store().load()).providers.map(({ id }) => id)).toEqual(['p1', 'p3', 'p5']);
  });

  it('takes thousands of keys in one commit', async () => {
    const keys = Array.from({ length: 2_345 }, (_, at) => ({ ...key(`k${at}`, 'p1'), position: at }));
    await store().commit({ put: { providers: [provider('p1')], keys } });
    expect(comparable({ ...EMPTY, keys: (await store().load()).keys })).toEqual(comparable({ ...EMPTY, keys }));
    await store().commit({ remove: { keys: keys.slice(1).map(({ id }) => id) } });
    expect((await store().load()).keys).toHaveLength(1);
  });
}

function closing({ store, reopen }: UnderTest): void {
  it('finishes what was asked for before it closes, and takes nothing more', async () => {
    const first = store();
    const commits = ['p1', 'p2', 'p3'].map((id) => first.commit({ put: { providers: [provider(id)] } }));
    await Promise.all([...commits, first.close(), first.close()]);
    await expect(first.load()).rejects.toMatchObject({ code: 'store-unavailable' });
    await expect(first.commit({})).rejects.toMatchObject({ code: 'store-unavailable' });
    expect((await (await reopen()).load()).providers).toHaveLength(3);
  });
}

/** Text any database keeps as it is: UTF-8 without NUL. */
const anyText = fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.toWellFormed().replaceAll('\0', ''));
const anyObject = fc.dictionary(fc.oneof(anyText, fc.constant('__proto__')), fc.jsonValue(), { maxKeys: 4 });
const fewIds = fc.constantFrom('a', 'b', 'c', "d'; drop table keys; --", '__proto__');
const anyInstant = fc.integer({ min: 0, max: 2 ** 52 });

const anyProvider: fc.Arbitrary<StoredProvider> = fc.record({
  id: fewIds,
  name: anyText,
  position: fc.double({ noNaN: true, noDefaultInfinity: true }),
  settings: anyObject,
  enabled: fc.boolean(),
  version: fc.nat(),
  createdAt: anyInstant,
  deletedAt: fc.option(anyInstant),
});
const anyOverlay: fc.Arbitrary<StoredOverlay> = fc.record({
  kind: fc.constantFrom('provider', 'key', 'group'),
  id: fewIds,
  value: anyObject,
});
const anyStep = fc.record({
  providers: fc.uniqueArray(anyProvider, { selector: ({ id }) => id, maxLength: 3 }),
  overlays: fc.uniqueArray(anyOverlay, { selector: ({ kind, id }) => `${kind} ${id}`, maxLength: 3 }),
  secret: fc.option(anyText),
  values: fc.dictionary(fewIds, fc.jsonValue(), { maxKeys: 2 }),
  removed: fc.uniqueArray(fewIds, { maxLength: 2 }),
});

function anyHistory({ store, reopen }: UnderTest): void {
  it('holds, after any history of commits, what plain maps would hold', { timeout: 60_000 }, async () => {
    let model = new PlainMaps();
    const anySteps = fc.array(anyStep, { minLength: 1, maxLength: 6 });
    const property = fc.asyncProperty(anySteps, async (steps) => {
      await removeEverything(store());
      model = new PlainMaps();
      for (const step of steps) {
        await store().commit(changeOf(step));
        model.commit(changeOf(step));
      }
      expect(comparable(await store().load())).toEqual(comparable(model.settings));
    });
    await fc.assert(property, { numRuns: 40 });
    expect(comparable(await (await reopen()).load())).toEqual(comparable(model.settings));
  });
}

type Step = typeof anyStep extends fc.Arbitrary<infer Value> ? Value : never;

function changeOf({ providers, overlays, secret, values, removed }: Step): SettingsChange {
  const owners = secret === null ? [] : providers.slice(0, 1);
  const keys = owners.map(({ id }) => ({ ...key(id, id), secret: new Secret(secret ?? '') }));
  return {
    remove: { providers: removed, values: removed },
    put: { providers, keys, overlays, values: new Map(Object.entries(values)) },
  };
}

async function removeEverything(store: SettingsStore): Promise<void> {
  const { providers, overlays, values } = await store.load();
  await store.commit({ remove: { providers: providers.map(({ id }) => id), overlays, values: [...values.keys()] } });
}

/** A store that is too simple to be wrong, as far as the histories above go. */
class PlainMaps {
  readonly #providers = new Map<string, StoredProvider>();
  readonly #keys = new Map<string, StoredKey>();
  readonly #overlays = new Map<string, StoredOverlay>();
  readonly #values = new Map<string, unknown>();

  commit({ put, remove }: SettingsChange): void {
    for (const id of remove?.values ?? []) this.#values.delete(id);
    for (const id of remove?.providers ?? []) {
      this.#providers.delete(id);
      // A key of these histories has the id of its provider.
      this.#keys.delete(id);
    }
    for (const one of put?.providers ?? []) this.#providers.set(one.id, one);
    for (const one of put?.keys ?? []) this.#keys.set(one.id, one);
    for (const one of put?.overlays ?? []) this.#overlays.set(`${one.kind} ${one.id}`, one);
    for (const [name, value] of put?.values ?? []) this.#values.set(name, value);
  }

  get settings(): StoredSettings {
    return {
      ...EMPTY,
      providers: [...this.#providers.values()],
      keys: [...this.#keys.values()],
      overlays: [...this.#overlays.values()],
      values: this.#values,
    };
  }
}

/** Rows in an order of their own, secrets in the open, and JSON as its text, where -0 and 0 are one. */
function comparable({ values, keys, ...tables }: StoredSettings): unknown {
  const rows = Object.entries({ ...tables, keys: keys.map((one) => ({ ...one, secret: one.secret.reveal() })) });
  const texts = rows.map(([name, list]): [string, string[]] => [
    name,
    list.map((row) => JSON.stringify(byName(Object.entries(row)))).sort(),
  ]);
  return { ...Object.fromEntries(texts), values: JSON.stringify(byName([...values])) };
}

function byName(entries: [string, unknown][]): [string, unknown][] {
  return entries.sort(([one], [other]) => (one < other ? -1 : 1));
}

const EMPTY: StoredSettings = {
  providers: [],
  keys: [],
  clients: [],
  overlays: [],
  tokens: [],
  sessions: [],
  values: new Map(),
};

const CREATED_AT = Date.UTC(2026, 10, 22);

export function provider(id: string): StoredProvider {
  const settings = { preset: 'openai', timeouts: { connect: '10s' }, rotateOn: ['500-503'], 'ein Schlüssel': '✓' };
  return {
    id,
    name: `name of ${id}`,
    position: 1.5,
    settings,
    enabled: true,
    version: 3,
    createdAt: CREATED_AT,
    deletedAt: null,
  };
}

export function key(id: string, providerId: string): StoredKey {
  return {
    id,
    providerId,
    position: 2,
    secret: new Secret(`sk-secret-of-${id}`),
    settings: { label: 'team-a', limits: [{ model: '*', rpm: 20 }] },
    enabled: true,
    validity: { said: 'exhausted', at: CREATED_AT },
    version: 1,
    createdAt: CREATED_AT,
    deletedAt: null,
  };
}

function client(id: string): StoredClient {
  const settings = { providers: ['openai'], groups: null };
  return { id, name: 'my-app', digest: 'ab'.repeat(32), hint: 'f3a9', settings, version: 1, createdAt: CREATED_AT };
}

function overlay(kind: StoredOverlay['kind'], id: string): StoredOverlay {
  return { kind, id, value: { enabled: false } };
}

function token(id: string): StoredToken {
  return { id, name: 'ci', digest: 'cd'.repeat(32), hint: '0042', createdAt: CREATED_AT, lastUsedAt: null };
}

function session(digest: string): StoredSession {
  return { digest, createdAt: CREATED_AT, seenAt: CREATED_AT + 1, expiresAt: CREATED_AT + 2 };
}

const EXAMPLE: StoredSettings = {
  providers: [provider('p1'), provider('p2')],
  keys: [key('k1', 'p1'), key('k2', 'p1'), key('k3', 'p2')],
  clients: [client('c1')],
  overlays: [overlay('provider', 'o1'), overlay('provider', 'o2'), overlay('key', 'o1'), overlay('group', 'o2')],
  tokens: [token('t1')],
  sessions: [session('s1')],
  values: new Map<string, unknown>([
    ['admin-password', '$scrypt$…'],
    ['access', { mode: 'keys' }],
  ]),
};
