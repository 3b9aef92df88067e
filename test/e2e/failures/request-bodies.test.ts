import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CANARY_KEYS } from '../../support/canary.ts';
import { CHAT, failureBench, keysFrom } from '../../support/failure-bench.ts';
import { FULL_SIZE } from '../../support/full-size.ts';
import { MemoryWatch } from '../../support/memory-watch.ts';
import type { RawClient } from '../../support/raw-client.ts';
import { chunk, LAST_CHUNK, renderHead, renderRequest, renderResponse } from '../../support/render-message.ts';
import { FINE_ANSWER, FINE_BODY } from '../../support/scripted-upstream.ts';

const bench = failureBench();

const KB = 1024;
const MB = 1024 * KB;
const JSON_TYPE = ['content-type', 'application/json'];
const FORM_TYPE = ['content-type', 'multipart/form-data; boundary=edge'];
const CHUNKED = ['transfer-encoding', 'chunked'];

function post(target: string, headers: readonly string[]): Buffer {
  return renderHead(`POST ${target} HTTP/1.1`, ['host', 'localhost', ...headers]);
}

describe('R45 large bodies', () => {
  const size = (FULL_SIZE ? 100 : 12) * MB;
  const piece = Buffer.alloc(256 * KB);
  for (let at = 0; at < piece.length; at++) piece[at] = 33 + ((at * 31) % 90);

  interface Shape {
    readonly head: Buffer;
    readonly begin: string;
    readonly end: string;
    readonly chunked: boolean;
  }

  function shapeOf(kind: 'JSON' | 'multipart' | 'chunks'): Shape {
    if (kind === 'chunks') {
      return { head: post('/openai/audio', [...JSON_TYPE, ...CHUNKED]), begin: '"', end: '"', chunked: true };
    }
    const form = '--edge\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n';
    const [begin, end, type] =
      kind === 'JSON' ? ['{"model":"gpt-4o","x":"', '"}', JSON_TYPE] : [form, '\r\n--edge--\r\n', FORM_TYPE];
    const length = begin.length + size + end.length;
    return { head: post('/openai/files', [...type, 'content-length', String(length)]), begin, end, chunked: false };
  }

  /** Sends the whole and returns its hash. */
  async function send(caller: RawClient, { head, begin, end, chunked }: Shape): Promise<string> {
    const hash = createHash('sha256');
    const frame = (bytes: Buffer | string) => (chunked ? chunk(bytes) : bytes);
    const write = async (bytes: Buffer | string) => {
      hash.update(bytes);
      await caller.send(frame(bytes));
    };
    await caller.send(head);
    await write(begin);
    for (let sent = 0; sent < size; sent += piece.length) await write(piece);
    await write(end);
    if (chunked) await caller.send(LAST_CHUNK);
    return hash.digest('hex');
  }

  test.each(['JSON', 'multipart', 'chunks'] as const)(
    `R45 ${size / MB} MB of %s → streamed, in flat memory, byte for byte`,
    async (kind) => {
      await bench.start({ file: { limits: { maxBody: '200MB' } } });
      bench.expectEnds('served');
      bench.upstream.onConnection(async (connection) => {
        await connection.request({ discard: true });
        await connection.send(FINE_ANSWER);
      });
      const caller = await bench.caller();
      const memory = new MemoryWatch();

      const [reply, hash] = await Promise.all([caller.reply({ patienceMs: 60_000 }), send(caller, shapeOf(kind))]);

      expect(reply.text).toBe(FINE_BODY);
      expect(bench.upstream.requests[0]?.body.sha256).toBe(hash);
      expect(memory.peakMb()).toBeLessThan(8);
    },
  );

  test(`R45 ${size / MB} MB, refused to the first key → the same bytes with the second, from disk, in flat memory`, async () => {
    await bench.start({ provider: { keys: keysFrom(0, 2) }, file: { limits: { maxBody: '200MB' } } });
    bench.expectEnds('served');
    bench.upstream.onConnection(async (connection) => {
      const { headers } = await connection.request({ discard: true });
      const isFirst = headers.get('authorization')?.endsWith(CANARY_KEYS[0]) === true;
      await connection.send(isFirst ? renderResponse({ status: 429, reason: 'Too Many Requests' }) : FINE_ANSWER);
      if (isFirst) connection.finish();
    });
    const caller = await bench.caller();
    const memory = new MemoryWatch();

    const [reply, hash] = await Promise.all([caller.reply({ patienceMs: 60_000 }), send(caller, shapeOf('JSON'))]);

    expect(reply.text).toBe(FINE_BODY);
    expect(bench.upstream.requests.map(({ body }) => body.sha256)).toEqual([hash, hash]);
    expect(memory.peakMb()).toBeLessThan(8);
  });

  test('R45 over the replay budget → one attempt, whose answer stands', async () => {
    await bench.start({
      provider: { keys: keysFrom(0, 2) },
      file: { limits: { maxBody: '200MB', replayBudget: '1MB' } },
    });
    bench.expectEnds('served');
    bench.upstream.onConnection(async (connection) => {
      if (connection.number > 1) return;
      await connection.request({ discard: true });
      await connection.send(renderResponse({ status: 429, reason: 'Too Many Requests', body: 'no' }));
    });
    const caller = await bench.caller();

    const [reply] = await Promise.all([caller.reply({ patienceMs: 60_000 }), send(caller, shapeOf('multipart'))]);

    expect(reply).toMatchObject({ status: 429, text: 'no' });
    expect(bench.upstream.requests).toHaveLength(1);
  });
});

