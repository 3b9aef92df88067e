import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AdminBench, startAdminBench } from '../../support/admin-bench.ts';
import { AdminClient } from '../../support/admin-client.ts';
import { startTestRotato } from '../../support/running-rotato.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const HOUR_MS = 3_600_000;
const KEY = 'sk-sim-aaaaaaaaaaaa-1111';

let bench: AdminBench;
beforeAll(async () => {
  bench = await startAdminBench();
  await bench.addProvider('sim', [KEY]);
});
afterAll(() => bench[Symbol.asyncDispose]());

describe('a session', () => {
  it('is a cookie that scripts cannot read and other sites do not send', async () => {
    const { headers, text } = await bench.admin.send('POST /session', { body: { password: bench.password } });
    const cookie = headers.get('set-cookie') ?? '';
    const [pair = '', ...attributes] = cookie.split('; ');
    expect(pair).toMatch(new RegExp(`^rotato_session_${bench.rotato.port}=[\\w-]{43}$`));
    expect(attributes.sort()).toEqual([
      'HttpOnly',
      expect.stringMatching(/^Max-Age=\d+$/),
      'Path=/admin',
      'SameSite=Strict',
    ]);
    expect(text).not.toContain(pair.split('=')[1]);
    const origin = `https://127.0.0.1:${bench.rotato.port}`;
    const secure = await bench.admin.send('POST /session', { body: { password: bench.password }, headers: { origin } });
    expect(secure.headers.get('set-cookie')).toContain('; Secure');
  });

  it('ends at sign-out, and no other with it', async () => {
    const [one, other] = [new AdminClient(bench.rotato.url), new AdminClient(bench.rotato.url)];
    await one.signIn(bench.password);
    await other.signIn(bench.password);
    expect(await one.call('GET /session')).toMatchObject({ by: 'password', expiresAt: expect.any(Number) });
    const { status, headers } = await one.send('DELETE /session');
    expect(status).toBe(204);
    expect(headers.get('set-cookie')).toContain('Max-Age=0');
    expect(await one.refusal('GET /session')).toMatchObject({ code: 'unauthorized' });
    expect(await other.call('GET /session')).toMatchObject({ by: 'password' });
  });

  it('is not opened by another password, nor by a blank one', async () => {
    const stranger = new AdminClient(bench.rotato.url);
    for (const password of ['', `${bench.password} `, bench.password.toUpperCase()]) {
      expect(await stranger.refusal('POST /session', { body: { password } })).toMatchObject({ code: 'unauthorized' });
    }
    await stranger.signIn(bench.password);
    for (const body of [
      {},
      { password: 5 },
      { password: null },
      { password: 'x', more: 1 },
      { password: 'x'.repeat(2000) },
    ]) {
      expect(await stranger.refusal('POST /session', { body })).toMatchObject({ code: 'invalid-input' });
    }
  });

  it('ends after 12 hours without use, and after 30 days of use', async () => {
    const clock = new VirtualClock();
    await using slow = await startAdminBench({ clock });
    await clock.advance(11 * HOUR_MS);
    await slow.admin.call('GET /session');
    await clock.advance(11 * HOUR_MS);
    await slow.admin.call('GET /session');
    await clock.advance(12 * HOUR_MS);
    expect(await slow.admin.refusal('GET /session')).toMatchObject({ code: 'unauthorized' });

    await slow.admin.signIn(slow.password);
    for (let hours = 0; hours < 30 * 24 - 10; hours += 10) {
      await clock.advance(10 * HOUR_MS);
      await slow.admin.call('GET /session');
    }
    await clock.advance(10 * HOUR_MS);
    expect(await slow.admin.refusal('GET /session')).toMatchObject({ code: 'unauthorized' });
  });
});

