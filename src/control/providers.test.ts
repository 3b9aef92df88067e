import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemorySettingsStore } from '../../test/support/memory-settings-store.ts';
import { type OperatorBench, openOperator, refusalOf } from '../../test/support/operator-bench.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { HeaderList } from '../model/header-list.ts';
import type { OperatorEvent, ProviderActs } from './operator.ts';
import type { ProbeAnswer } from './probe.ts';

const FILE = { providers: { groq: { keys: [{ key: 'gsk-file-0123456789', label: 'mine' }] } } };

let clock: VirtualClock;
let store: MemorySettingsStore;
let bench: OperatorBench;
let providers: ProviderActs;
let answer: ProbeAnswer | null;

beforeEach(async () => {
  clock = new VirtualClock();
  store = new MemorySettingsStore();
  answer = null;
  bench = await openOperator({ file: FILE, clock, store, answer: () => answer });
  providers = bench.operator.providers;
});

afterEach(() => bench.close());

const names = () => providers.list().map(({ name }) => name);
const namesInForce = () => [...bench.snapshot().providers.keys()];

describe('a provider that is created', () => {
  it('is in force, kept, and shown as the file would spell it', async () => {
    const view = await providers.create({
      name: 'OpenAI',
      strategy: 'ordered',
      rotateOn: ['500-503', 504, 520],
      maxWait: '5s',
    });
    expect(view).toMatchObject({
      name: 'openai',
      origin: 'store',
      shadowed: false,
      enabled: true,
      version: 1,
      restorableUntil: null,
      settings: {
        preset: 'openai',
        wire: 'openai',
        baseUrl: 'https://api.openai.com/v1',
        strategy: 'ordered',
        rotateOn: ['500-504', 520],
        maxWait: '5s',
        maxWaitCeiling: '10m',
        timeouts: { connect: '10s', firstByte: '5m', idle: '5m' },
        allowPrivateAddress: false,
        groups: {},
      },
      keyCounts: { all: 0, ready: 0, resting: 0, rejected: 0, disabled: 0 },
    });
    expect(namesInForce()).toEqual(['groq', 'openai']);
    expect((await store.load()).providers).toMatchObject([{ name: 'openai', enabled: true }]);
  });

  it('is there after a restart, with the same id', async () => {
    const { id } = await providers.create({ name: 'openai' });
    const again = await openOperator({ store });
    expect(again.operator.providers.get('openai')).toMatchObject({ id, version: 1 });
    await again.close();
  });

  it.each([
    ['no name', {}, 'name'],
    ['a name with a slash', { name: 'a/b' }, 'name'],
    ['a name with a line break', { name: 'a\nb' }, 'name'],
    ['a name with an emoji', { name: 'cat🐈' }, 'name'],
    ['the name of a prototype', { name: '__proto__' }, 'name'],
    ['a reserved name', { name: 'Admin' }, 'name'],
    ['a name of the file', { name: 'groq' }, 'name'],
    ['an unknown preset', { name: 'a', preset: 'opnai' }, 'preset'],
    ['nothing that says how to speak to it', { name: 'a' }, 'preset'],
    ['no base URL', { name: 'a', wire: 'openai' }, 'baseUrl'],
    ['a base URL with a password', { name: 'openai', baseUrl: 'https://me:secret-word@api.example/v1' }, 'baseUrl'],
    ['a base URL with a fragment', { name: 'openai', baseUrl: 'https://api.example/v1#x' }, 'baseUrl'],
    ['a base URL of another scheme', { name: 'openai', baseUrl: 'ftp://api.example/v1' }, 'baseUrl'],
    ['a base URL with its version twice', { name: 'openai', baseUrl: 'https://api.example/v1/v1/' }, 'baseUrl'],
    ['a base URL of an endpoint', { name: 'openai', baseUrl: 'https://api.example/v1/chat/completions' }, 'baseUrl'],
    ['an unknown setting', { name: 'openai', maxWiat: '5s' }, 'maxWiat'],
    ['keys', { name: 'openai', keys: [{ key: 'sk-1' }] }, 'keys'],
    ['a module of its own', { name: 'openai', strategy: { module: './evil.js' } }, 'strategy'],
    ['a wait beyond the ceiling', { name: 'openai', maxWait: '20m' }, 'maxWait'],
    ['a group that limits nothing', { name: 'openai', groups: { a: { limits: [{}] } } }, 'groups.a.limits[0]'],
  ])('is refused with %s, and nothing is kept', async (_, input, path) => {
    const { code, fields, message } = await refusalOf(providers.create(input));
    expect([code, fields.map((field) => field.path)]).toEqual(['invalid-input', [path]]);
    expect(message).not.toContain('secret-word');
    expect([store.commits, names()]).toEqual([0, ['groq']]);
  });

  it('is refused with every field that is wrong', async () => {
    const { fields } = await refusalOf(providers.create({ name: 'openai', maxWait: 'long', timeouts: { idle: 5 } }));
    expect(fields.map(({ path }) => path)).toEqual(['maxWait', 'timeouts.idle']);
    expect(fields[0]?.message).toMatch(/^found "long"; allowed: a duration/);
  });
});