describe('R46 the answer is known before the body has come', () => {
  const CLIENTS = { clients: [{ name: 'app', key: 'rk-right-key-of-the-app' }] };
  const LIMITED = { limits: { maxBody: '64KB' } };
  const body = Buffer.alloc(900 * KB, 'b');

  test.each([
    ['401', CLIENTS, post('/openai/x', [...JSON_TYPE, 'content-length', String(body.length)]), 401],
    ['413 by its length', LIMITED, post('/openai/x', [...JSON_TYPE, 'content-length', String(body.length)]), 413],
    ['404', {}, post('/nowhere/x', [...JSON_TYPE, 'content-length', String(body.length)]), 404],
  ])('R46 %s with 900 KB under way → the whole answer, then closed', async (_name, file, head, status) => {
    await bench.start({ file });
    bench.expectEnds('refused');
    if (file === CLIENTS) bench.afterwardsPresent('rk-right-key-of-the-app');
    const caller = await bench.caller();

    await caller.send(head);
    await caller.send(body.subarray(0, 100 * KB));
    const reply = await caller.reply();
    await caller.send(body.subarray(100 * KB));

    expect(reply.status).toBe(status);
    expect(reply.headers.get('connection')).toBe('close');
    expect(JSON.parse(reply.text).error.message).toBeTruthy();
    expect(await caller.ended()).toBe('finished');
    expect(bench.upstream.connectionsAccepted).toBe(0);
  });

  test('R46 a body in one go with its head, refused → the whole answer, no reset', async () => {
    await bench.start({ file: LIMITED });
    bench.expectEnds('refused');
    const caller = await bench.caller();

    await caller.send(Buffer.concat([post('/openai/x', ['content-length', String(body.length)]), body]));

    expect((await caller.reply()).status).toBe(413);
    expect(await caller.ended()).toBe('finished');
  });

  test('R46 413 in the middle of chunks that are streamed already → told so, the upstream is left', async () => {
    await bench.start({ file: { limits: { maxBody: '256KB' } } });
    bench.expectEnds('refused');
    const caller = await bench.caller();

    await caller.send(post('/openai/files', CHUNKED));
    for (let sent = 0; sent < 512 * KB && caller.over === null; sent += 32 * KB)
      await caller.send(chunk(body.subarray(0, 32 * KB)));

    expect((await caller.reply()).status).toBe(413);
    await caller.send(LAST_CHUNK);
    expect(await caller.ended()).toBe('finished');
    await bench.upstream.abandoned();
    expect(bench.upstream.requests).toHaveLength(0);
  });

  test('R46 the upstream answers before it has the whole body → its answer, and the connection goes on after the rest', async () => {
    await bench.start();
    bench.expectEnds('served', 'served');
    bench.upstream.onConnection(async (connection) => {
      if (connection.number > 1) return;
      await connection.reader.any();
      await connection.send(
        renderResponse({ status: 400, reason: 'Bad Request', headers: JSON_TYPE, body: '{"error":"early"}' }),
      );
      await connection.closed;
    });
    const caller = await bench.caller();

    await caller.send(post('/openai/files', [...FORM_TYPE, 'content-length', String(MB)]));
    await caller.send(body.subarray(0, 200 * KB));

    expect(await caller.reply()).toMatchObject({ status: 400, text: '{"error":"early"}' });
    await bench.upstream.abandoned();

    await caller.send(Buffer.alloc(MB - 200 * KB, 'b'));
    await caller.send(renderRequest(CHAT));
    expect(await caller.reply()).toMatchObject({ status: 200, text: FINE_BODY });
  });
});

