import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { scaledClock } from '../../../src/clock.ts';
import { CANARY_KEYS } from '../../support/canary.ts';
import { CHAT, failureBench, keysFrom } from '../../support/failure-bench.ts';
import { FULL_SIZE } from '../../support/full-size.ts';
import { chunk, LAST_CHUNK, renderHead, renderRequest } from '../../support/render-message.ts';
import { FINE_ANSWER, FINE_BODY, type ScriptedConnection } from '../../support/scripted-upstream.ts';

const bench = failureBench();

const CHUNKED = ['transfer-encoding', 'chunked'];
const JSON_TYPE = ['content-type', 'application/json'];
const EVENTS = ['content-type', 'text/event-stream'];
const EVENT = 'data: {"choices":[{"delta":{"content":"one"}}]}\n\n';
const STREAM_HEAD = renderHead('HTTP/1.1 200 OK', [...EVENTS, ...CHUNKED]);

/** Sends `bytes`, waits until the caller has seen `seen` of them, and goes on. */
async function cutAfter(bytes: Buffer, seen: string, cut: (connection: ScriptedConnection) => Promise<void> | void) {
  const cue = Promise.withResolvers<void>();
  bench.upstream.onRequest(async (_request, connection) => {
    await connection.send(bytes);
    await cue.promise;
    await cut(connection);
  });
  const caller = await bench.caller();
  await caller.send(renderRequest(CHAT));
  await caller.seen(seen);
  cue.resolve();
  const reply = await caller.reply();
  await caller.ended();
  return reply;
}

const WAYS_TO_CUT = [
  ['RST', (connection: ScriptedConnection) => connection.reset()],
  ['FIN', (connection: ScriptedConnection) => connection.finish()],
] as const;

describe.each([
  ['R20', WAYS_TO_CUT[0]],
  ['R21', WAYS_TO_CUT[1]],
] as const)('%s the upstream breaks off', (number, [way, cut]) => {
  test(`${number} ${way} in a stream of events → its own error event, then an aborted message`, async () => {
    await bench.start();
    bench.expectEnds('upstream_aborted');

    const reply = await cutAfter(Buffer.concat([STREAM_HEAD, chunk(EVENT)]), 'one', cut);

    expect(reply.body.complete).toBe(false);
    expect(reply.text.startsWith(EVENT)).toBe(true);
    expect(reply.text.slice(EVENT.length)).toMatch(/^\n\ndata: \{"error":\{.*"stream_interrupted"\}\}\n\n$/);
    const [record] = await bench.rotato.recorded(1);
    expect(record).toMatchObject({ status: 200, bytesOut: EVENT.length });
    expect(bench.upstream.requests).toHaveLength(1);
  });

  test(`${number} ${way} between two chunks of something else → an aborted message, nothing added`, async () => {
    await bench.start();
    bench.expectEnds('upstream_aborted');
    const head = renderHead('HTTP/1.1 200 OK', ['content-type', 'audio/mpeg', ...CHUNKED]);

    const reply = await cutAfter(Buffer.concat([head, chunk('sound')]), 'sound', cut);

    expect(reply.text).toBe('sound');
    expect(reply.body.complete).toBe(false);
  });

  test(`${number} ${way} in the middle of a chunk → an aborted message, nothing padded`, async () => {
    await bench.start();
    bench.expectEnds('upstream_aborted');
    const head = renderHead('HTTP/1.1 200 OK', ['content-type', 'application/x-ndjson', ...CHUNKED]);

    const reply = await cutAfter(Buffer.concat([head, Buffer.from('64\r\n{"a":1}\n')]), '{"a":1}', cut);

    expect(reply.text).toBe('{"a":1}\n');
    expect(reply.body.complete).toBe(false);
  });

  test.each([
    ['a connection that would have been kept', []],
    ['a connection that was to be closed', ['connection', 'close']],
  ])(
    `${number} ${way} short of the length, on %s → an aborted message, short of the length`,
    async (_name, headers) => {
      await bench.start();
      bench.expectEnds('upstream_aborted');
      const head = renderHead('HTTP/1.1 200 OK', [...JSON_TYPE, ...headers, 'content-length', '1000']);

      const reply = await cutAfter(Buffer.concat([head, Buffer.from('{"half":')]), '{"half":', cut);

      expect(reply.headers.get('content-length')).toBe('1000');
      expect(reply.body).toMatchObject({ length: 8, complete: false });
    },
  );

  test(`${number} ${way} in events with a length → no word of ours makes up for what is missing`, async () => {
    await bench.start();
    bench.expectEnds('upstream_aborted');
    const head = renderHead('HTTP/1.1 200 OK', [...EVENTS, 'content-length', String(EVENT.length + 20)]);

    const reply = await cutAfter(Buffer.concat([head, Buffer.from(EVENT)]), 'one', cut);

    expect(reply.text).toBe(EVENT);
    expect(reply.body.complete).toBe(false);
  });

  test(`${number} ${way} in compressed events → no plain word of ours among the compressed bytes`, async () => {
    await bench.start();
    bench.expectEnds('upstream_aborted');
    const head = renderHead('HTTP/1.1 200 OK', [...EVENTS, ...CHUNKED, 'content-encoding', 'gzip']);
    const beginning = gzipSync(EVENT).subarray(0, -4);

    const reply = await cutAfter(Buffer.concat([head, chunk(beginning)]), beginning.toString('latin1'), cut);

    expect(reply.body.bytes).toEqual(beginning);
    expect(reply.body.complete).toBe(false);
  });
});

