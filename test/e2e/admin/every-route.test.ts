import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENDPOINTS, type Route } from '../../../src/admin/contract.ts';
import { type AdminBench, startAdminBench } from '../../support/admin-bench.ts';
import { RawClient } from '../../support/raw-client.ts';

/** The table itself, and what answers with something else than JSON of the contract. */
const ROUTES = [...(Object.keys(ENDPOINTS) as Route[]), 'GET /events', 'GET /openapi.json'].map((route) => {
  const [method = '', path = ''] = route.split(' ');
  return { route, method, path: `/admin/api${path.replace('{id}', 'some')}` };
});
const CLOSED = ROUTES.filter(({ route }) => route !== 'POST /session');

let bench: AdminBench;
beforeAll(async () => {
  bench = await startAdminBench();
  await bench.addProvider('sim', ['sk-sim-aaaaaaaaaaaa-1111']);
});
afterAll(() => bench[Symbol.asyncDispose]());

interface Asked {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

function ask(method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const asking = request(bench.rotato.url, { method, path, headers, agent: false }, async (reply) => {
      resolve({ status: reply.statusCode ?? 0, body: await text(reply), headers: reply.headers });
    });
    asking.on('error', reject).end(body);
  });
}

const JSON_BODY = { 'content-type': 'application/json' };

describe('every admin route', () => {
  it.each(CLOSED)('$route refuses who has not signed in', async ({ method, path }) => {
    const strangers: Record<string, string>[] = [
      {},
      { cookie: `rotato_session_${bench.rotato.port}=` },
      { cookie: `rotato_session_${bench.rotato.port}=${'A'.repeat(43)}` },
      { cookie: `rotato_session=${'A'.repeat(43)}` },
      { authorization: 'Bearer ' },
      { authorization: 'Bearer rotato-admin-wrong' },
      { authorization: `Basic ${Buffer.from(`admin:${bench.password}`).toString('base64')}` },
      { 'x-api-key': bench.password },
    ];
    for (const headers of strangers) {
      const { status, body } = await ask(method, path, { ...headers, ...JSON_BODY }, method === 'GET' ? '' : '{}');
      expect(status, JSON.stringify(headers)).toBe(401);
      expect(JSON.parse(body)).toMatchObject({ code: 'unauthorized', status: 401 });
    }
    expect((await ask(method, `${path}?key=${bench.password}`, JSON_BODY)).status).toBe(401);
  });

  it.each(CLOSED)('$route refuses a right cookie beside a wrong token', async ({ method, path }) => {
    const headers = { ...bench.admin.credentials, authorization: 'Bearer wrong' };
    expect((await ask(method, path, { ...headers, ...JSON_BODY }, method === 'GET' ? '' : '{}')).status).toBe(401);
  });

  it.each(CLOSED)('$route is not reached by another spelling of its path', async ({ method, path }) => {
    const spellings = [
      path.replace('/admin', '//admin'),
      path.replace('/api', '/API'),
      path.replace('/admin', '/ADMIN'),
    ];
    const encoded = [
      path.replace('/api', '/%61pi'),
      path.replace('/admin', '/%61dmin'),
      path.replace('/api/', '/api//'),
    ];
    for (const spelled of [...spellings, ...encoded, path.replace('/api/', '/api/./'), `${path}/`]) {
      const { status } = await ask(method, spelled, JSON_BODY, method === 'GET' ? '' : '{}');
      // A page of the panel is what any path of words gets that is not the API's.
      expect([200, 400, 401, 404, 405], spelled).toContain(status);
      if (status === 200) expect((await ask(method, spelled)).body).toMatch(/^<!doctype html>/i);
    }
  });

  const changing = ROUTES.filter(({ method }) => method !== 'GET');
  it.each(changing)('$route takes nothing but JSON', async ({ method, path }) => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/jsonp',
      '',
    ]) {
      const { status, body } = await ask(method, path, { ...bench.admin.credentials, 'content-type': type }, '{}');
      expect(status, type).toBe(415);
      expect(JSON.parse(body).detail).toContain('application/json');
    }
  });

  it.each(ROUTES)('$route refuses other origins, and names that are not its own', async ({ method, path }) => {
    const { port } = bench.rotato;
    const signedIn = { ...bench.admin.credentials, ...JSON_BODY };
    const foreign: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `http://127.0.0.1:${port + 1}` },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of foreign) {
      const { status, body } = await ask(method, path, { ...signedIn, ...headers }, method === 'GET' ? '' : '{}');
      expect(status, JSON.stringify(headers)).toBe(403);
      expect(JSON.parse(body).code).toBe('forbidden');
    }
    const renamed = await ask(
      method,
      path,
      { ...signedIn, host: `evil.example:${port}` },
      method === 'GET' ? '' : '{}',
    );
    expect(renamed.status).toBe(421);
  });

  it.each(ROUTES)('$route says what may be done to its path', async ({ route, path }) => {
    const methods = ROUTES.filter((other) => other.path === path).map(({ method }) => method);
    const { credentials } = bench.admin;
    for (const method of ['OPTIONS', 'PUT']) {
      const { status, headers } = await ask(method, path, credentials);
      expect(status).toBe(405);
      for (const allowed of methods) expect(String(headers.allow)).toContain(allowed);
    }
    if (route.startsWith('GET') && !route.endsWith('/events')) {
      const [head, get] = [await ask('HEAD', path, credentials), await ask('GET', path, credentials)];
      expect(head.status).toBe(get.status);
      expect(head.body).toBe('');
    }
  });
});

