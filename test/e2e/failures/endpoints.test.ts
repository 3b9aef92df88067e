import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { CANARY_KEYS } from '../../support/canary.ts';
import { CHAT, failureBench } from '../../support/failure-bench.ts';
import { chunk, LAST_CHUNK, renderHead, renderRequest, renderResponse } from '../../support/render-message.ts';
import { FINE_BODY } from '../../support/scripted-upstream.ts';

const bench = failureBench();

const KB = 1024;
const JSON_TYPE = ['content-type', 'application/json'];
const CHUNKED = ['transfer-encoding', 'chunked'];

/** Every byte there is, in every order that matters to a parser of text. */
const binary = Buffer.from(Array.from({ length: 200 * KB }, (_, at) => (at * 7 + (at >> 8) * 13) % 256));

/** `bytes` as the upstream or the caller may send them. */
const FRAMINGS: readonly (readonly [string, (bytes: Buffer) => { headers: string[]; body: Buffer }])[] = [
  ['with a length', (bytes) => ({ headers: ['content-length', String(bytes.length)], body: bytes })],
  [
    'in chunks',
    (bytes) => ({
      headers: CHUNKED,
      body: Buffer.concat([
        chunk(bytes.subarray(0, 1)),
        chunk(bytes.subarray(1, 70_000)),
        chunk(bytes.subarray(70_000)),
        Buffer.from(LAST_CHUNK),
      ]),
    }),
  ],
];

describe.each(FRAMINGS)('R60 bodies up, %s', (_framing, frame) => {
  const part = (name: string, more: string) => `Content-Disposition: form-data; name="${name}"${more}\r\n`;
  const form = (boundary: string) =>
    Buffer.concat([
      Buffer.from(`--${boundary}\r\n${part('model', '')}\r\nwhisper-1\r\n--${boundary}\r\n`),
      Buffer.from(`${part('file', '; filename="a.mp3"')}Content-Type: audio/mpeg\r\n\r\n`),
      binary,
      Buffer.from(`\r\n--${boundary}-not\r\n--${boundary}--\r\n`),
    ]);

  test.each([
    ['multipart audio', 'multipart/form-data; boundary=edge', form('edge')],
    ['multipart with a strange boundary', `multipart/form-data; boundary="a'()+_,-./:=? b"`, form(`a'()+_,-./:=? b`)],
    ['JSON', 'application/json', Buffer.from(JSON.stringify({ model: 'gpt-4o', input: 'Grüße '.repeat(30_000) }))],
    ['raw binary', 'application/octet-stream', binary],
    ['raw binary that calls itself JSON', 'application/json', binary],
    ['raw binary of no type', null, binary],
  ])('R60 %s → equal SHA-256, the type as it was', async (_name, type, body) => {
    await bench.start();
    bench.expectEnds('served');
    const framed = frame(body);
    const headers = ['Host', 'localhost', ...(type === null ? [] : ['Content-Type', type]), ...framed.headers];
    const caller = await bench.caller();

    await caller.send(Buffer.concat([renderHead('POST /openai/audio/transcriptions HTTP/1.1', headers), framed.body]));

    expect((await caller.reply()).status).toBe(200);
    const [request] = bench.upstream.requests;
    expect(request?.body.bytes.equals(body)).toBe(true);
    expect(request?.headers.all('content-type')).toEqual(type === null ? [] : [type]);
  });
});

describe.each(FRAMINGS)('R61 bodies down, %s', (_framing, frame) => {
  test.each([
    ['audio', 'audio/mpeg'],
    ['an image', 'image/png'],
    ['audio that streams', 'audio/pcm; rate=24000'],
    ['binary that calls itself JSON', 'application/json'],
    ['binary that calls itself events', 'text/event-stream; charset=utf-8'],
    ['binary of no type', null],
  ])('R61 %s → equal SHA-256, the type as it was', async (_name, type) => {
    await bench.start();
    bench.expectEnds('served');
    const framed = frame(binary);
    const headers = [...(type === null ? [] : ['Content-Type', type]), ...framed.headers];
    bench.upstream.onRequest((_request, connection) =>
      connection.send(renderHead('HTTP/1.1 200 OK', headers), framed.body),
    );

    const reply = await bench.ask({ ...CHAT, target: '/openai/audio/speech' });

    expect(reply.body.bytes.equals(binary)).toBe(true);
    expect(reply.body.complete).toBe(true);
    expect(reply.headers.all('content-type')).toEqual(type === null ? [] : [type]);
  });
});