describe('R20 R21 the end of what has no length', () => {
  test('R21 FIN at the end of an answer that lasts until the connection closes → a whole answer', async () => {
    await bench.start();
    bench.expectEnds('served');
    bench.upstream.onRequest(async (_request, connection) => {
      await connection.send(renderHead('HTTP/1.1 200 OK', JSON_TYPE), '{"all":true}');
      connection.finish();
    });

    const reply = await bench.ask();

    expect(reply.text).toBe('{"all":true}');
    expect(reply.body.complete).toBe(true);
  });

  test('R20 RST in an answer that lasts until the connection closes → an aborted message', async () => {
    await bench.start();
    bench.expectEnds('upstream_aborted');

    const bytes = Buffer.concat([renderHead('HTTP/1.1 200 OK', JSON_TYPE), Buffer.from('{"half":')]);
    const reply = await cutAfter(bytes, '{"half":', (connection) => connection.reset());

    expect(reply.text).toBe('{"half":');
    expect(reply.body.complete).toBe(false);
  });
});

describe('R22 silence in the middle', () => {
  test('R22 stalls for longer than the idle timeout → both sides closed', async () => {
    await bench.start({ provider: { timeouts: { idle: '150ms' } } });
    bench.expectEnds('upstream_idle');

    const reply = await cutAfter(Buffer.concat([STREAM_HEAD, chunk(EVENT)]), 'one', ({ closed }) => closed);

    expect(reply.body.complete).toBe(false);
    await bench.upstream.abandoned();
  });

  test('R22 stalls for less than that, again and again → nothing happens', async () => {
    await bench.start({ provider: { timeouts: { idle: '400ms' } } });
    bench.expectEnds('served');
    bench.upstream.onRequest(async (_request, connection) => {
      await connection.send(STREAM_HEAD);
      for (let nth = 0; nth < 6; nth++) {
        await connection.send(chunk(EVENT));
        await connection.pause(100);
      }
      await connection.send(LAST_CHUNK);
    });

    const reply = await bench.ask();

    expect(reply.text).toBe(EVENT.repeat(6));
    expect(reply.body.complete).toBe(true);
  });
});

