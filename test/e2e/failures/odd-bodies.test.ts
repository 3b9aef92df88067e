import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { CHAT, failureBench } from '../../support/failure-bench.ts';
import { FULL_SIZE } from '../../support/full-size.ts';
import { MemoryWatch } from '../../support/memory-watch.ts';
import { chunk, LAST_CHUNK, renderHead, renderRequest, renderResponse } from '../../support/render-message.ts';
import { FINE_ANSWER, FINE_BODY } from '../../support/scripted-upstream.ts';

const bench = failureBench();

const MB = 1024 * 1024;
const CHUNKED = ['transfer-encoding', 'chunked'];
const JSON_TYPE = ['content-type', 'application/json'];
const EVENTS = ['content-type', 'text/event-stream'];

describe('R28 compressed bodies that cannot be read', () => {
  const text = Buffer.from(`{"usage":{"prompt_tokens":1},"padding":"${'x'.repeat(10_000)}"}`);
  const bomb = zstdCompressSync(Buffer.alloc((FULL_SIZE ? 2048 : 80) * MB));
  const fivefold = [1, 2, 3, 4, 5].reduce((bytes) => gzipSync(bytes), text);

  test.each([
    ['bytes that are no gzip', 'gzip', Buffer.from('this is no gzip')],
    ['a damaged gzip', 'gzip', Buffer.concat([gzipSync(text).subarray(0, 40), Buffer.alloc(60, 0xff)])],
    ['a truncated brotli', 'br', brotliCompressSync(text).subarray(0, 20)],
    ['a zstd bomb', 'zstd', bomb],
    ['five encodings on top of each other', 'gzip, gzip, gzip, gzip, gzip', fivefold],
    ['an encoding nobody knows', 'rot13', text],
    ['an encoding with a terrible name', '__proto__', text],
  ])('R28 %s, in a 200, in events and in an error → passed on undecoded', async (_name, encoding, body) => {
    await bench.start();
    const shapes = [
      [200, JSON_TYPE],
      [200, EVENTS],
      [500, JSON_TYPE],
    ] as const;
    bench.expectEnds(...shapes.map(() => 'served' as const));
    const memory = new MemoryWatch();

    for (const [status, headers] of shapes) {
      bench.upstream.onRequest((_request, connection) =>
        connection.send(renderResponse({ status, headers: [...headers, 'content-encoding', encoding], body })),
      );
      const reply = await bench.ask();

      expect(reply.status).toBe(status);
      expect(reply.headers.get('content-encoding')).toBe(encoding);
      expect(reply.body.bytes.equals(body)).toBe(true);
    }
    expect(memory.peakMb()).toBeLessThan(16);
  });
});

