import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configFromText } from '../../test/support/config-from-text.ts';
import { MemorySettingsStore } from '../../test/support/memory-settings-store.ts';
import { type OperatorBench, openOperator, refusalOf } from '../../test/support/operator-bench.ts';
import type { SettingsActs } from './operator.ts';

let store: MemorySettingsStore;
let bench: OperatorBench;
let settings: SettingsActs;

beforeEach(async () => {
  store = new MemorySettingsStore();
  bench = await openOperator({ store, file: { limits: { retries: 1 } } });
  settings = bench.operator.settings;
});

afterEach(() => bench.close());

const setting = (name: string) => settings.get().settings.find((one) => one.name === name);

describe('the settings', () => {
  it('are shown as the file would spell them, each with its source', () => {
    expect(setting('limits.maxBody')).toEqual({
      name: 'limits.maxBody',
      value: '100MB',
      source: { kind: 'default', detail: '' },
      editable: true,
    });
    expect(setting('limits.retries')).toMatchObject({
      value: 1,
      source: { kind: 'file', detail: 'rotato.yaml:1' },
      editable: false,
    });
    expect(setting('listen.port')).toMatchObject({ value: 8990, editable: false });
    expect(settings.get()).toMatchObject({
      access: 'open',
      configFile: '/srv/rotato.yaml',
      version: '1.2.3',
      storedVersion: 0,
    });
  });

  it('are changed in force, and are there after a restart', async () => {
    const patch = {
      cors: ['https://app.example'],
      replyHeaders: 'off',
      listen: { hosts: ['Rotato.Home'] },
      limits: { clientStall: '5m', maxBody: '1MB' },
    };
    expect(await settings.change(patch, 0)).toMatchObject({ storedVersion: 1 });
    const again = await openOperator({ store });
    for (const { operator, snapshot } of [bench, again]) {
      expect(snapshot()).toMatchObject({
        replyHeaders: false,
        limits: { clientStallMs: 300_000, maxBodyBytes: 1024 ** 2 },
      });
      expect([[...snapshot().cors], [...snapshot().hosts]]).toEqual([['https://app.example'], ['rotato.home']]);
      const shown = operator.settings.get().settings.find(({ name }) => name === 'limits.clientStall');
      expect(shown).toMatchObject({ value: '5m', source: { kind: 'store' }, editable: true });
    }
    await again.close();
    await settings.change({ cors: null });
    expect(setting('cors')).toMatchObject({ value: [], source: { kind: 'default' } });
  });

  it('give way to the file, as soon as it says something, and only so long', async () => {
    await settings.change({ limits: { maxWalk: 5 } });
    bench.apply({ limits: { maxWalk: 7 } });
    expect(bench.snapshot().limits.maxWalk).toBe(7);
    bench.apply({});
    expect(bench.snapshot().limits.maxWalk).toBe(5);
  });

  it('reach the providers that have no ceiling of their own', async () => {
    const file = { providers: { openai: {}, groq: { maxWaitCeiling: '3m' } } };
    bench.apply(file);
    await bench.operator.providers.create({ name: 'mistral' });
    await settings.change({ limits: { maxWaitCeiling: '20s' } });
    const ceilings = [...bench.snapshot().providers.values()].map((one) => [
      one.name,
      one.maxWaitCeilingMs,
      one.maxWaitMs,
    ]);
    expect(ceilings).toEqual([
      ['openai', 20_000, 20_000],
      ['groq', 180_000, 30_000],
      ['mistral', 20_000, 20_000],
    ]);
  });

  it('of the file are changed there', async () => {
    const { code, message } = await refusalOf(settings.change({ limits: { retries: 5 } }));
    expect([code, message]).toEqual([
      'managed-by-file',
      'limits.retries is set by the configuration file (rotato.yaml:1): change it there.',
    ]);
  });

  it.each([
    ['an unknown one', { colour: 'red' }, 'colour'],
    ['one that needs a restart', { listen: { port: 1 } }, 'listen.port'],
    ['providers', { providers: {} }, 'providers'],
    ['a wrong value', { limits: { maxBody: 'big' } }, 'limits.maxBody'],
    ['an origin with a path', { cors: ['https://app.example/x'] }, 'cors[0]'],
    ['no group', { limits: 5 }, 'limits'],
  ])('are refused %s, and nothing changes', async (_, patch, path) => {
    expect(await refusalOf(settings.change(patch))).toMatchObject({ code: 'invalid-input', fields: [{ path }] });
    expect([store.commits, settings.get().storedVersion]).toEqual([0, 0]);
  });

  it('changed by two at once are changed by the first, and the second is told', async () => {
    const edits = await Promise.allSettled([
      settings.change({ replyHeaders: false }, 0),
      settings.change({ cors: [] }, 0),
    ]);
    expect(edits.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });
});

describe('open access', () => {
  const exposed = configFromText({ flags: { host: '0.0.0.0' }, env: { ROTATO_ADMIN_PASSWORD: 'correct horse' } });

  it('is refused while others can reach the server', async () => {
    const open = await openOperator({ config: exposed });
    expect((await refusalOf(open.operator.settings.change({ access: 'open' }))).fields).toMatchObject([
      { path: 'access' },
    ]);
    await open.close();
  });
});

describe('a server that others can reach', () => {
  const exposed = { ...configFromText({}), listen: { addresses: ['0.0.0.0'], port: 8990, hosts: [] } };

  it('does not start without a secret', async () => {
    await expect(openOperator({ config: exposed })).rejects.toThrow(/missing is a client key/);
  });

  it('starts with a client, or a password, that is stored', async () => {
    await bench.operator.clients.create({ name: 'my-app' });
    const open = await openOperator({ config: exposed, store });
    expect(open.snapshot().access).toBe('keys');
    await open.close();
  });
});

describe('defaults', () => {
  const facts = () =>
    [...bench.snapshot().providers.values()].map(({ name, strategy, rotateOn, maxWaitMs, timeouts }) => [
      name,
      strategy,
      rotateOn.values(),
      maxWaitMs,
      timeouts.connectMs,
      timeouts.idleMs,
    ]);

  it('hold for every provider that does not say otherwise, of the file or the store', async () => {
    bench.apply({ providers: { openai: {}, groq: { strategy: 'ordered', maxWait: '1s', timeouts: { idle: '9s' } } } });
    await bench.operator.providers.create({ name: 'mistral', rotateOn: [] });
    const patch = { strategy: 'random', rotateOn: ['500-501'], maxWait: '7s', timeouts: { connect: '2s' } };
    await settings.change({ defaults: patch });
    expect(facts()).toEqual([
      ['openai', 'random', [500, 501], 7_000, 2_000, 300_000],
      ['groq', 'ordered', [500, 501], 1_000, 2_000, 9_000],
      ['mistral', 'random', [], 7_000, 2_000, 300_000],
    ]);
    expect(setting('defaults.rotateOn')).toMatchObject({ value: ['500-501'], source: { kind: 'store' } });
    await settings.change({ defaults: null });
    expect(facts()[0]).toEqual(['openai', 'round-robin', [], 30_000, 10_000, 300_000]);
  });

  it('may stand in the file, one by one', async () => {
    await settings.change({ defaults: { strategy: 'random', maxWait: '7s' } });
    bench.apply({ defaults: { maxWait: '5s' }, providers: { openai: {} } });
    expect(facts()).toEqual([['openai', 'random', [], 5_000, 10_000, 300_000]]);
    expect((await refusalOf(settings.change({ defaults: { maxWait: '1s' } }))).code).toBe('managed-by-file');
  });

  it("leave the statuses alone that the original's variables name", async () => {
    const env = { OPENAI_API_KEYS: 'sk-env-0123456789', DEFAULT_STATUS_CODES: '502' };
    const original = await openOperator({ env, file: { defaults: { rotateOn: [500], strategy: 'random' } } });
    const provider = original.snapshot().providers.get('openai');
    expect([provider?.rotateOn.values(), provider?.strategy]).toEqual([[502], 'random']);
    await original.close();
  });

  it('leave what has not changed as it is', async () => {
    bench.apply({ providers: { openai: {}, groq: { strategy: 'ordered' } } });
    await settings.change({ defaults: { strategy: 'random' } });
    const before = bench.snapshot().providers.get('openai');
    await settings.change({ cors: ['https://app.example'] });
    expect(bench.snapshot().providers.get('openai')).toBe(before);
  });
});