describe('guessing the password', () => {
  it('is slowed down, tells how long to wait, and lets the right one in after that', async () => {
    const clock = new VirtualClock();
    await using attacked = await startAdminBench({ clock });
    const attacker = new AdminClient(attacked.rotato.url);
    for (let guess = 0; guess < 5; guess++) {
      expect(await attacker.refusal('POST /session', { body: { password: `guess ${guess}` } })).toMatchObject({
        status: 401,
      });
    }
    const right = { body: { password: attacked.password } };
    const { status, headers, text } = await attacker.send('POST /session', right);
    expect(status).toBe(429);
    expect(headers.get('retry-after')).toBe('1');
    expect(JSON.parse(text)).toMatchObject({ code: 'rate-limited', retryAfterMs: 1000 });
    expect(await attacked.admin.call('GET /session')).toMatchObject({ by: 'password' });
    await clock.advance(1000);
    expect((await attacker.send('POST /session', right)).status).toBe(200);
  });

  it('is as slow where the password is asked for again', async () => {
    await using attacked = await startAdminBench({ clock: new VirtualClock() });
    const asks = [
      () => attacked.admin.send('POST /export', { body: { password: 'wrong' } }),
      () => attacked.admin.send('POST /settings/password', { body: { current: 'wrong', next: 'a new one of mine' } }),
    ];
    const statuses: number[] = [];
    for (let guess = 0; guess < 6; guess++)
      statuses.push((await (asks[guess % 2] as () => ReturnType<AdminClient['send']>)()).status);
    expect(statuses).toEqual([422, 422, 422, 422, 422, 429]);
  });
});

describe('the admin password', () => {
  it('is changed by who knows it, which ends every session but his', async () => {
    await using changed = await startAdminBench();
    const { admin, rotato, password } = changed;
    const other = await new AdminClient(rotato.url).signIn(password);
    const next = 'a longer one than before';
    const { status, headers } = await admin.send('POST /settings/password', { body: { current: password, next } });
    expect(status).toBe(204);
    expect(await other.refusal('GET /session')).toMatchObject({ code: 'unauthorized' });
    expect(await admin.refusal('GET /session')).toMatchObject({ code: 'unauthorized' });
    const cookie = (headers.get('set-cookie') as string).split(';', 1)[0] as string;
    expect((await fetch(`${rotato.url}/admin/api/session`, { headers: { cookie } })).status).toBe(200);
    const stranger = new AdminClient(rotato.url);
    expect(await stranger.refusal('POST /session', { body: { password } })).toMatchObject({ code: 'unauthorized' });
    await stranger.signIn(next);
  });

  it('is not changed to what anybody would try', async () => {
    for (const next of ['  ', 'changeme']) {
      const refusal = await bench.admin.refusal('POST /settings/password', { body: { current: bench.password, next } });
      expect(refusal).toMatchObject({ code: 'invalid-input' });
      expect(refusal.fields?.map(({ path }) => path)).toEqual(['next']);
    }
    await bench.admin.signIn(bench.password);
  });

  it('is the environment’s where that names one', async () => {
    await using started = await startTestRotato({}, { env: { ROTATO_ADMIN_PASSWORD: 'of the environment' } });
    const admin = await new AdminClient(started.url).signIn('of the environment');
    expect(await admin.call('GET /settings')).toMatchObject({ adminPassword: { source: 'environment' } });
    const body = { current: 'of the environment', next: 'another one' };
    // As often as it is asked: who knows the password does not guess it.
    for (let times = 0; times < 7; times++) {
      expect(await admin.refusal('POST /settings/password', { body })).toMatchObject({ code: 'conflict' });
    }
  });
});

describe('admin tokens', () => {
  it('do what a session does, until they are revoked', async () => {
    const { admin, rotato } = bench;
    const { token, secret } = await admin.call('POST /tokens', { body: { name: 'deploy' } });
    const machine = new AdminClient(rotato.url).withToken(secret);
    expect(await machine.call('GET /session')).toEqual({ by: 'token', expiresAt: null });
    expect(await machine.call('PATCH /providers/{id}', { id: 'sim', body: { maxWait: '9s' } })).toMatchObject({
      name: 'sim',
    });
    expect(await machine.refusal('DELETE /session')).toMatchObject({ code: 'bad-request' });
    const { items } = await admin.call('GET /tokens');
    expect(items).toMatchObject([{ id: token.id, name: 'deploy', masked: `…${secret.slice(-4)}` }]);
    expect(JSON.stringify(items)).not.toContain(secret);
    await admin.call('DELETE /tokens/{id}', { id: token.id });
    expect(await machine.refusal('GET /session')).toMatchObject({ code: 'unauthorized' });
    expect(await admin.refusal('DELETE /tokens/{id}', { id: token.id })).toMatchObject({ code: 'not-found' });
  });

  it('have a name', async () => {
    for (const name of ['', 'a\nb', '😀', 'x'.repeat(201), 5, null]) {
      expect(await bench.admin.refusal('POST /tokens', { body: { name } })).toMatchObject({ code: 'invalid-input' });
    }
    expect((await bench.admin.call('GET /tokens')).items).toEqual([]);
  });
});