describe('R47 Expect: 100-continue', () => {
  const EXPECTING = [...JSON_TYPE, 'expect', '100-continue'];
  const body = '{"model":"gpt-4o"}';

  test('R47 from a caller that may → continue, then the answer; the expectation does not go upstream', async () => {
    await bench.start();
    bench.expectEnds('served');
    const caller = await bench.caller();

    await caller.send(post('/openai/chat/completions', [...EXPECTING, 'content-length', String(body.length)]));
    await caller.seen('HTTP/1.1 100 Continue\r\n\r\n');
    await caller.send(body);
    const reply = await caller.reply();

    expect(reply).toMatchObject({ status: 200, interim: [100] });
    expect(bench.upstream.requests[0]?.headers.get('expect')).toBeNull();
    expect(bench.upstream.requests[0]?.body.bytes.toString()).toBe(body);
  });

  test('R47 from a caller that did not wait for it → served all the same', async () => {
    await bench.start();
    bench.expectEnds('served');

    expect((await bench.ask({ headers: EXPECTING, body })).status).toBe(200);
  });

  test.each([
    ['without a key', { clients: [{ name: 'app', key: 'rk-right-key-of-the-app' }] }, [], 401],
    ['with too large a body', { limits: { maxBody: '1KB' } }, [], 413],
    ['from another web page', {}, ['origin', 'https://evil.example'], 403],
  ])('R47 %s → refused without a continue, no body is asked for', async (_name, file, headers, status) => {
    await bench.start({ file });
    bench.expectEnds('refused');
    if ('clients' in file) bench.afterwardsPresent('rk-right-key-of-the-app');
    const caller = await bench.caller();

    await caller.send(post('/openai/chat/completions', [...EXPECTING, ...headers, 'content-length', '5000']));
    const reply = await caller.reply();

    expect(reply).toMatchObject({ status, interim: [] });
    expect(reply.headers.get('connection')).toBe('close');
    expect(bench.upstream.connectionsAccepted).toBe(0);
  });

  test('R47 another expectation → 417', async () => {
    await bench.start();
    bench.expectEnds('refused');

    const reply = await bench.ask({ headers: [...JSON_TYPE, 'expect', 'miracles'], body });

    expect(reply.status).toBe(417);
    expect(bench.upstream.connectionsAccepted).toBe(0);
  });

  test('R47 a request that goes on pipelined behind one that expected → both served', async () => {
    await bench.start();
    bench.expectEnds('served', 'served');
    const caller = await bench.caller();

    await caller.send(renderRequest({ headers: EXPECTING, body }));
    await caller.send(renderRequest({ headers: JSON_TYPE, body }));

    expect((await caller.reply()).status).toBe(200);
    expect((await caller.reply()).status).toBe(200);
  });
});
