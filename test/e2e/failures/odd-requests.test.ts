import { describe, expect, test } from 'vitest';
import { CHAT, failureBench } from '../../support/failure-bench.ts';
import { chunk, LAST_CHUNK, renderHead, renderRequest, renderResponse } from '../../support/render-message.ts';
import { FINE_BODY } from '../../support/scripted-upstream.ts';

const bench = failureBench();

const JSON_TYPE = ['content-type', 'application/json'];
const CHUNKED = ['transfer-encoding', 'chunked'];

describe('R48 methods', () => {
  test.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'R48 %s → forwarded as it is',
    async (method) => {
      await bench.start();
      bench.expectEnds('served');
      const withBody = method === 'POST' || method === 'PUT' || method === 'PATCH';

      const reply = await bench.ask({ method, target: '/openai/things/1?a=b', ...(withBody && { body: 'x' }) });

      expect(reply.status).toBe(200);
      const [request] = bench.upstream.requests;
      expect(request).toMatchObject({ method, target: '/v1/things/1?a=b' });
      expect(request?.body.bytes.toString()).toBe(withBody ? 'x' : '');
      expect(request?.headers.get('content-type')).toBeNull();
    },
  );

  test.each(['GET', 'DELETE', 'OPTIONS'])('R48 %s with a body → forwarded with it', async (method) => {
    await bench.start();
    bench.expectEnds('served');

    expect((await bench.ask({ method, target: '/openai/things', headers: JSON_TYPE, body: '{"x":1}' })).status).toBe(
      200,
    );
    expect(bench.upstream.requests[0]).toMatchObject({ method });
    expect(bench.upstream.requests[0]?.body.bytes.toString()).toBe('{"x":1}');
  });

  test('R48 OPTIONS that looks like a preflight, of no page → forwarded', async () => {
    await bench.start();
    bench.expectEnds('served');

    await bench.ask({ method: 'OPTIONS', target: '/openai/x', headers: ['access-control-request-method', 'POST'] });

    expect(bench.upstream.requests[0]?.method).toBe('OPTIONS');
  });

  test('R48 a preflight of a page that is allowed → answered by us; of another → 403, nothing goes upstream', async () => {
    await bench.start({ file: { cors: ['https://app.example'] } });
    bench.expectEnds('served', 'refused');
    const preflight = (origin: string) => ({
      method: 'OPTIONS',
      target: '/openai/chat/completions',
      headers: ['origin', origin, 'access-control-request-method', 'POST'],
    });

    const allowed = await bench.ask(preflight('https://app.example'));
    const refused = await bench.ask(preflight('https://evil.example'));

    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(refused.status).toBe(403);
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
    expect(bench.upstream.connectionsAccepted).toBe(0);
  });

  test.each([
    ['TRACE', '/openai/x', 405],
    ['CONNECT', 'evil.example:443', 405],
    ['CONNECT', '/openai/x', 405],
    ['PROPFIND', '/openai/x', 405],
    ['BREW', '/openai/x', 400],
  ])('R48 %s %s → %i, nothing goes upstream', async (method, target, status) => {
    await bench.start();
    bench.expectEnds('refused');

    const reply = await bench.ask({ method, target });

    expect(reply.status).toBe(status);
    expect(bench.upstream.connectionsAccepted).toBe(0);
  });
});