describe('R23 as slow as can be', () => {
  // Both sides agree on the time: with ROTATO_FULL_SIZE=1 a minute is a minute.
  const speed = FULL_SIZE ? 1 : 500;

  test(
    `R23 one byte every 50 s for 15 min, on a clock ${speed} times as fast → runs to the end`,
    async () => {
      const timeouts = { connect: '30m', firstByte: '300s', idle: '300s' };
      await bench.start({ clock: scaledClock(speed), provider: { timeouts } });
      bench.expectEnds('served');
      const text = 'eighteen bytes, so';
      bench.upstream.onRequest(async (_request, connection) => {
        await connection.send(renderHead('HTTP/1.1 200 OK', ['content-type', 'text/plain', ...CHUNKED]));
        for (const byte of text) {
          await connection.pause(50_000 / speed);
          await connection.send(chunk(byte));
        }
        await connection.send(LAST_CHUNK);
      });

      const reply = await bench.ask(CHAT, { patienceMs: 2_000_000 / speed + 5_000 });

      expect(reply.text).toBe(text);
      expect(reply.body.complete).toBe(true);
    },
    FULL_SIZE ? 20 * 60_000 : 20_000,
  );
});

describe('R24 more than was announced', () => {
  const POISON = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison');
  const BY_LENGTH = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
  const BY_CHUNKS = Buffer.concat([renderHead('HTTP/1.1 200 OK', CHUNKED), chunk('ok'), Buffer.from(LAST_CHUNK)]);

  test.each([
    ['bytes after Content-Length', BY_LENGTH, Buffer.from('poison')],
    ['bytes after the last chunk', BY_CHUNKS, Buffer.from('poison')],
    ['a whole second answer after Content-Length', BY_LENGTH, POISON],
    ['a whole second answer after the last chunk', BY_CHUNKS, POISON],
    [
      'a line break after Content-Length',
      BY_LENGTH,
      Buffer.from('\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison'),
    ],
  ])(
    'R24 %s, in one piece or later → never reach a caller, the connection is not used again',
    async (_name, answer, more) => {
      await bench.start();
      bench.expectEnds('served', 'served', 'served');
      bench.upstream.onRequest(async ({ connection: number }, connection) => {
        if (number === 1) await connection.send(answer, more);
        if (number === 2) {
          await connection.send(answer);
          await connection.pause(30);
          await connection.send(more);
        }
        if (number > 2) await connection.send(FINE_ANSWER);
      });

      const first = await bench.ask();
      await bench.upstream.abandoned();
      const second = await bench.ask();
      await bench.upstream.abandoned();
      const third = await bench.ask();

      expect([first.text, second.text, third.text]).toEqual(['ok', 'ok', FINE_BODY]);
      expect(bench.upstream.requests.map(({ connection }) => connection)).toEqual([1, 2, 3]);
    },
  );

  test('R24 a second answer in one piece with the first, the next request being queued → it gets its own answer', async () => {
    await bench.start();
    bench.expectEnds('served', 'served');
    bench.upstream.onRequest(({ connection: number }, connection) =>
      number === 1 ? connection.send(BY_LENGTH, POISON) : connection.send(FINE_ANSWER),
    );

    const caller = await bench.caller();
    await caller.send(Buffer.concat([renderRequest(CHAT), renderRequest(CHAT)]));

    expect((await caller.reply()).text).toBe('ok');
    expect((await caller.reply()).text).toBe(FINE_BODY);
  });
});

