import { describe, expect, test } from 'vitest';
import { CHAT, failureBench, keysFrom } from '../../support/failure-bench.ts';
import { chunk, LAST_CHUNK, renderHead, renderRequest } from '../../support/render-message.ts';
import { waitUntil } from '../../support/wait-until.ts';

const bench = failureBench();

const CHUNKED = ['transfer-encoding', 'chunked'];
const EVENTS = ['content-type', 'text/event-stream'];
const EVENT = 'data: {"choices":[{"delta":{"content":"one"}}]}\n\n';

/** Also a half-close is leaving (R42): a caller that has nothing more to say to its connection wants no answer on it. */
const WAYS_TO_LEAVE = [
  ['FIN', 'finish'],
  ['close', 'leave'],
  ['RST', 'reset'],
] as const;

describe.each(WAYS_TO_LEAVE)('R40 closes before its body is complete (%s)', (_way, leave) => {
  test('R40 a short body → the upstream is never called', async () => {
    await bench.start();
    bench.expectEnds('client_aborted');
    const caller = await bench.caller();

    await caller.send(renderRequest({ ...CHAT, body: 'x'.repeat(1000) }).subarray(0, -500));
    await bench.settled();
    caller[leave]();

    const [record] = await bench.rotato.recorded(1);
    expect(record).toMatchObject({ status: null, attempts: [] });
    expect(bench.upstream.connectionsAccepted).toBe(0);
  });

  test.each([
    ['with a length', ['content-length', String(1024 * 1024)], (bytes: string) => bytes],
    ['in chunks', CHUNKED, chunk],
  ])('R40 a long body %s, of which the upstream has a part → that call is aborted', async (_name, framing, frame) => {
    await bench.start();
    bench.expectEnds('client_aborted');
    const caller = await bench.caller();

    await caller.send(renderHead('POST /openai/files HTTP/1.1', ['host', 'localhost', ...framing]));
    await caller.send(frame('x'.repeat(128 * 1024)));
    await waitUntil(
      () => bench.upstream.receivedBytes > 64 * 1024,
      () => 'the upstream to get the beginning',
    );
    caller[leave]();

    await bench.upstream.abandoned();
    expect(bench.upstream.requests).toHaveLength(0);
  });
});

describe.each(WAYS_TO_LEAVE)('R41 R42 closes while it waits (%s)', (_way, leave) => {
  test('R41 waiting for the head → the upstream call is aborted, no further attempt', async () => {
    await bench.start();
    bench.expectEnds('client_aborted');
    bench.upstream.onRequest((_request, { closed }) => closed);
    const caller = await bench.caller();

    await caller.send(renderRequest(CHAT));
    await bench.asked(1);
    caller[leave]();

    await bench.upstream.abandoned();
    expect(bench.upstream.connectionsAccepted).toBe(1);
  });

  test.each([
    ['a stream', [...EVENTS, ...CHUNKED], chunk(EVENT)],
    ['a body with a length', ['content-type', 'application/json', 'content-length', '1000'], Buffer.from('{"one":')],
  ])('R41 in the middle of %s → the upstream call is aborted', async (_name, headers, beginning) => {
    await bench.start();
    bench.expectEnds('client_aborted');
    bench.upstream.onRequest(async (_request, connection) => {
      await connection.send(renderHead('HTTP/1.1 200 OK', headers), beginning);
      await connection.closed;
    });
    const caller = await bench.caller();

    await caller.send(renderRequest(CHAT));
    await caller.seen('one');
    caller[leave]();

    await bench.upstream.abandoned();
    const [record] = await bench.rotato.recorded(1);
    expect(record?.attempts.map(({ outcome }) => outcome)).toEqual(['caller-left']);
  });

  test('R41 while a stream is held for its first event → the upstream call is aborted', async () => {
    await bench.start();
    bench.expectEnds('client_aborted');
    bench.upstream.onRequest(async (_request, connection) => {
      await connection.send(renderHead('HTTP/1.1 200 OK', [...EVENTS, ...CHUNKED]), chunk(': wait\n\n'));
      await connection.closed;
    });
    const caller = await bench.caller();

    await caller.send(renderRequest(CHAT));
    await bench.asked(1);
    await bench.settled();
    caller[leave]();

    await bench.upstream.abandoned();
  });

  test('R41 during back-off → no further attempt starts', async () => {
    await bench.start({ random: { next: () => 0.999 } });
    bench.expectEnds('client_aborted');
    bench.upstream.onConnection((connection) => connection.reset());
    const caller = await bench.caller();

    await caller.send(renderRequest(CHAT));
    await waitUntil(
      () => bench.upstream.connectionsAccepted === 1,
      () => 'the first attempt',
    );
    await bench.settled();
    caller[leave]();

    const [record] = await bench.rotato.recorded(1);
    expect(record?.attempts).toHaveLength(1);
    // Longer than the back-off would have been.
    await bench.settled(300);
    expect(bench.upstream.connectionsAccepted).toBe(1);
  });

  test('R41 waiting for a key → it never gets one', async () => {
    await bench.start({
      provider: {
        keys: keysFrom(0, 1).map((key) => ({ ...key, limits: [{ concurrent: 1 }] })),
      },
    });
    bench.expectEnds('client_aborted', 'served');
    const cue = Promise.withResolvers<void>();
    bench.upstream.onRequest(async (_request, connection) => {
      await cue.promise;
      await connection.send('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    });
    const [first, second] = [await bench.caller(), await bench.caller()];

    await first.send(renderRequest(CHAT));
    await bench.asked(1);
    await second.send(renderRequest(CHAT));
    await bench.settled();
    second[leave]();
    await bench.rotato.recorded(1);
    cue.resolve();

    expect((await first.reply()).text).toBe('ok');
    expect(bench.upstream.requests).toHaveLength(1);
  });
});

describe('R41 among others', () => {
  test('R41 one caller of many leaves → the others are served', async () => {
    // With a limit that is known, the pool lets all of them out at once.
    await bench.start({ provider: { keys: keysFrom(0, 1).map((key) => ({ ...key, limits: [{ rpm: 1000 }] })) } });
    bench.expectEnds('client_aborted', ...Array.from({ length: 9 }, () => 'served' as const));
    const cue = Promise.withResolvers<void>();
    bench.upstream.onRequest(async (_request, connection) => {
      await connection.send(renderHead('HTTP/1.1 200 OK', [...EVENTS, ...CHUNKED]), chunk(EVENT));
      await cue.promise;
      await connection.send(LAST_CHUNK);
    });
    const callers = await Promise.all(Array.from({ length: 10 }, () => bench.caller()));

    for (const caller of callers) await caller.send(renderRequest(CHAT));
    await Promise.all(callers.map((caller) => caller.seen('one')));
    callers[4]?.reset();
    await bench.rotato.recorded(1);
    cue.resolve();

    const others = await Promise.all(callers.filter((_caller, at) => at !== 4).map((caller) => caller.reply()));
    expect(others.map(({ body }) => body.complete)).toEqual(others.map(() => true));
  });
});

describe('R42 half-close', () => {
  test('R42 FIN right behind a whole request counts as hanging up → no answer, the upstream is left as well', async () => {
    await bench.start();
    bench.expectEnds('client_aborted');
    bench.upstream.onRequest((_request, { closed }) => closed);
    const caller = await bench.caller();

    await caller.send(renderRequest(CHAT));
    caller.finish();

    expect(await caller.ended()).toBe('finished');
    expect(caller.receivedBytes).toBe(0);
    await bench.upstream.abandoned();
  });
});