describe('R62 content encodings', () => {
  const text = Buffer.from(
    JSON.stringify({ usage: { prompt_tokens: 3, completion_tokens: 4 }, text: 'x'.repeat(5000) }),
  );
  const ENCODINGS = [
    ['identity', text],
    ['gzip', gzipSync(text)],
    ['br', brotliCompressSync(text)],
    ['zstd', zstdCompressSync(text)],
    ['deflate', deflateSync(text)],
  ] as const;

  test.each(
    ENCODINGS.flatMap(([encoding, body]) => [
      [encoding, 'accepts', encoding, body] as const,
      [encoding, 'does not accept', 'identity;q=1, *;q=0', body] as const,
      [encoding, 'says nothing about', null, body] as const,
    ]),
  )("R62 %s, which the caller %s → the upstream's bytes, truly labelled", async (encoding, _accepts, accept, body) => {
    await bench.start();
    bench.expectEnds('served');
    bench.upstream.onRequest((_request, connection) =>
      connection.send(renderResponse({ headers: [...JSON_TYPE, 'Content-Encoding', encoding], body })),
    );

    const reply = await bench.ask({
      ...CHAT,
      headers: [...JSON_TYPE, ...(accept === null ? [] : ['accept-encoding', accept])],
    });

    expect(reply.headers.get('content-encoding')).toBe(encoding);
    expect(reply.headers.get('content-length')).toBe(String(body.length));
    expect(reply.body.bytes.equals(body)).toBe(true);
    expect(bench.upstream.requests[0]?.headers.get('accept-encoding')).toBe(accept);
    const [record] = await bench.rotato.recorded(1);
    expect(record?.usage).toMatchObject({ inputTokens: 3, outputTokens: 4 });
  });
});

describe('R63 files and caches', () => {
  test('R63 a range → 206, the part that was asked for, all its headers', async () => {
    await bench.start();
    bench.expectEnds('served');
    const headers = [
      'Content-Range',
      'bytes 100-199/1000',
      'Accept-Ranges',
      'bytes',
      'Content-Type',
      'application/octet-stream',
    ];
    bench.upstream.onRequest((_request, connection) =>
      connection.send(
        renderResponse({ status: 206, reason: 'Partial Content', headers, body: binary.subarray(100, 200) }),
      ),
    );

    const reply = await bench.ask({
      method: 'GET',
      target: '/openai/files/file-1/content',
      headers: ['Range', 'bytes=100-199', 'If-Range', '"tag"'],
    });

    expect(reply).toMatchObject({ status: 206, reason: 'Partial Content' });
    expect(reply.headers.raw.slice(0, headers.length)).toEqual(headers);
    expect(reply.body.bytes.equals(binary.subarray(100, 200))).toBe(true);
    expect(bench.upstream.requests[0]?.headers.get('range')).toBe('bytes=100-199');
    expect(bench.upstream.requests[0]?.headers.get('if-range')).toBe('"tag"');
  });

  test('R63 416 → as it came', async () => {
    await bench.start();
    bench.expectEnds('served');
    bench.upstream.onRequest((_request, connection) =>
      connection.send(
        renderResponse({ status: 416, reason: 'Range Not Satisfiable', headers: ['Content-Range', 'bytes */10'] }),
      ),
    );

    const reply = await bench.ask({
      method: 'GET',
      target: '/openai/files/1/content',
      headers: ['Range', 'bytes=99-'],
    });

    expect(reply.status).toBe(416);
    expect(reply.headers.get('content-range')).toBe('bytes */10');
  });

  test('R63 a tag that still holds → 304 with its headers', async () => {
    await bench.start();
    bench.expectEnds('served');
    bench.upstream.onRequest((_request, connection) =>
      connection.send('HTTP/1.1 304 Not Modified\r\nETag: W/"x"\r\nCache-Control: max-age=60\r\nVary: Accept\r\n\r\n'),
    );

    const reply = await bench.ask({ method: 'GET', target: '/openai/models', headers: ['If-None-Match', 'W/"x"'] });

    expect(reply.status).toBe(304);
    expect(reply.headers.get('etag')).toBe('W/"x"');
    expect(reply.headers.get('cache-control')).toBe('max-age=60');
    expect(bench.upstream.requests[0]?.headers.get('if-none-match')).toBe('W/"x"');
  });

  test('R63 a download → its Content-Disposition, byte for byte', async () => {
    await bench.start();
    bench.expectEnds('served');
    const disposition = `attachment; filename="a b.jsonl"; filename*=UTF-8''a%20%E2%82%AC.jsonl`;
    bench.upstream.onRequest((_request, connection) =>
      connection.send(
        renderResponse({
          headers: ['Content-Disposition', disposition, 'Last-Modified', 'Mon, 05 Jan 2026 12:00:00 GMT'],
          body: 'x',
        }),
      ),
    );

    const reply = await bench.ask({ method: 'GET', target: '/openai/batches/1/output' });

    expect(reply.headers.get('content-disposition')).toBe(disposition);
    expect(reply.headers.get('last-modified')).toBe('Mon, 05 Jan 2026 12:00:00 GMT');
  });
});