describe('R25 an error event in a 200', () => {
  const LIMITED = 'data: {"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}\n\n';
  const POLICY =
    'data: {"error":{"message":"No.","type":"invalid_request_error","code":"content_policy_violation"}}\n\n';

  function streamOf(...events: string[]): Buffer {
    return Buffer.concat([STREAM_HEAD, ...events.map(chunk), Buffer.from(LAST_CHUNK)]);
  }

  test('R25 a refusal of the key as the first event → the next key serves', async () => {
    await bench.start({ provider: { keys: keysFrom(0, 2) } });
    bench.expectEnds('served');
    bench.upstream.onRequest(({ headers }, connection) =>
      connection.send(
        headers.get('authorization')?.endsWith(CANARY_KEYS[0])
          ? streamOf(LIMITED)
          : streamOf(EVENT, 'data: [DONE]\n\n'),
      ),
    );

    const reply = await bench.ask();

    expect(reply.text).toBe(`${EVENT}data: [DONE]\n\n`);
    expect(reply.headers.get('x-rotato-attempts')).toBe('2');
  });

  test('R25 the same from every key → the last one, byte for byte', async () => {
    await bench.start({ provider: { maxWait: '0' } });
    bench.expectEnds('served');
    bench.afterwardsAskSpare();
    bench.upstream.onRequest((_request, connection) => connection.send(streamOf(': hello\n\n', LIMITED)));

    expect(await bench.ask()).toMatchObject({ status: 200, text: `: hello\n\n${LIMITED}` });
  });

  test.each([
    ["first, but the caller's own fault", [POLICY]],
    ['in the middle', [EVENT, LIMITED, EVENT]],
    ['last', [EVENT, EVENT, LIMITED]],
  ])('R25 an error event %s → byte for byte, one attempt', async (_name, events) => {
    await bench.start({ provider: { keys: keysFrom(0, 2) } });
    bench.expectEnds('served');
    bench.upstream.onRequest((_request, connection) => connection.send(streamOf(...events)));

    const reply = await bench.ask();

    expect(reply.text).toBe(events.join(''));
    expect(reply.body.complete).toBe(true);
    expect(bench.upstream.requests).toHaveLength(1);
  });
});

describe('R26 events in every spelling', () => {
  const lines = [
    'event: message',
    'data: {"a":1}',
    'data: 2',
    '',
    ': comment',
    '',
    'id: 7',
    'retry: 10',
    'data: [DONE]',
    '',
    '',
  ];

  test.each([
    ['without a final blank line', 'data: {"a":1}\n\ndata: {"b":2}'],
    ['without [DONE]', 'data: {"a":1}\n\n'],
    ['with LF', lines.join('\n')],
    ['with CRLF', lines.join('\r\n')],
    ['with CR', lines.join('\r')],
    ['with all of them', 'data: 1\r\rdata: 2\n\r\ndata: 3\r\n\r\ndata: 4\n\n'],
    ['with a byte order mark', '\uFEFFdata: {"a":1}\n\n'],
    ['of comments alone', ': one\n\n: two\n\n:\n\n'],
    ['of nothing', ''],
    ['of one line of 10 MB', `data: ${'x'.repeat(10 * 1024 * 1024)}\n\n`],
    ['that are no events at all', '\0\u0001 plain {text} \n\n\n\n'],
  ])('R26 a stream %s → byte for byte', async (_name, text) => {
    await bench.start();
    bench.expectEnds('served');
    const bytes = Buffer.from(text);
    bench.upstream.onRequest(async (_request, connection) => {
      await connection.send(STREAM_HEAD);
      for (let at = 0; at < bytes.length; at += 100_000) await connection.send(chunk(bytes.subarray(at, at + 100_000)));
      await connection.send(LAST_CHUNK);
    });

    const reply = await bench.ask();

    expect(reply.body.bytes.equals(bytes)).toBe(true);
    expect(reply.body.complete).toBe(true);
  });
});

describe('R27 text of more than one byte a letter', () => {
  test('R27 every cut position of a multi-byte text → the same bytes', async () => {
    const bytes = Buffer.from('data: {"delta":"Grüße, 你好 👋🏽 \u2028"}\n\n');
    await bench.start();
    bench.expectEnds(...Array.from(bytes, () => 'served' as const));
    let cutAt = 0;
    bench.upstream.onRequest(async (_request, connection) => {
      await connection.send(STREAM_HEAD, chunk(bytes.subarray(0, cutAt)));
      await connection.pause(1);
      await connection.send(chunk(bytes.subarray(cutAt)), LAST_CHUNK);
    });
    const caller = await bench.caller();

    for (cutAt = 1; cutAt < bytes.length; cutAt++) {
      await caller.send(renderRequest(CHAT));
      expect((await caller.reply()).text).toBe(bytes.toString());
    }
    cutAt = bytes.length >> 1;
    await caller.send(renderRequest(CHAT));
    expect((await caller.reply()).text).toBe(bytes.toString());
  });
});