describe('R29 answers that have no body', () => {
  test.each([
    ['204 with a body and its length', 'POST', 'HTTP/1.1 204 No Content\r\ncontent-length: 4\r\n\r\nbody'],
    ['204 with chunks', 'POST', 'HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n'],
    [
      '304 with a body and its length',
      'GET',
      'HTTP/1.1 304 Not Modified\r\netag: "x"\r\ncontent-length: 4\r\n\r\nbody',
    ],
    ['304 with a length and no body', 'GET', 'HTTP/1.1 304 Not Modified\r\ncontent-length: 4\r\n\r\n'],
    ['205 with an empty body', 'POST', 'HTTP/1.1 205 Reset Content\r\ncontent-length: 0\r\n\r\n'],
    ['HEAD with a length', 'HEAD', 'HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\n'],
    ['HEAD with chunks', 'HEAD', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'],
    ['HEAD with a length and a body', 'HEAD', 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody'],
  ])(
    'R29 %s → framed right, and the next request on either side gets its own answer',
    async (_name, method, answer) => {
      await bench.start();
      bench.expectEnds('served', 'served');
      bench.upstream.onRequest((request, connection) =>
        request.target === '/v1/odd' ? connection.send(answer) : connection.send(FINE_ANSWER),
      );
      const caller = await bench.caller();

      await caller.send(renderRequest({ method, target: '/openai/odd' }));
      const odd = await caller.reply({ method });
      await caller.send(renderRequest(CHAT));
      const next = await caller.reply();

      expect(odd.body.length).toBe(0);
      expect(odd.status).toBe(Number(answer.slice(9, 12)));
      expect(next).toMatchObject({ status: 200, text: FINE_BODY });
      expect(caller.transcript).not.toContain('body\r\n');
    },
  );

  test('R29 205 with a body, which has a length like any other → passed on with it, and the next request in step', async () => {
    await bench.start();
    bench.expectEnds('served', 'served');
    bench.upstream.onRequest((request, connection) =>
      request.target === '/v1/odd'
        ? connection.send('HTTP/1.1 205 Reset Content\r\ncontent-length: 4\r\n\r\nbody')
        : connection.send(FINE_ANSWER),
    );
    const caller = await bench.caller();

    await caller.send(renderRequest({ target: '/openai/odd' }));
    expect(await caller.reply()).toMatchObject({ status: 205, text: 'body' });
    await caller.send(renderRequest(CHAT));
    expect((await caller.reply()).text).toBe(FINE_BODY);
  });

  test('R29 HEAD → the length of what GET would bring arrives', async () => {
    await bench.start();
    bench.expectEnds('served');
    bench.upstream.onRequest((_request, connection) =>
      connection.send('HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\n'),
    );

    const reply = await bench.ask({ method: 'HEAD', target: '/openai/files/x/content' });

    expect(reply.headers.get('content-length')).toBe('400');
  });
});

describe('R30 trailers', () => {
  test('R30 trailers after the last chunk → dropped, never turned into headers', async () => {
    await bench.start();
    bench.expectEnds('served', 'served');
    const head = renderHead('HTTP/1.1 200 OK', [...JSON_TYPE, ...CHUNKED, 'Trailer', 'x-checksum, set-cookie']);
    bench.upstream.onRequest((_request, connection) =>
      bench.upstream.requests.length === 1
        ? connection.send(head, chunk('{}'), '0\r\nx-checksum: 1\r\nset-cookie: a=b\r\n\r\n')
        : connection.send(FINE_ANSWER),
    );
    const caller = await bench.caller();

    await caller.send(renderRequest(CHAT));
    const reply = await caller.reply();
    await caller.send(renderRequest(CHAT));

    expect(reply).toMatchObject({ status: 200, text: '{}' });
    expect(reply.body.trailers.raw).toEqual([]);
    expect(caller.transcript).not.toMatch(/x-checksum|set-cookie/i);
    expect((await caller.reply()).text).toBe(FINE_BODY);
    expect(bench.upstream.requests.map(({ connection }) => connection)).toEqual([1, 1]);
  });
});

describe('R31 an answer of another kind than was asked for', () => {
  test.each([
    [
      'stream: true answered with JSON',
      '{"stream":true}',
      renderResponse({ headers: JSON_TYPE, body: '{"whole":1}' }),
      '{"whole":1}',
    ],
    [
      'stream: false answered with events',
      '{"stream":false}',
      renderResponse({ headers: EVENTS, body: 'data: 1\n\n' }),
      'data: 1\n\n',
    ],
    [
      'stream: true answered with a page',
      '{"stream":true}',
      renderResponse({ headers: ['content-type', 'text/html'], body: '<p>' }),
      '<p>',
    ],
    ['stream: true answered without a type', '{"stream":true}', renderResponse({ body: 'what' }), 'what'],
  ])('R31 %s → passed on as it is', async (_name, body, answer, text) => {
    await bench.start();
    bench.expectEnds('served');
    bench.upstream.onRequest((_request, connection) => connection.send(answer));

    const reply = await bench.ask({ ...CHAT, body });

    expect(reply).toMatchObject({ status: 200, text });
    expect(reply.headers.get('content-type')).toBe(/content-type: (\S+)/.exec(answer.toString())?.[1] ?? null);
  });
});

describe('R32 chunks made to be expensive', () => {
  const count = FULL_SIZE ? 1_000_000 : 30_000;

  test(`R32 ${count} chunks of one byte → the same bytes`, async () => {
    await bench.start();
    bench.expectEnds('served');
    const piece = Buffer.from('1\r\nx\r\n'.repeat(1000));
    bench.upstream.onRequest(async (_request, connection) => {
      await connection.send(renderHead('HTTP/1.1 200 OK', ['content-type', 'text/plain', ...CHUNKED]));
      for (let sent = 0; sent < count; sent += 1000) await connection.send(piece);
      await connection.send(LAST_CHUNK);
    });

    const { body } = await bench.ask(CHAT, { patienceMs: 60_000 });

    expect(body).toMatchObject({ length: count, complete: true });
    expect(body.bytes.equals(Buffer.alloc(count, 'x'))).toBe(true);
  });

  test.each([
    ['events that never end', 'x'],
    ['events that are nothing but line breaks', '\n'],
  ])('R32 the same as %s, which are held for the first → the same bytes', async (_name, byte) => {
    await bench.start();
    bench.expectEnds('served');
    const piece = Buffer.from(`1\r\n${byte}\r\n`.repeat(1000));
    bench.upstream.onRequest(async (_request, connection) => {
      await connection.send(renderHead('HTTP/1.1 200 OK', [...EVENTS, ...CHUNKED]));
      for (let sent = 0; sent < count; sent += 1000) await connection.send(piece);
      await connection.send(LAST_CHUNK);
    });

    const { body } = await bench.ask(CHAT, { patienceMs: 60_000 });

    expect(body.bytes.equals(Buffer.alloc(count, byte))).toBe(true);
  });

  test('R32 a flood of chunk extensions → passed over, the data alone is passed on', async () => {
    await bench.start();
    bench.expectEnds('served');
    const extension = `;${'e'.repeat(1000)}="${'v'.repeat(1000)}"`;
    const piece = `4${extension.repeat(30)}\r\ndata\r\n`;
    bench.upstream.onRequest(async (_request, connection) => {
      await connection.send(renderHead('HTTP/1.1 200 OK', ['content-type', 'text/plain', ...CHUNKED]));
      for (let sent = 0; sent < 16 * MB; sent += piece.length) await connection.send(piece);
      await connection.send(LAST_CHUNK);
    });

    const { text, body } = await bench.ask();

    expect(text).toMatch(/^(?:data)+$/);
    expect(body.complete).toBe(true);
  });
});

describe('R33 an answer without measure', () => {
  const size = (FULL_SIZE ? 2048 : 64) * MB;

  test.each([
    ['by length', ['content-type', 'application/octet-stream']],
    ['as JSON', JSON_TYPE],
    ['as events', EVENTS],
  ])(
    `R33 an answer of ${size / MB} MB %s → memory stays flat`,
    async (_name, headers) => {
      await bench.start();
      bench.expectEnds('served');
      const piece = Buffer.alloc(MB / 4, 'data: x\n\n');
      bench.upstream.onRequest(async (_request, connection) => {
        await connection.send(renderHead('HTTP/1.1 200 OK', [...headers, 'content-length', String(size)]));
        for (let sent = 0; sent < size; sent += piece.length) await connection.send(piece);
      });
      const memory = new MemoryWatch();

      const { body } = await bench.ask(CHAT, { discard: true, patienceMs: 120_000 });

      expect(body).toMatchObject({ length: size, complete: true });
      // Of which the caller of the test keeps four.
      expect(memory.peakMb()).toBeLessThan(16);
    },
    120_000,
  );
});