describe('clients', () => {
  const call = (secret: string) =>
    fetch(`${bench.rotato.url}/sim/models`, { headers: { authorization: `Bearer ${secret}` } });

  it('are created, close an open server, and are revoked at once', async () => {
    const { admin } = bench;
    expect((await call('anything')).status).toBe(200);
    const body = { name: 'my-app', providers: ['sim'] };
    const created = await admin.send('POST /clients', { body });
    const { client, secret } = JSON.parse(created.text);
    expect((await call('anything')).status).toBe(401);
    expect((await call(secret)).status).toBe(200);
    expect(await admin.call('GET /clients')).toMatchObject({
      items: [{ name: 'my-app', masked: `…${secret.slice(-4)}` }],
    });
    const { key } = await admin.call('GET /playground');
    expect((await call(key)).status).toBe(200);

    const renamed = await admin.call('PATCH /clients/{id}', {
      id: client.id,
      version: client.version,
      body: { name: 'our-app' },
    });
    expect(renamed).toMatchObject({ name: 'our-app', version: client.version + 1 });
    const late = { id: client.id, version: client.version, body: { name: 'late' } };
    expect(await admin.refusal('PATCH /clients/{id}', late)).toMatchObject({ code: 'conflict', status: 412 });
    expect(await admin.refusal('DELETE /clients/{id}', { id: client.id, version: client.version })).toMatchObject({
      code: 'conflict',
    });
    await admin.call('DELETE /clients/{id}', { id: client.id });
    expect((await call(secret)).status).toBe(401);
    expect(await admin.refusal('DELETE /clients/{id}', { id: client.id })).toMatchObject({ code: 'not-found' });
    expect(await admin.call('GET /settings')).toMatchObject({ access: 'keys' });
    await admin.call('PATCH /settings', { body: { access: null } });
  });

  it('are refused what they cannot have', async () => {
    const before = (await bench.admin.send('GET /clients')).text;
    for (const [path, body] of [
      ['name', {}],
      ['name', { name: '' }],
      ['name', { name: 'a\nb' }],
      ['name', { name: '😀' }],
      ['providers', { name: 'x', providers: 'sim' }],
      ['groups[0]', { name: 'x', groups: ['\n'] }],
      ['nope', { name: 'x', nope: 1 }],
      ['key', { name: 'x', key: 'chosen' }],
    ] as const) {
      const refusal = await bench.admin.refusal('POST /clients', { body });
      expect(
        refusal.fields?.map((field) => field.path),
        JSON.stringify(body),
      ).toContain(path);
    }
    expect((await bench.admin.send('GET /clients')).text).toBe(before);
  });
});

