import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { GoogleGenAI } from '@google/genai';
import { describe, expect, it } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { type FileShape, type RunningRotato, startTestRotato } from '../../support/running-rotato.ts';
import { waitUntil } from '../../support/wait-until.ts';
import {
  startWebSocketUpstream,
  type UpgradeRefusal,
  type WebSocketUpstream,
} from '../../support/websocket-upstream.ts';

interface Realtime extends AsyncDisposable {
  readonly upstream: WebSocketUpstream;
  readonly rotato: RunningRotato;
  /** Where `/openai/realtime` answers. */
  readonly url: string;
}

async function startRealtime(options: { file?: FileShape; deflate?: boolean } = {}): Promise<Realtime> {
  const resources = new AsyncDisposableStack();
  const upstream = resources.use(await startWebSocketUpstream({ deflate: options.deflate ?? false }));
  const keys = ['a', 'b', 'c'].map((name) => ({ key: `sk-${name}`, label: name, group: `org-${name}` }));
  const provider = { baseUrl: `${upstream.url}/v1`, allowPrivateAddress: true, keys };
  const providers = { openai: provider, gemini: { ...provider, baseUrl: `${upstream.url}/v1beta` } };
  const rotato = resources.use(await startTestRotato({ providers, ...options.file }));
  const url = `ws://127.0.0.1:${rotato.port}/openai/realtime?model=gpt-realtime`;
  return { upstream, rotato, url, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

const BEARER = { headers: { Authorization: 'Bearer the-callers-own-key' } };

async function open(url: string, options: ClientOptions = BEARER, protocols: string[] = []): Promise<WebSocket> {
  const socket = new WebSocket(url, protocols, { maxPayload: 0, perMessageDeflate: false, ...options });
  await once(socket, 'open');
  return socket;
}

interface Refused {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What stands in place of an upgrade; rejects when the upgrade is granted. */
function refusalOf(url: string, options: ClientOptions = BEARER, protocols: string[] = []): Promise<Refused> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, protocols, options);
    socket.once('open', () => reject(new Error('The upgrade was granted.')));
    socket.on('error', reject);
    socket.once('unexpected-response', async (_request, reply: IncomingMessage) => {
      const chunks: Buffer[] = [];
      for await (const chunk of reply) chunks.push(chunk as Buffer);
      resolve({ status: reply.statusCode, headers: reply.headers, body: Buffer.concat(chunks).toString('utf8') });
    });
  });
}

async function nextMessage(socket: WebSocket): Promise<{ data: Buffer; isBinary: boolean }> {
  const [data, isBinary] = await once(socket, 'message');
  return { data: data as Buffer, isBinary };
}

function rateLimited(message = 'Rate limit reached.'): UpgradeRefusal {
  const body = JSON.stringify({ error: { message, type: 'requests', code: 'rate_limit_exceeded' } });
  return { status: 429, headers: { 'content-type': 'application/json', 'retry-after': '30' }, body };
}

describe('R65: a server that goes away', () => {
  it('tells every open WebSocket so, and both ends close', async () => {
    await using realtime = await startRealtime();
    const socket = await open(realtime.url);
    const closed = once(socket, 'close');
    const stopped = realtime.rotato.rotato.close({ drainMs: 5_000 });
    expect((await closed)[0]).toBe(1001);
    await waitUntil(
      () => realtime.upstream.sockets.every(({ readyState }) => readyState === WebSocket.CLOSED),
      () => 'the upstream side to close',
    );
    await stopped;
  });

  it('breaks off one that does not answer, once its patience is over', async () => {
    await using realtime = await startRealtime();
    const socket = await open(realtime.url);
    socket.pause();
    await realtime.rotato.rotato.close({ drainMs: 0 });
    await waitUntil(
      () => realtime.upstream.sockets[0]?.readyState === WebSocket.CLOSED,
      () => 'the upstream to be closed',
      1_000,
    );
    socket.terminate();
  });
});