describe('R64 streams of every vendor', () => {
  const vendors = (origin: string) => ({
    gemini: { baseUrl: `${origin}/v1beta`, allowPrivateAddress: true, keys: [{ key: CANARY_KEYS[3] }] },
    anthropic: { baseUrl: `${origin}/v1`, allowPrivateAddress: true, keys: [{ key: CANARY_KEYS[2] }] },
    azure: { allowPrivateAddress: true, keys: [{ key: CANARY_KEYS[1], baseUrl: `${origin}/openai` }] },
  });
  const EVENTS = 'text/event-stream';

  test.each([
    {
      name: 'Gemini, alt=sse',
      target: '/gemini/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
      arrives: '/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
      credential: ['x-goog-api-key', CANARY_KEYS[3]],
      type: EVENTS,
      pieces: ['data: {"candidates":[{"index":0}]}\r\n\r\n', 'data: {"usageMetadata":{"promptTokenCount":1}}\r\n\r\n'],
    },
    {
      name: 'Gemini, as one array',
      target: '/gemini/v1beta/models/gemini-2.5-flash:streamGenerateContent',
      arrives: '/v1beta/models/gemini-2.5-flash:streamGenerateContent',
      credential: ['x-goog-api-key', CANARY_KEYS[3]],
      type: 'application/json; charset=UTF-8',
      pieces: ['[{"candidates":[{"index":0}]}', ',\r\n{"usageMetadata":{"promptTokenCount":1}}', ']'],
    },
    {
      name: 'Anthropic, with pings',
      target: '/anthropic/v1/messages',
      arrives: '/v1/messages',
      credential: ['x-api-key', CANARY_KEYS[2]],
      type: `${EVENTS}; charset=utf-8`,
      pieces: [
        'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":1}}}\n\n',
        'event: ping\ndata: {"type": "ping"}\n\n',
        'event: message_stop\ndata: {"type":"message_stop"}\n\n',
      ],
    },
    {
      name: 'OpenAI Responses',
      target: '/openai/v1/responses',
      arrives: '/v1/responses',
      credential: ['authorization', `Bearer ${CANARY_KEYS[0]}`],
      type: EVENTS,
      pieces: [
        'event: response.created\ndata: {"type":"response.created","response":{"error":null}}\n\n',
        'event: response.completed\ndata: {"type":"response.completed"}\n\n',
      ],
    },
    {
      name: 'Azure, with its version in the query',
      target: '/azure/deployments/gpt-4o/chat/completions?api-version=2024-10-21',
      arrives: '/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21',
      credential: ['api-key', CANARY_KEYS[1]],
      type: EVENTS,
      pieces: ['data: {"choices":[]}\n\n', 'data: {"choices":[{}]}\n\n', 'data: [DONE]\n\n'],
    },
  ])('R64 $name → each piece arrives before the next is sent, in order, with the right key', async (vendor) => {
    await bench.start({ providers: vendors });
    bench.expectEnds('served');
    const cues = vendor.pieces.map(() => Promise.withResolvers<void>());
    bench.upstream.onRequest(async (_request, connection) => {
      await connection.send(renderHead('HTTP/1.1 200 OK', ['Content-Type', vendor.type, ...CHUNKED]));
      for (const [at, piece] of vendor.pieces.entries()) {
        await connection.send(chunk(piece));
        await cues[at]?.promise;
      }
      await connection.send(LAST_CHUNK);
    });
    const caller = await bench.caller();

    await caller.send(renderRequest({ ...CHAT, target: vendor.target }));
    for (const [at, piece] of vendor.pieces.entries()) {
      await caller.seen(piece);
      cues[at]?.resolve();
    }
    const reply = await caller.reply();

    expect(reply.text).toBe(vendor.pieces.join(''));
    expect(reply.headers.get('content-type')).toBe(vendor.type);
    const [request] = bench.upstream.requests;
    expect(request?.target).toBe(vendor.arrives);
    expect(request?.headers.get(vendor.credential[0] ?? '')).toBe(vendor.credential[1]);
  });

  test('R64 a head alone → flushed before there is a body', async () => {
    await bench.start();
    bench.expectEnds('served');
    const cue = Promise.withResolvers<void>();
    bench.upstream.onRequest(async (_request, connection) => {
      await connection.send(renderHead('HTTP/1.1 200 OK', [...JSON_TYPE, 'content-length', String(FINE_BODY.length)]));
      await cue.promise;
      await connection.send(FINE_BODY);
    });
    const caller = await bench.caller();

    await caller.send(renderRequest(CHAT));
    await caller.seen('\r\n\r\n');
    cue.resolve();

    expect((await caller.reply()).text).toBe(FINE_BODY);
  });
});