describe('the admin API', () => {
  it('does not let pages of a CORS origin in, which may call the providers', async () => {
    bench.rotato.apply({ cors: ['http://localhost:3000'] });
    const headers = { ...bench.admin.credentials, origin: 'http://localhost:3000' };
    expect((await ask('GET', '/admin/api/providers', headers)).status).toBe(403);
    const preflight = { ...headers, 'access-control-request-method': 'GET' };
    const answer = await ask('OPTIONS', '/admin/api/providers', preflight);
    expect(answer.status).toBe(403);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    bench.rotato.apply({});
  });

  it('tells nothing of what there is to who has not signed in', async () => {
    for (const path of ['/admin/api', '/admin/api/nowhere', '/admin/api/providers/none', '/admin/api/providers/sim']) {
      expect((await ask('GET', path)).status).toBe(401);
    }
  });

  it('may not be kept, framed or taken for another type', async () => {
    const { headers } = await ask('GET', '/admin/api/providers', bench.admin.credentials);
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'content-type': 'application/json',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-rotato-request-id': expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it('refuses a body that is too large, without reading it, also from who does not say how large', async () => {
    await using client = await RawClient.connect(bench.rotato.port);
    const head = `POST /admin/api/session HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`;
    await client.send(`${head}content-length: 99999999\r\n\r\n`);
    expect((await client.reply()).status).toBe(413);
    await using chunked = await RawClient.connect(bench.rotato.port);
    const chunk = `4000\r\n${'a'.repeat(0x4000)}\r\n`;
    await chunked.send(`${head}transfer-encoding: chunked\r\n\r\n${chunk}${chunk}`);
    expect((await chunked.reply()).status).toBe(413);
  });

  it('takes a body after 100 Continue', async () => {
    await using client = await RawClient.connect(bench.rotato.port);
    const body = JSON.stringify({ password: bench.password });
    const head = `POST /admin/api/session HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`;
    await client.send(`${head}expect: 100-continue\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    const reply = await client.reply();
    expect(reply.interim).toEqual([100]);
    expect(reply.status).toBe(200);
  });

  it('says what is wrong with JSON that is none, and pollutes nothing', async () => {
    const headers = { ...bench.admin.credentials, ...JSON_BODY };
    for (const body of ['', '{', '{"name":', 'null', '[]', '"x"', '1']) {
      const { status, body: answer } = await ask('POST', '/admin/api/tokens', headers, body);
      expect([400, 422], body).toContain(status);
      expect(JSON.parse(answer).detail).not.toBe('');
    }
    for (const body of [
      '{"__proto__":{"polluted":1},"name":"x"}',
      '{"constructor":{"prototype":{"polluted":1}},"name":"x"}',
    ]) {
      const { status } = await ask('POST', '/admin/api/tokens', headers, body);
      expect(status).toBe(422);
      const provider = await ask('POST', '/admin/api/providers', headers, body.replace('"x"', '"polluting"'));
      expect(provider.status).toBe(422);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    }
  });

  it('is not a WebSocket', async () => {
    await using client = await RawClient.connect(bench.rotato.port);
    await client.send(
      'GET /admin/api/events HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    expect((await client.reply()).status).toBe(404);
  });
});