describe('R49 targets and hosts', () => {
  const request = (line: string, ...headers: string[]) =>
    Buffer.from(`${line}\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`, 'latin1');
  const HOST = 'Host: localhost';

  test.each<[string, Buffer, number]>([
    ['an absolute-form target', request('GET http://other.example/ HTTP/1.1', HOST), 400],
    ['an absolute-form target at ourselves', request('GET http://localhost/openai/x HTTP/1.1', HOST), 400],
    ['an absolute-form target behind the provider', request('GET /http://other.example/ HTTP/1.1', HOST), 404],
    ['// alone', request('GET // HTTP/1.1', HOST), 404],
    ['// and another host', request('GET //other.example/openai/x HTTP/1.1', HOST), 404],
    ['/..', request('GET /.. HTTP/1.1', HOST), 400],
    ['/.. in the middle', request('GET /openai/../admin HTTP/1.1', HOST), 400],
    ['/.. at the end', request('GET /openai/x/.. HTTP/1.1', HOST), 400],
    ['%2e%2e', request('GET /openai/%2e%2e/admin HTTP/1.1', HOST), 400],
    ['%2E.', request('GET /openai/%2E./admin HTTP/1.1', HOST), 400],
    ['%00', request('GET /openai/x%00y HTTP/1.1', HOST), 400],
    ['NUL', request('GET /openai/x\0y HTTP/1.1', HOST), 400],
    ['a backslash', request('GET /openai/..\\admin HTTP/1.1', HOST), 400],
    ['a backslash for a slash', request('GET \\\\other.example/x HTTP/1.1', HOST), 400],
    ['a fragment', request('GET /openai/x#y HTTP/1.1', HOST), 400],
    ['a space', request('GET /openai/x y HTTP/1.1', HOST), 400],
    ['a letter outside ASCII', request('GET /openai/\xe9 HTTP/1.1', HOST), 400],
    ['*', request('OPTIONS * HTTP/1.1', HOST), 400],
    ['user@host', request('GET @other.example/openai/x HTTP/1.1', HOST), 400],
    ['a URL of 64 KB', request(`GET /openai/${'u'.repeat(64 * 1024)} HTTP/1.1`, HOST), 414],
    ['no Host', request('GET /openai/x HTTP/1.1'), 400],
    ['an empty Host', request('GET /openai/x HTTP/1.1', 'Host:'), 400],
    ['two Hosts', request('GET /openai/x HTTP/1.1', HOST, 'Host: other.example'), 400],
    ['two Hosts, the same', request('GET /openai/x HTTP/1.1', HOST, HOST), 400],
    ['another Host', request('GET /openai/x HTTP/1.1', 'Host: other.example'), 421],
    ['another Host that ends like ours', request('GET /openai/x HTTP/1.1', 'Host: localhost.other.example'), 421],
    ['another Host that begins like ours', request('GET /openai/x HTTP/1.1', 'Host: 127.0.0.1.other.example'), 421],
    ['a Host with a user', request('GET /openai/x HTTP/1.1', 'Host: localhost@other.example'), 421],
    ['a provider that does not exist', request('GET /nobody/x HTTP/1.1', HOST), 404],
    ['a provider named __proto__', request('GET /__proto__/x HTTP/1.1', HOST), 404],
    ['a provider named constructor', request('GET /constructor/x HTTP/1.1', HOST), 404],
    ['HTTP/2.0', request('GET /openai/x HTTP/2.0', HOST), 400],
    ['HTTP/9.9', request('GET /openai/x HTTP/9.9', HOST), 400],
    ['a bare line feed', Buffer.from('GET /openai/x HTTP/1.1\nHost: localhost\n\n'), 400],
    [
      'a length and chunks',
      request('POST /openai/x HTTP/1.1', HOST, 'Content-Length: 5', 'Transfer-Encoding: chunked'),
      400,
    ],
    ['two lengths', request('POST /openai/x HTTP/1.1', HOST, 'Content-Length: 5', 'Content-Length: 6'), 400],
    ['a signed length', request('POST /openai/x HTTP/1.1', HOST, 'Content-Length: +5'), 400],
    ['a folded header', request('GET /openai/x HTTP/1.1', HOST, 'x-folded: a', ' b'), 400],
    [
      'chunks that are not the last encoding',
      request('POST /openai/x HTTP/1.1', HOST, 'Transfer-Encoding: chunked, identity'),
      400,
    ],
    ['TLS where none is spoken', Buffer.from('160301020001000001fc0303', 'hex'), 400],
  ])('R49 %s → refused, no destination is reached', async (_name, bytes, status) => {
    await bench.start();
    bench.expectEnds('refused');
    const caller = await bench.caller();

    await caller.send(bytes);

    expect((await caller.reply()).status).toBe(status);
    expect(bench.upstream.connectionsAccepted).toBe(0);
  });

  test.each([
    ['/openai//x', '/v1//x'],
    ['/openai/a%2Fb/..%2Fc?x=%2e%2e&x=..', '/v1/a%2Fb/..%2Fc?x=%2e%2e&x=..'],
    ['/OpenAI/x/', '/v1/x/'],
    ['/openai/x?target=http://other.example/', '/v1/x?target=http://other.example/'],
    ['/openai/@other.example/x', '/v1/@other.example/x'],
    ['/openai:80/x', null],
    ['/openai/http://other.example/', '/v1/http://other.example/'],
    ['/openai', '/v1'],
    ['/openai?x', '/v1?x'],
  ])('R49 %s → %s of the configured upstream, byte for byte, or nowhere', async (target, arrived) => {
    await bench.start();
    bench.expectEnds(arrived === null ? 'refused' : 'served');

    const reply = await bench.ask({
      method: 'GET',
      target,
      headers: ['x-target', 'http://other.example', 'x-host', 'other'],
    });

    expect(reply.status).toBe(arrived === null ? 404 : 200);
    expect(bench.upstream.requests.map((request) => request.target)).toEqual(arrived === null ? [] : [arrived]);
    for (const request of bench.upstream.requests) {
      expect(request.headers.all('host')).toEqual([`127.0.0.1:${bench.upstream.port}`]);
    }
  });
});