describe('a provider that is edited', () => {
  it('is merged with what was there', async () => {
    await providers.create({ name: 'openai', timeouts: { idle: '1m' }, rotateOn: [500] });
    const view = await providers.change(
      'openai',
      { timeouts: { connect: '2s' }, rotateOn: null, strategy: 'random' },
      1,
    );
    expect(view.settings).toMatchObject({ timeouts: { connect: '2s', idle: '1m' }, rotateOn: [], strategy: 'random' });
    expect(view.version).toBe(2);
    expect(bench.snapshot().providers.get('openai')?.timeouts.connectMs).toBe(2_000);
  });

  it('by two at once is edited by the first, and the second is told', async () => {
    const { version } = await providers.create({ name: 'openai' });
    const edits = [{ maxWait: '1s' }, { maxWait: '2s' }].map((patch) =>
      providers.change('openai', patch, version ?? 0),
    );
    const [first, second] = await Promise.allSettled(edits);
    expect([first?.status, second?.status]).toEqual(['fulfilled', 'rejected']);
    expect((second as PromiseRejectedResult).reason).toMatchObject({ code: 'conflict' });
    expect(providers.get('openai').settings.maxWait).toBe('1s');
  });

  it.each([
    ['removed', (version: number) => providers.remove('openai', version)],
    ['disabled', (version: number) => providers.setEnabled('openai', false, version)],
  ])('while an edit is being kept, is not %s by who has not seen that', async (_, act) => {
    const { version } = await providers.create({ name: 'openai' });
    const edit = providers.change('openai', { maxWait: '1s' });
    expect(await refusalOf(act(version ?? 0))).toMatchObject({ code: 'conflict' });
    await edit;
    expect(providers.get('openai')).toMatchObject({ enabled: true, restorableUntil: null });
  });

  it('is left as it was when the disk refuses', async () => {
    await providers.create({ name: 'openai' });
    store.failure = new Error('no space');
    await expect(providers.change('openai', { maxWait: '1s' })).rejects.toThrow('no space');
    expect(providers.get('openai').settings.maxWait).toBe('30s');
    expect((await providers.change('openai', { maxWait: '2s' })).settings.maxWait).toBe('2s');
  });

  it('but belongs to the file is for its owner to edit', async () => {
    for (const act of [
      providers.change('groq', { maxWait: '1s' }),
      providers.rename('groq', 'other'),
      providers.remove('groq'),
      providers.restore('groq'),
    ]) {
      expect(await refusalOf(act)).toMatchObject({ code: 'managed-by-file' });
    }
    expect(providers.get('groq')).toMatchObject({ origin: 'file', version: null });
  });

  it('is not found by a name nobody has', async () => {
    expect(await refusalOf(providers.change('opnai', {}))).toMatchObject({ code: 'not-found' });
  });
});

