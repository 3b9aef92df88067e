import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type AdminBench, startAdminBench } from '../../support/admin-bench.ts';
import { startTestRotato } from '../../support/running-rotato.ts';

const KEY = 'sk-sim-aaaaaaaaaaaa-1111';

let bench: AdminBench;
beforeAll(async () => {
  bench = await startAdminBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

function chat(url: string, provider: string): Promise<Response> {
  return fetch(`${url}/${provider}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sim-small', messages: [{ role: 'user', content: 'Hello' }] }),
  });
}

describe('providers', () => {
  it('go from nothing to an answered call', async () => {
    const { admin, simulator, rotato } = bench;
    const presets = await admin.call('GET /presets');
    expect(presets.items.map(({ name }) => name)).toContain('openai');
    const body = { name: 'mine', preset: 'openai', baseUrl: `${simulator.url}/v1`, allowPrivateAddress: true };
    const created = await admin.call('POST /providers', { body });
    expect(created).toMatchObject({ name: 'mine', origin: 'store', enabled: true, settings: { preset: 'openai' } });
    expect((await chat(rotato.url, 'mine')).status).toBe(503);
    const added = await admin.call('POST /providers/{id}/keys', { id: 'mine', body: { text: KEY } });
    expect(added.items).toMatchObject([{ outcome: 'added', validity: 'valid' }]);
    expect((await chat(rotato.url, 'mine')).status).toBe(200);
    expect(await admin.call('GET /providers')).toMatchObject({ items: [{ keyCounts: { all: 1, ready: 1 } }] });
  });

  it('are found by name in any case, and by id', async () => {
    await bench.addProvider('known');
    const { id } = await bench.admin.call('GET /providers/{id}', { id: 'KNOWN' });
    expect(await bench.admin.call('GET /providers/{id}', { id })).toMatchObject({ name: 'known' });
    for (const unknown of ['other', 'a/b', 'a\nb', '__proto__', '😀', '../providers', 'constructor']) {
      expect(await bench.admin.refusal('GET /providers/{id}', { id: unknown })).toMatchObject({ code: 'not-found' });
    }
  });

  it('are changed by one of two who edit the same version, and the other is told', async () => {
    await bench.addProvider('edited');
    const { admin } = bench;
    const seen = await admin.send('GET /providers/{id}', { id: 'edited' });
    const version = JSON.parse(seen.text).version;
    expect(seen.headers.get('etag')).toBe(`"${version}"`);
    const first = await admin.send('PATCH /providers/{id}', { id: 'edited', version, body: { strategy: 'ordered' } });
    expect(first.status).toBe(200);
    expect(first.headers.get('etag')).toBe(`"${version + 1}"`);
    const late = await admin.refusal('PATCH /providers/{id}', { id: 'edited', version, body: { strategy: 'random' } });
    expect(late).toMatchObject({ code: 'conflict', status: 412 });
    for (const route of [
      'DELETE /providers/{id}',
      'POST /providers/{id}/disable',
      'POST /providers/{id}/enable',
      'POST /providers/{id}/restore',
    ] as const) {
      expect(await admin.refusal(route, { id: 'edited', version }), route).toMatchObject({ code: 'conflict' });
    }
    expect(
      await admin.refusal('POST /providers/{id}/rename', { id: 'edited', version, body: { name: 'other' } }),
    ).toMatchObject({
      code: 'conflict',
    });
    expect(await admin.call('GET /providers/{id}', { id: 'edited' })).toMatchObject({
      enabled: true,
      settings: { strategy: 'ordered' },
    });
    const odd = await admin.refusal('PATCH /providers/{id}', { id: 'edited', headers: { 'if-match': 'x' }, body: {} });
    expect(odd).toMatchObject({ code: 'bad-request' });
    const any = { id: 'edited', headers: { 'if-match': '*' }, body: { strategy: 'random' } };
    expect(await admin.call('PATCH /providers/{id}', any)).toMatchObject({ settings: { strategy: 'random' } });
  });

  it('are one winner of many who change one version at once', async () => {
    await bench.addProvider('contested');
    const { version } = await bench.admin.call('GET /providers/{id}', { id: 'contested' });
    const edits = ['1s', '2s', '3s', '4s', '5s', '6s', '7s', '8s'].map((maxWait) =>
      bench.admin.send('PATCH /providers/{id}', { id: 'contested', version, body: { maxWait } }),
    );
    const statuses = (await Promise.all(edits)).map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 412, 412, 412, 412, 412, 412, 412]);
  });

  it('are renamed, disabled and enabled at once', async () => {
    await bench.addProvider('renamed', [KEY]);
    const { admin, rotato } = bench;
    const { id } = await admin.call('GET /providers/{id}', { id: 'renamed' });
    expect(await admin.call('POST /providers/{id}/rename', { id: 'renamed', body: { name: 'other' } })).toMatchObject({
      id,
      name: 'other',
    });
    expect((await chat(rotato.url, 'renamed')).status).toBe(404);
    expect((await chat(rotato.url, 'other')).status).toBe(200);
    await admin.call('POST /providers/{id}/disable', { id });
    expect((await chat(rotato.url, 'other')).status).toBe(503);
    await admin.call('POST /providers/{id}/enable', { id });
    expect((await chat(rotato.url, 'other')).status).toBe(200);
  });

  it('are out of service the moment they are deleted, and back with their keys when that is undone', async () => {
    await bench.addProvider('deleted', [KEY]);
    const { admin, rotato } = bench;
    const deleted = await admin.call('DELETE /providers/{id}', { id: 'deleted' });
    expect(deleted.restorableUntil).toBeGreaterThan(Date.now());
    expect((await chat(rotato.url, 'deleted')).status).toBe(404);
    await admin.call('POST /providers/{id}/restore', { id: deleted.id });
    expect((await chat(rotato.url, 'deleted')).status).toBe(200);
  });

  it('tell what they serve, or why they do not', async () => {
    await bench.addProvider('asked', [KEY]);
    expect(await bench.admin.call('GET /providers/{id}/models', { id: 'asked' })).toEqual({
      models: ['sim-embedding', 'sim-large', 'sim-small'],
      error: null,
    });
    const body = { name: 'gone', wire: 'openai', baseUrl: 'http://127.0.0.1:9', allowPrivateAddress: true };
    await bench.admin.call('POST /providers', { body });
    await bench.admin.call('POST /providers/{id}/keys', { id: 'gone', body: { text: KEY, validate: false } });
    const { models, error } = await bench.admin.call('GET /providers/{id}/models', { id: 'gone' });
    expect(models).toEqual([]);
    expect(error).not.toBe('');
  });

  it('of the file are shown, operated, and edited only there; a stored one of the same name is shadowed', async () => {
    await bench.addProvider('filed', [KEY]);
    const { admin, rotato, simulator } = bench;
    const filed = {
      baseUrl: `${simulator.url}/v1`,
      wire: 'openai',
      allowPrivateAddress: true,
      keys: [{ key: KEY, label: 'filed' }],
    };
    rotato.apply({ providers: { filed: filed } });
    const { items } = await admin.call('GET /providers');
    expect(items.filter(({ name }) => name === 'filed')).toMatchObject([
      { name: 'filed', origin: 'file', shadowed: false, version: null },
      { name: 'filed', origin: 'store', shadowed: true },
    ]);
    const owned = { code: 'managed-by-file', status: 409 };
    expect(await admin.refusal('PATCH /providers/{id}', { id: 'filed', body: { maxWait: '1s' } })).toMatchObject(owned);
    expect(await admin.refusal('DELETE /providers/{id}', { id: 'filed' })).toMatchObject(owned);
    expect(
      await admin.refusal('POST /providers/{id}/keys', { id: 'filed', body: { text: 'sk-new-1234567890' } }),
    ).toMatchObject(owned);
    const etag = (await admin.send('GET /providers/{id}', { id: 'filed' })).headers.get('etag');
    expect(etag).toBeNull();
    expect(await admin.call('POST /providers/{id}/disable', { id: 'filed' })).toMatchObject({ enabled: false });
    rotato.apply({ providers: { filed: { ...filed, maxWait: '1s' } } });
    expect((await chat(rotato.url, 'filed')).status).toBe(503);
  });

  it('outlive a restart, and so does a session', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rotato-restart-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const stopped = await startAdminBench({ folder });
    await stopped.addProvider('sim', [KEY], { maxWait: '7s' });
    const { port } = stopped.rotato;
    await stopped.rotato.close();
    await using started = await startTestRotato({ listen: { port } }, { folder });
    expect(await stopped.admin.call('GET /providers')).toMatchObject({ items: [{ settings: { maxWait: '7s' } }] });
    expect((await chat(started.url, 'sim')).status).toBe(200);
    await stopped.simulator[Symbol.asyncDispose]();
  });
});

const NOT_NAMES = [
  '',
  'a/b',
  'a\nb',
  'a b',
  '__proto__',
  'constructor',
  'toString',
  '😀',
  'admin',
  'Admin',
  'v1',
  'healthz',
  'readyz',
  'metrics',
  '.',
  '..',
  'ends.',
  '-a',
  'x'.repeat(65),
  'a\u0000b',
  'a\u2028b',
  5,
  null,
  {},
  [],
];
const NOT_BASE_URLS = [
  'https://user:pass@a.example/v1',
  'https://a.example/v1#fragment',
  'https://a.example/v1?query=1',
  'ftp://a.example',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'https://a.example/v1/v1',
  '//a.example',
  '/v1',
  'a.example',
  'http://',
  '',
  5,
  {},
];
const NOT_SETTINGS: readonly (readonly [string, Record<string, unknown>])[] = [
  ['nope', { nope: 1 }],
  ['strategi', { strategi: 'ordered' }],
  ['strategy', { strategy: 'best' }],
  ['rotateOn', { rotateOn: ['200'] }],
  ['rotateOn', { rotateOn: '500' }],
  ['maxWait', { maxWait: 'soon' }],
  ['timeouts.connect', { timeouts: { connect: '5 minutes' } }],
  ['timeouts.later', { timeouts: { later: '5s' } }],
  ['groups.g.limits[0].rpm', { groups: { g: { limits: [{ rpm: -1 }] } } }],
  ['groups.g.limits[0].rpx', { groups: { g: { limits: [{ rpx: 1 }] } } }],
  ['wire', { wire: 'smoke' }],
  ['allowPrivateAddress', { allowPrivateAddress: 'perhaps' }],
  ['keys', { keys: [{ key: 'sk-x' }] }],
  ['id', { id: 'chosen' }],
  ['version', { version: 7 }],
];

describe('a provider that cannot be saved', () => {
  it('is refused field by field, and nothing of it is saved', async () => {
    await bench.addProvider('sim');
    const { admin } = bench;
    const before = (await admin.send('GET /providers')).text;
    const good = { name: 'good', wire: 'openai', baseUrl: 'https://a.example/v1' };
    const bad: (readonly [string, unknown])[] = [
      ...NOT_NAMES.map((name) => ['name', { ...good, name }] as const),
      ...NOT_BASE_URLS.map((baseUrl) => ['baseUrl', { ...good, baseUrl }] as const),
      ...NOT_SETTINGS.map(([path, settings]) => [path, { ...good, ...settings }] as const),
      ['name', { ...good, name: 'SIM' }],
    ];
    for (const [path, body] of bad) {
      const refusal = await admin.refusal('POST /providers', { body });
      expect(refusal, JSON.stringify(body)).toMatchObject({ code: 'invalid-input', status: 422 });
      expect(
        refusal.fields?.map((field) => field.path),
        JSON.stringify(body),
      ).toContain(path);
      for (const { message } of refusal.fields ?? []) expect(message.length).toBeGreaterThan(5);
    }
    for (const [path, settings] of NOT_SETTINGS) {
      const refusal = await admin.refusal('PATCH /providers/{id}', {
        id: 'sim',
        body: { maxWait: '7s', ...settings },
      });
      expect(
        refusal.fields?.map((field) => field.path),
        JSON.stringify(settings),
      ).toContain(path);
    }
    for (const name of NOT_NAMES) {
      const refusal = await admin.refusal('POST /providers/{id}/rename', { id: 'sim', body: { name } });
      expect(
        refusal.fields?.map((field) => field.path),
        JSON.stringify(name),
      ).toEqual(['name']);
    }
    expect((await admin.send('GET /providers')).text).toBe(before);
  });
});