describe('an open WebSocket', () => {
  it('carries messages both ways, under a key of the pool', async () => {
    await using realtime = await startRealtime();
    const socket = await open(realtime.url, { headers: { ...BEARER.headers, 'OpenAI-Beta': 'realtime=v1' } });
    socket.send('Grüße, 世界 🙂');
    const text = await nextMessage(socket);
    expect([text.data.toString('utf8'), text.isBinary]).toEqual(['Grüße, 世界 🙂', false]);
    socket.send(Buffer.from([0, 255, 13, 10]));
    expect(await nextMessage(socket)).toEqual({ data: Buffer.from([0, 255, 13, 10]), isBinary: true });
    realtime.upstream.sockets[0]?.send('unasked');
    expect((await nextMessage(socket)).data.toString()).toBe('unasked');

    const [asked] = realtime.upstream.upgrades;
    expect(asked?.url).toBe('/v1/realtime?model=gpt-realtime');
    expect(asked?.headers.authorization).toMatch(/^Bearer sk-[abc]$/);
    expect(asked?.headers['openai-beta']).toBe('realtime=v1');
    expect(asked?.headers.host).toBe(new URL(realtime.upstream.url).host);
    expect(asked?.rawHeaders.join(' ')).not.toContain('the-callers-own-key');
    socket.close();
    const [record] = await realtime.rotato.recorded(1);
    expect(record).toMatchObject({ status: 101, end: 'served', attempts: [{ status: 101, outcome: 'served' }] });
  });

  it('passes what the two sides agree on: protocols and compression', async () => {
    await using realtime = await startRealtime({ deflate: true });
    const socket = await open(realtime.url, { ...BEARER, perMessageDeflate: true }, ['realtime', 'openai-beta.v1']);
    expect(socket.protocol).toBe('realtime');
    expect(socket.extensions).toContain('permessage-deflate');
    const long = 'abc'.repeat(100_000);
    socket.send(long);
    expect((await nextMessage(socket)).data.toString()).toBe(long);
    expect(realtime.upstream.upgrades[0]?.headers['sec-websocket-protocol']).toBe('realtime,openai-beta.v1');
    socket.terminate();
  });

  it('carries a frame of 16 MB both ways', async () => {
    await using realtime = await startRealtime();
    const socket = await open(realtime.url);
    const frame = randomBytes(16 * 1024 * 1024);
    socket.send(frame);
    expect((await nextMessage(socket)).data.equals(frame)).toBe(true);
    socket.terminate();
    const [record] = await realtime.rotato.recorded(1);
    expect(record?.bytesIn).toBeGreaterThan(frame.length);
    expect(record?.bytesOut).toBeGreaterThan(frame.length);
  });

  it('closes with the code and the reason of whoever closes', async () => {
    await using realtime = await startRealtime();
    const first = await open(realtime.url);
    realtime.upstream.sockets[0]?.close(4001, 'session expired');
    const [code, reason] = await once(first, 'close');
    expect([code, String(reason)]).toEqual([4001, 'session expired']);

    const second = await open(realtime.url);
    const closed = once(realtime.upstream.sockets[1] as WebSocket, 'close');
    second.close(3000, 'enough');
    const [seen, why] = await closed;
    expect([seen, String(why)]).toEqual([3000, 'enough']);
  });

  it.each(['caller', 'upstream'] as const)(
    'dropped by the %s, it is closed on the other side within a second',
    async (by) => {
      await using realtime = await startRealtime();
      const caller = await open(realtime.url);
      const upstream = realtime.upstream.sockets[0] as WebSocket;
      const [dropping, other] = by === 'caller' ? [caller, upstream] : [upstream, caller];
      other.on('error', () => {});
      dropping.terminate();
      await waitUntil(
        () => other.readyState === WebSocket.CLOSED,
        () => 'the other side to be closed',
        1_000,
      );
    },
  );

  it('uses the keys in turn', async () => {
    await using realtime = await startRealtime();
    for (let opened = 0; opened < 6; opened++) (await open(realtime.url)).terminate();
    const used = realtime.upstream.upgrades.map(({ headers }) => headers.authorization);
    expect([...used].sort()).toEqual(['a', 'a', 'b', 'b', 'c', 'c'].map((name) => `Bearer sk-${name}`));
  });
});