describe('settings', () => {
  it('are changed while running, told with their source, and go back to the default', async () => {
    const { admin } = bench;
    const seen = await admin.send('GET /settings');
    const version = JSON.parse(seen.text).storedVersion;
    expect(seen.headers.get('etag')).toBe(`"${version}"`);
    const body = { cors: ['https://app.example'], limits: { retries: 3 } };
    const changed = await admin.call('PATCH /settings', { version, body });
    const of = (name: string) => changed.settings.find((setting) => setting.name === name);
    expect(of('cors')).toMatchObject({ value: ['https://app.example'], source: { kind: 'store' }, editable: true });
    expect(of('limits.retries')).toMatchObject({ value: 3, source: { kind: 'store' } });
    expect(await admin.refusal('PATCH /settings', { version, body: { cors: null } })).toMatchObject({
      code: 'conflict',
      status: 412,
    });
    const back = await admin.call('PATCH /settings', { body: { cors: null, limits: { retries: null } } });
    expect(back.settings.find(({ name }) => name === 'cors')).toMatchObject({ value: [], source: { kind: 'default' } });
  });

  it('are refused field by field, and none of them is saved', async () => {
    const before = (await bench.admin.send('GET /settings')).text;
    for (const [path, body] of [
      ['cors[0]', { cors: ['*'] }],
      ['cors[0]', { cors: ['https://app.example/path'] }],
      ['access', { access: 'maybe' }],
      ['limits.retries', { limits: { retries: -1 } }],
      ['limits.maxBody', { limits: { maxBody: 'huge' } }],
      ['listen.hosts[0]', { listen: { hosts: ['http://x'] } }],
      ['nope', { nope: 1 }],
      ['adminPassword', { adminPassword: 'x' }],
      ['dataDir', { dataDir: '/' }],
    ] as const) {
      const refusal = await bench.admin.refusal('PATCH /settings', { body: { replyHeaders: false, ...body } });
      expect(
        refusal.fields?.map((field) => field.path),
        JSON.stringify(body),
      ).toContain(path);
    }
    expect((await bench.admin.send('GET /settings')).text).toBe(before);
  });
});

describe('an export', () => {
  it('holds the keys, asks for the password, and is taken in whole by another rotato', async () => {
    const { admin, password, rotato } = bench;
    const wrong = await admin.refusal('POST /export', { body: { password: 'wrong' } });
    expect(wrong.fields?.map(({ path }) => path)).toEqual(['password']);
    const exported = await admin.send('POST /export', { body: { password } });
    expect(exported.text).toContain(KEY);
    expect(exported.headers.get('content-disposition')).toContain('attachment');
    const document = JSON.parse(exported.text);

    await using empty = await startAdminBench();
    const trial = await empty.admin.call('POST /import', { body: { document, dryRun: true } });
    expect(trial).toMatchObject({ providersAdded: ['sim'], keysAdded: 1 });
    expect((await empty.admin.call('GET /providers')).items).toEqual([]);
    expect(await empty.admin.call('POST /import', { body: { document } })).toEqual(trial);
    const again = await empty.admin.call('POST /import', { body: { document } });
    expect(again).toMatchObject({ providersAdded: [], keysAdded: 0, keysKnown: 1 });
    const names = (await empty.admin.call('GET /providers')).items.map(({ name }) => name);
    expect(names).toEqual((await admin.call('GET /providers')).items.map(({ name }) => name));
    expect(rotato.url).not.toBe(empty.rotato.url);
  });

  it('is refused when half of it is missing, and nothing of it is saved', async () => {
    await using empty = await startAdminBench();
    const whole = (await bench.admin.send('POST /export', { body: { password: bench.password } })).text;
    const body = JSON.stringify({ document: JSON.parse(whole) });
    for (const length of [1, Math.floor(body.length / 2), body.length - 1]) {
      const reply = await fetch(`${empty.rotato.url}/admin/api/import`, {
        method: 'POST',
        headers: { ...empty.admin.credentials, 'content-type': 'application/json' },
        body: body.slice(0, length),
      });
      expect(reply.status).toBe(400);
    }
    const document = JSON.parse(whole);
    document.providers.broken = { wire: 'openai', baseUrl: 'https://u:p@a.example', keys: [{ key: 'has a space' }] };
    const refusal = await empty.admin.refusal('POST /import', { body: { document } });
    expect(refusal).toMatchObject({ code: 'invalid-input' });
    expect(refusal.fields?.map(({ path }) => path)).toEqual(expect.arrayContaining(['providers.broken.baseUrl']));
    for (const odd of [
      {},
      { document: null },
      { document: [] },
      { document: { format: 'other' } },
      { document, more: 1 },
    ]) {
      expect(await empty.admin.refusal('POST /import', { body: odd })).toMatchObject({ code: 'invalid-input' });
    }
    expect((await empty.admin.call('GET /providers')).items).toEqual([]);
  });
});