describe('R50 pipelined requests', () => {
  const one = renderRequest({ ...CHAT, target: '/openai/one' });
  const two = renderRequest({ ...CHAT, target: '/openai/two' });

  /** Answers with the path that was asked for; `/one` takes its time. */
  function echo(): void {
    bench.upstream.onRequest(async ({ target }, connection) => {
      if (target === '/v1/one') await connection.pause(80);
      await connection.send(renderResponse({ body: target }));
    });
  }

  test('R50 the first being slow → answers in order, none mixed', async () => {
    await bench.start({ provider: { keys: [{ key: 'sk-proj-of-no-account', limits: [{ rpm: 1000 }] }] } });
    bench.expectEnds('served', 'served', 'served');
    echo();
    const caller = await bench.caller();

    await caller.send(Buffer.concat([one, two, one]));

    for (const target of ['/v1/one', '/v1/two', '/v1/one']) expect((await caller.reply()).text).toBe(target);
  });

  test.each([
    ['that goes nowhere', renderRequest({ ...CHAT, target: '/nowhere' }), 404],
    ['with a method that is refused', renderRequest({ method: 'TRACE', target: '/openai/x' }), 405],
  ])('R50 one %s in the middle → its refusal in its place, the next is served', async (_name, bad, status) => {
    await bench.start({ provider: { keys: [{ key: 'sk-proj-of-no-account', limits: [{ rpm: 1000 }] }] } });
    bench.expectEnds('refused', 'served', 'served');
    echo();
    const caller = await bench.caller();

    await caller.send(Buffer.concat([one, bad, two]));

    expect((await caller.reply()).text).toBe('/v1/one');
    expect((await caller.reply()).status).toBe(status);
    expect((await caller.reply()).text).toBe('/v1/two');
  });

  test.each([
    ['that is no HTTP', Buffer.from('nonsense\r\n\r\n')],
    [
      'with a length and chunks',
      Buffer.from(
        'POST /openai/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      ),
    ],
  ])('R50 one %s in the middle → first the answer before it, then 400, then closed', async (_name, bad) => {
    await bench.start();
    bench.expectEnds('served', 'refused');
    echo();
    const caller = await bench.caller();

    await caller.send(Buffer.concat([one, bad, two]));

    expect((await caller.reply()).text).toBe('/v1/one');
    expect((await caller.reply()).status).toBe(400);
    expect(await caller.ended()).toBe('finished');
    expect(bench.upstream.requests).toHaveLength(1);
  });

  test.each([
    ['read whole', JSON_TYPE, ''],
    ['streamed', ['content-type', 'audio/mpeg'], 'x'.repeat(100_000)],
  ])(
    'R50 chunks that are none, in a body that is %s → 400 once, the upstream gets no whole request',
    async (_name, type, beginning) => {
      await bench.start();
      bench.expectEnds('refused');
      const caller = await bench.caller();

      await caller.send(renderHead('POST /openai/x HTTP/1.1', ['host', 'localhost', ...type, ...CHUNKED]));
      if (beginning !== '') await caller.send(chunk(beginning));
      await caller.send('this is no chunk\r\n');

      const reply = await caller.reply();
      expect(reply.status).toBe(400);
      expect(await caller.ended()).toBe('finished');
      expect(caller.transcript.match(/HTTP\/1\.1 /g)).toHaveLength(1);
      await bench.upstream.abandoned();
      expect(bench.upstream.requests).toHaveLength(0);
    },
  );
});

describe('R51 HTTP/1.0', () => {
  const ask = (...headers: string[]) =>
    Buffer.concat([renderHead('GET /openai/models HTTP/1.0', ['host', 'localhost', ...headers])]);
  const chunked = Buffer.concat([
    renderHead('HTTP/1.1 200 OK', CHUNKED),
    chunk('one'),
    chunk('two'),
    Buffer.from(LAST_CHUNK),
  ]);

  test('R51 an answer in chunks → no chunks; it lasts until the connection closes', async () => {
    await bench.start();
    bench.expectEnds('served');
    bench.upstream.onRequest((_request, connection) => connection.send(chunked));
    const caller = await bench.caller();

    await caller.send(ask());
    const reply = await caller.reply();

    expect(reply.headers.get('transfer-encoding')).toBeNull();
    expect(reply.body).toMatchObject({ framing: 'until-close', complete: true });
    expect(reply.text).toBe('onetwo');
  });

  test('R51 an answer with a length → that, then closed', async () => {
    await bench.start();
    bench.expectEnds('served');
    const caller = await bench.caller();

    await caller.send(ask());

    expect((await caller.reply()).text).toBe(FINE_BODY);
    expect(await caller.ended()).toBe('finished');
  });

  test('R51 with keep-alive → a second request on the same connection', async () => {
    await bench.start();
    bench.expectEnds('served', 'served');
    const caller = await bench.caller();

    for (let nth = 0; nth < 2; nth++) {
      await caller.send(ask('connection', 'keep-alive'));
      expect((await caller.reply()).text).toBe(FINE_BODY);
    }
  });

  test('R51 HTTP/1.1 with Connection: close → closed after the answer', async () => {
    await bench.start();
    bench.expectEnds('served');
    const caller = await bench.caller();

    await caller.send(renderRequest({ ...CHAT, headers: [...JSON_TYPE, 'connection', 'close'] }));

    expect((await caller.reply()).text).toBe(FINE_BODY);
    expect(await caller.ended()).toBe('finished');
  });
});

describe('R52 upgrades', () => {
  const HANDSHAKE = [
    'connection',
    'Upgrade',
    'upgrade',
    'websocket',
    'sec-websocket-version',
    '13',
    'sec-websocket-key',
    'dGhlIHNhbXBsZSBub25jZQ==',
  ];
  const websocket = renderRequest({ method: 'GET', target: '/openai/realtime?model=gpt-4o', headers: HANDSHAKE });
  const SWITCHED = renderHead('HTTP/1.1 101 Switching Protocols', [
    'upgrade',
    'websocket',
    'connection',
    'Upgrade',
    'sec-websocket-accept',
    's3pPLMBiTxaQ9kYGzhZRbK+xOo=',
  ]);

  test('R52 websocket → bytes both ways until either side closes', async () => {
    await bench.start();
    bench.expectEnds('served');
    bench.upstream.onRequest(async (_request, connection) => {
      await connection.send(SWITCHED, 'hello');
      expect((await connection.reader.chunk())?.toString()).toBe('and hello to you');
      connection.finish();
    });
    const caller = await bench.caller();

    await caller.send(websocket);
    await caller.seen('\r\n\r\nhello');
    await caller.send('and hello to you');

    expect(await caller.ended()).toBe('finished');
    expect(bench.upstream.requests[0]).toMatchObject({ method: 'GET', target: '/v1/realtime?model=gpt-4o' });
    expect(bench.upstream.requests[0]?.headers.get('sec-websocket-key')).toBe('dGhlIHNhbXBsZSBub25jZQ==');
  });

  test.each(['finish', 'leave', 'reset'] as const)(
    'R52 the caller of a websocket leaves (%s) → the upstream is left',
    async (leave) => {
      await bench.start();
      bench.expectEnds('client_aborted');
      bench.upstream.onRequest(async (_request, connection) => {
        await connection.send(SWITCHED, 'hello');
        await connection.closed;
      });
      const caller = await bench.caller();

      await caller.send(websocket);
      await caller.seen('hello');
      caller[leave]();

      await bench.upstream.abandoned();
    },
  );

  test('R52 the upstream of a websocket resets → the caller is closed', async () => {
    await bench.start();
    bench.expectEnds('upstream_aborted');
    bench.upstream.onRequest(async (_request, connection) => {
      await connection.send(SWITCHED, 'hello');
      await connection.reader.any();
      connection.reset();
    });
    const caller = await bench.caller();

    await caller.send(websocket);
    await caller.seen('hello');
    await caller.send('now');

    await caller.ended();
  });

  test('R52 a websocket that is refused → the refusal as it came', async () => {
    await bench.start();
    bench.expectEnds('served');
    bench.upstream.onRequest((_request, connection) =>
      connection.send(renderResponse({ status: 404, reason: 'Not Found', headers: JSON_TYPE, body: '{"no":1}' })),
    );
    const caller = await bench.caller();

    await caller.send(websocket);

    expect(await caller.reply()).toMatchObject({ status: 404, text: '{"no":1}' });
    await caller.ended();
  });

  test('R52 a websocket to nowhere → refused before any connection', async () => {
    await bench.start();
    bench.expectEnds('refused');
    const caller = await bench.caller();

    await caller.send(renderRequest({ method: 'GET', target: '/nowhere', headers: HANDSHAKE }));

    expect((await caller.reply()).status).toBe(404);
    expect(bench.upstream.connectionsAccepted).toBe(0);
  });

  test('R52 the upstream of a websocket never answers → 504, both sides closed', async () => {
    await bench.start({ provider: { timeouts: { connect: '100ms', firstByte: '200ms' } } });
    bench.expectEnds('first_byte_timeout');
    bench.upstream.onRequest((_request, { closed }) => closed);
    const caller = await bench.caller();

    await caller.send(websocket);

    expect((await caller.reply()).status).toBe(504);
    await bench.upstream.abandoned();
  });

  test.each([
    ['h2c', ['connection', 'Upgrade, HTTP2-Settings', 'upgrade', 'h2c', 'http2-settings', 'AAMAAABkAAQAoAAAAAIAAAAA']],
    ['something random', ['connection', 'upgrade', 'upgrade', 'TLS/1.0, foo/2']],
    ['websocket without Connection', ['upgrade', 'websocket']],
  ])('R52 upgrade to %s → served as the HTTP it is; the offer does not go upstream', async (_name, headers) => {
    await bench.start();
    bench.expectEnds('served');

    const reply = await bench.ask({ method: 'GET', target: '/openai/models', headers });

    expect(reply).toMatchObject({ status: 200, text: FINE_BODY });
    const [request] = bench.upstream.requests;
    expect(request?.headers.get('upgrade')).toBeNull();
    expect(request?.headers.get('http2-settings')).toBeNull();
  });
});

describe('R53 headers', () => {
  test.each(['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString'])(
    'R53 a header named %s → passed on like any other',
    async (name) => {
      await bench.start();
      bench.expectEnds('served');
      bench.upstream.onRequest((_request, connection) =>
        connection.send(renderResponse({ headers: [name, 'back'], body: 'ok' })),
      );

      const reply = await bench.ask({ ...CHAT, headers: [...JSON_TYPE, name, 'there'] });

      expect(reply.text).toBe('ok');
      expect(bench.upstream.requests[0]?.headers.raw).toContain('there');
      expect(reply.headers.raw).toContain('back');
      expect(({} as Record<string, unknown>).there).toBeUndefined();
    },
  );

  test.each([
    ['2,500 headers', Array.from({ length: 2500 }, (_, at) => [`x-${at}`, 'v']).flat()],
    ['one header of 64 KB', ['x-big', 'v'.repeat(64 * 1024)]],
    ['the same header 500 times', Array.from({ length: 500 }, () => ['x-same', 'v']).flat()],
  ])('R53 %s → every one of them arrives', async (_name, headers) => {
    await bench.start();
    bench.expectEnds('served');

    expect((await bench.ask({ ...CHAT, headers: [...JSON_TYPE, ...headers] })).status).toBe(200);

    const arrived = bench.upstream.requests[0]?.headers.raw ?? [];
    expect(arrived.filter((part) => part.startsWith('x-'))).toEqual(headers.filter((part) => part.startsWith('x-')));
  });

  test('R53 200 KB of headers → 431, nothing goes upstream', async () => {
    await bench.start();
    bench.expectEnds('refused');

    const reply = await bench.ask({ ...CHAT, headers: ['x-huge', 'v'.repeat(200 * 1024)] });

    expect(reply.status).toBe(431);
    expect(bench.upstream.connectionsAccepted).toBe(0);
  });

  test.each([
    ['a NUL in a value', 'x-a: b\0c'],
    ['a carriage return in a value', 'x-a: b\rc: d'],
    ['a name with a space', 'x a: b'],
    ['a space before the colon', 'x-a : b'],
    ['no name', ': b'],
  ])('R53 %s → 400', async (_name, line) => {
    await bench.start();
    bench.expectEnds('refused');
    const caller = await bench.caller();

    await caller.send(`GET /openai/x HTTP/1.1\r\nHost: localhost\r\n${line}\r\n\r\n`);

    expect((await caller.reply()).status).toBe(400);
    expect(bench.upstream.connectionsAccepted).toBe(0);
  });
});

describe('R54 bodies that are no JSON, or strange JSON', () => {
  const deep = 100_000;

  test.each<[string, Buffer | string]>([
    ['no JSON', 'this is no JSON'],
    ['half of it', '{"model":"gpt-4o","messages":['],
    ['nothing', ''],
    ['a lone quote', '"'],
    ['a lone bracket', '{'],
    ['null', 'null'],
    ['a list', '[{"model":"gpt-4o"}]'],
    ['`stream` twice', '{"stream":false,"stream":true,"model":"a","model":"b"}'],
    ['lists in lists, 100,000 deep', '['.repeat(deep) + ']'.repeat(deep)],
    ['objects in objects, 100,000 deep', `${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`],
    [
      '__proto__ and constructor',
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"model":"__proto__"}',
    ],
    ['lone surrogates, escaped', '{"model":"\\ud800","messages":["\\udc00\\ud800"]}'],
    ['lone surrogates, in bytes', Buffer.from('7b226d6f64656c223a22eda080227d', 'hex')],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
    ['a byte order mark', '\uFEFF{"model":"gpt-4o"}'],
    ['UTF-16', Buffer.from('{"model":"gpt-4o"}', 'utf16le')],
    ['numbers beyond all numbers', '{"max_tokens":1e999,"n":99999999999999999999999,"temperature":-0}'],
    ['a model that is no text', '{"model":{"a":1},"max_tokens":"many"}'],
    ['a model of 100 KB', `{"model":"${'m'.repeat(100_000)}"}`],
    ['nothing but backslashes', `{"model":"${'\\'.repeat(100_001)}`],
    ['nothing but quotes', '"'.repeat(100_001)],
  ])('R54 %s → forwarded untouched', async (_name, body) => {
    await bench.start();
    bench.expectEnds('served');

    const reply = await bench.ask({ headers: JSON_TYPE, body });

    expect(reply.text).toBe(FINE_BODY);
    expect(bench.upstream.requests[0]?.body.bytes.equals(Buffer.from(body))).toBe(true);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