describe('a refused upgrade', () => {
  it.each<[string, UpgradeRefusal]>([
    ['rate limited', rateLimited()],
    ['a key that is not genuine', { status: 401, body: '{"error":{"code":"invalid_api_key","message":"Incorrect"}}' }],
    ['no credit', { status: 429, body: '{"error":{"code":"insufficient_quota","message":"No money"}}' }],
  ])('%s: the next key is tried, and the caller never notices', async (_name, refusal) => {
    await using realtime = await startRealtime();
    realtime.upstream.refuse(({ headers }) => (headers.authorization === 'Bearer sk-c' ? null : refusal));
    const socket = await open(realtime.url);
    socket.send('ping');
    expect((await nextMessage(socket)).data.toString()).toBe('ping');
    expect(realtime.upstream.upgrades.at(-1)?.headers.authorization).toBe('Bearer sk-c');
    socket.terminate();
    // What was refused rests: the next caller is let in at once.
    const askedBefore = realtime.upstream.upgrades.length;
    (await open(realtime.url)).terminate();
    expect(realtime.upstream.upgrades.length).toBe(askedBefore + 1);
    const [record] = await realtime.rotato.recorded(1);
    expect(record?.attempts.at(-1)).toMatchObject({ keyLabel: 'c', status: 101, outcome: 'served' });
  });

  it('by every key is the last word, as the upstream wrote it', async () => {
    await using realtime = await startRealtime();
    realtime.upstream.refuse(() => rateLimited('Slower, please.'));
    const url = realtime.url;
    const headers = { ...BEARER.headers, 'x-rotato-max-wait': '0' };
    const refused = await refusalOf(url, { headers });
    expect(refused.status).toBe(429);
    expect(JSON.parse(refused.body)).toMatchObject({ error: { message: 'Slower, please.' } });
    expect(refused.headers['x-rotato-request-id']).toMatch(/^[0-9a-f]{32}$/);
    expect(realtime.upstream.upgrades.length).toBe(3);
    // And then nobody is asked in vain.
    const own = await refusalOf(url, { headers });
    expect(own).toMatchObject({ status: 429, headers: { 'x-rotato-source': 'rotato' } });
    expect(realtime.upstream.upgrades.length).toBe(3);
  });

  it('for a mistake of the caller is not tried again', async () => {
    await using realtime = await startRealtime();
    const body = '{"error":{"type":"invalid_request_error","message":"Unknown model."}}';
    realtime.upstream.refuse(() => ({ status: 400, body }));
    expect(await refusalOf(realtime.url)).toMatchObject({ status: 400, body });
    expect(realtime.upstream.upgrades.length).toBe(1);
  });

  it('that quotes the key comes without it', async () => {
    await using realtime = await startRealtime();
    realtime.upstream.refuse(({ headers }) => ({ status: 400, body: `Not with ${headers.authorization}!` }));
    // Keys of four characters are too common to be hidden wherever they stand; real ones are longer.
    const long = 'sk-proj-q7Wz2LhXv9TbRk4YdN8mUc5JpEs3GfAo6';
    const keys = [{ key: long }];
    const openai = { baseUrl: `${realtime.upstream.url}/v1`, allowPrivateAddress: true, keys };
    realtime.rotato.apply({ providers: { openai } });
    const { body } = await refusalOf(realtime.url);
    expect(body).toBe(`Not with Bearer ${'*'.repeat(long.length)}!`);
  });
});