describe('a provider that is renamed', () => {
  it('keeps its id, its keys, and what is known of them', async () => {
    const { id } = await providers.create({ name: 'openai' });
    await bench.operator.keys.add('openai', { keys: [{ key: 'sk-0123456789abcdef' }] });
    const before = bench.operator.keys.list('openai');
    const lease = await bench.pool.acquire(demand('openai'));
    if (lease.kind === 'refusal') throw new Error(lease.binding);
    lease.sent();
    lease.settle({
      kind: 'rate-limited',
      reason: 'slow',
      waitMs: 30_000,
      dimension: null,
      periodMs: null,
      limit: null,
      scope: 'group',
      ramp: false,
    });
    await providers.rename('openai', 'My-OpenAI', 1);

    expect(providers.get('my-openai')).toMatchObject({ id, settings: { preset: 'openai' }, keyCounts: { resting: 1 } });
    expect(bench.operator.keys.list(id).map((key) => key.id)).toEqual(before.map((key) => key.id));
    expect(namesInForce()).toEqual(['groq', 'my-openai']);
    // Whoever asked before the rename is served after it.
    await clock.advance(31_000);
    expect((await bench.pool.acquire(demand('openai'))).kind).toBe('lease');
  });

  it('takes along the clients that may call it', async () => {
    await providers.create({ name: 'openai' });
    await bench.operator.clients.create({ name: 'app', providers: ['openai', 'groq'] });
    await providers.rename('openai', 'mine');
    expect(bench.operator.clients.list()[0]?.providers).toEqual(['mine', 'groq']);
  });

  it.each(['groq', 'admin', '', 'a b', 5])('is not renamed to %j', async (name) => {
    await providers.create({ name: 'openai' });
    expect((await refusalOf(providers.rename('openai', name))).fields[0]?.path).toBe('name');
  });
});

describe('a provider that is switched off', () => {
  it.each([
    ['of the store', 'openai'],
    ['of the file', 'groq'],
  ])('%s takes nothing new, and survives a reload and a restart', async (_, name) => {
    await providers.create({ name: 'openai' });
    expect(await providers.setEnabled(name, false)).toMatchObject({ enabled: false });
    bench.apply(FILE);
    expect(bench.snapshot().providers.get(name)?.enabled).toBe(false);
    const again = await openOperator({ file: FILE, store });
    expect(again.snapshot().providers.get(name)?.enabled).toBe(false);
    await again.operator.providers.setEnabled(name, true);
    expect(again.snapshot().providers.get(name)?.enabled).toBe(true);
    expect((await store.load()).overlays).toEqual([]);
    await again.close();
  });
});

describe('a provider that is deleted', () => {
  it('is out of service at once, and can be had back for a minute', async () => {
    const { id } = await providers.create({ name: 'openai' });
    await bench.operator.keys.add('openai', { keys: [{ key: 'sk-0123456789abcdef' }] });
    const deleted = await providers.remove('openai');
    expect(deleted.restorableUntil).toBe(clock.wallNow() + 60_000);
    expect([namesInForce(), names()]).toEqual([['groq'], ['groq', 'openai']]);
    await clock.advance(59_000);
    expect(await providers.restore(id)).toMatchObject({ restorableUntil: null, keyCounts: { all: 1 } });
    await clock.advance(120_000);
    expect(namesInForce()).toEqual(['groq', 'openai']);
  });

  it('is purged after that, keys and all', async () => {
    const { id } = await providers.create({ name: 'openai' });
    await bench.operator.keys.add('openai', { keys: [{ key: 'sk-0123456789abcdef' }] });
    await providers.remove('openai');
    await clock.advance(60_001);
    await settled();
    expect(await refusalOf(providers.restore(id))).toMatchObject({ code: 'not-found' });
    expect(await store.load()).toMatchObject({ providers: [], keys: [] });
  });

  it('before a restart is purged after it', async () => {
    await providers.create({ name: 'openai' });
    await providers.remove('openai');
    await bench.close();
    const later = new VirtualClock(clock.wallNow() + 90_000);
    const again = await openOperator({ store, clock: later });
    await later.advance(1);
    await settled();
    expect((await store.load()).providers).toEqual([]);
    await again.close();
  });

  it('makes room for another of its name, and then cannot come back', async () => {
    const { id } = await providers.create({ name: 'openai' });
    await providers.remove('openai');
    await providers.create({ name: 'openai' });
    expect(await refusalOf(providers.restore(id))).toMatchObject({ code: 'conflict' });
    expect(await refusalOf(providers.change(id, { maxWait: '1s' }))).toMatchObject({ code: 'conflict' });
  });
});