describe('who may open one', () => {
  const ACCESS = { clients: [{ name: 'my-app', key: 'client-key-of-my-app' }], cors: ['https://app.example'] };
  const nobody = { headers: {} };

  it.each<[string, number, ClientOptions, string[]]>([
    ['no key', 401, nobody, []],
    ['a wrong key', 401, { headers: { authorization: 'Bearer wrong' } }, []],
    ['a wrong key in the protocol', 401, nobody, ['realtime', 'openai-insecure-api-key.wrong']],
    [
      'a page of another origin',
      403,
      { headers: { origin: 'https://evil.example', 'x-api-key': 'client-key-of-my-app' } },
      [],
    ],
    ['a foreign host', 421, { headers: { host: 'evil.example', 'x-api-key': 'client-key-of-my-app' } }, []],
    [
      'a page of another site',
      403,
      { headers: { 'sec-fetch-site': 'cross-site', 'api-key': 'client-key-of-my-app' } },
      [],
    ],
  ])('%s: %i, and nothing reaches the upstream', async (_name, status, options, protocols) => {
    await using realtime = await startRealtime({ file: ACCESS });
    const refused = await refusalOf(realtime.url, options, protocols);
    expect(refused).toMatchObject({ status, headers: { 'x-rotato-source': 'rotato' } });
    expect(JSON.parse(refused.body)).toHaveProperty('error.message');
    expect(realtime.upstream.upgrades).toEqual([]);
    expect((await realtime.rotato.recorded(1))[0]).toMatchObject({ status, end: 'refused' });
  });

  it.each<[string, ClientOptions, string[], string]>([
    ['a bearer', { headers: { authorization: 'Bearer client-key-of-my-app' } }, [], ''],
    ['x-api-key', { headers: { 'x-api-key': 'client-key-of-my-app' } }, [], ''],
    ['the query', nobody, [], '&key=client-key-of-my-app'],
    ['the protocol of browsers', nobody, ['realtime', 'openai-insecure-api-key.client-key-of-my-app'], ''],
    [
      'a page that is allowed',
      { headers: { origin: 'https://app.example', 'api-key': 'client-key-of-my-app' } },
      [],
      '',
    ],
  ])('%s opens, and the key goes nowhere', async (_name, options, protocols, query) => {
    await using realtime = await startRealtime({ file: ACCESS });
    const socket = await open(`${realtime.url}${query}`, options, protocols);
    socket.send('ping');
    expect((await nextMessage(socket)).data.toString()).toBe('ping');
    const [asked] = realtime.upstream.upgrades;
    expect(`${asked?.url} ${asked?.rawHeaders.join(' ')}`).not.toContain('client-key-of-my-app');
    expect(asked?.url).toBe('/v1/realtime?model=gpt-realtime');
    expect(asked?.headers.origin).toBeUndefined();
    if (protocols.length > 0) expect(asked?.headers['sec-websocket-protocol']).toBe('realtime');
    socket.terminate();
  });

  it.each([
    ['/nobody/realtime', 404],
    ['/openai/../admin', 400],
    ['/v1/realtime', 404],
  ])('%s: %i', async (path, status) => {
    await using realtime = await startRealtime();
    const refused = await refusalOf(`ws://127.0.0.1:${realtime.rotato.port}`, {
      ...BEARER,
      finishRequest: (request) => {
        Object.assign(request, { path });
        request.end();
      },
    });
    expect(refused.status).toBe(status);
    expect(realtime.upstream.upgrades).toEqual([]);
  });

  it('nobody behind another proxy, as long as there are no client keys', async () => {
    await using realtime = await startRealtime();
    expect(await refusalOf(realtime.url, { headers: { 'x-forwarded-for': '10.0.0.1' } })).toMatchObject({
      status: 403,
    });
    expect(realtime.upstream.upgrades).toEqual([]);
  });
});

describe('the Live API of the Google SDK', () => {
  it('connects beside the version of the base URL, without the key in the address', async () => {
    await using realtime = await startRealtime();
    const client = new GoogleGenAI({
      apiKey: 'the-callers-own-key',
      httpOptions: { baseUrl: `${realtime.rotato.url}/gemini` },
    });
    const opened = Promise.withResolvers<void>();
    const callbacks = { onopen: () => opened.resolve(), onmessage() {} };
    const connected = client.live.connect({ model: 'gemini-live', callbacks });
    await opened.promise;
    realtime.upstream.sockets[0]?.send('{"setupComplete":{}}');
    (await connected).close();
    const [asked] = realtime.upstream.upgrades;
    expect(asked?.url).toMatch(/^\/+ws\/google\.ai\.generativelanguage\.v1\.GenerativeService\.BidiGenerateContent$/);
    expect(asked?.headers['x-goog-api-key']).toMatch(/^sk-[abc]$/);
    expect(`${asked?.url} ${asked?.rawHeaders.join(' ')}`).not.toContain('the-callers-own-key');
  });
});