describe('a name that file and store both use', () => {
  it("is the file's, and the stored one is kept and shown as shadowed", async () => {
    const { id } = await providers.create({ name: 'openai', maxWait: '7s' });
    await bench.operator.keys.add('openai', { keys: [{ key: 'sk-stored-0123456789' }] });
    bench.apply({ providers: { openai: { keys: [{ key: 'sk-file-0123456789' }] } } });
    expect(providers.list()).toMatchObject([
      { name: 'openai', origin: 'file', shadowed: false },
      { name: 'openai', origin: 'store', shadowed: true, id },
    ]);
    expect(providers.get('openai').origin).toBe('file');
    expect(bench.operator.keys.list(id)).toMatchObject([
      { state: { state: 'disabled', reason: expect.stringContaining('configuration file') } },
    ]);
    expect(bench.snapshot().providers.get('openai')?.maxWaitMs).toBe(30_000);
    bench.apply({});
    expect(bench.snapshot().providers.get('openai')?.maxWaitMs).toBe(7_000);
  });
});

describe('the models of a provider', () => {
  const json = (status: number, body: unknown): ProbeAnswer => ({
    status,
    headers: new HeaderList(['content-type', 'application/json']),
    body: JSON.stringify(body),
  });

  it('are what it lists', async () => {
    answer = json(200, { data: [{ id: 'b' }, { id: 'a' }] });
    expect(await providers.models('groq')).toEqual({ models: ['a', 'b'], error: null });
  });

  it.each([
    ['it has no key', 'openai', null, 'openai has no key to ask with. Add one.'],
    ['it does not answer', 'groq', null, 'groq did not answer. Check its base URL.'],
    ['it refuses', 'groq', json(401, {}), 'groq refused to list its models to the key mine (status 401).'],
    ['it answers something else', 'groq', json(200, 'hello'), 'groq answered with no list of models.'],
  ])('are none, with a reason, where %s', async (_, name, reply, error) => {
    await providers.create({ name: 'openai' });
    answer = reply;
    expect(await providers.models(name)).toEqual({ models: [], error });
  });
});

it('every change is announced', async () => {
  const events: OperatorEvent[] = [];
  const stop = bench.operator.watch((event) => events.push(event));
  await providers.create({ name: 'openai' });
  bench.apply({});
  stop();
  await providers.setEnabled('openai', false);
  expect(events).toEqual([
    { kind: 'settings', version: 2 },
    { kind: 'settings', version: 3 },
  ]);
});

function demand(provider: string) {
  return {
    provider,
    model: 'gpt-4o',
    tokens: { bodyBytes: 10, maxOutputTokens: null },
    client: 'anonymous',
    groups: null,
    priority: 'interactive' as const,
    deadline: clock.now() + 1_000,
    affinity: null,
    homeGroup: null,
    tried: [],
    signal: new AbortController().signal,
  };
}

/** Lets a purge, which nobody awaits, reach the store. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
