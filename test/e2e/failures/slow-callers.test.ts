import { describe, expect, test } from 'vitest';
import { CHAT, failureBench } from '../../support/failure-bench.ts';
import { FULL_SIZE } from '../../support/full-size.ts';
import { MemoryWatch } from '../../support/memory-watch.ts';
import type { RawClient } from '../../support/raw-client.ts';
import { renderHead, renderRequest } from '../../support/render-message.ts';
import { waitUntil } from '../../support/wait-until.ts';

const bench = failureBench();

const MB = 1024 * 1024;

describe('R43 callers that do not read', () => {
  /** Answers with `size` bytes and counts what was handed over. */
  function pour(size: number): () => number {
    let sent = 0;
    const piece = Buffer.alloc(MB / 8, 'x');
    bench.upstream.onRequest(async (_request, connection) => {
      await connection.send(renderHead('HTTP/1.1 200 OK', ['content-length', String(size)]));
      for (; sent < size; sent += piece.length) await connection.send(piece);
    });
    return () => sent;
  }

  test('R43 reads nothing of 200 MB → the upstream is no longer read, memory stays flat, cut off after the stall timeout', async () => {
    await bench.start({ file: { limits: { clientStall: '500ms' } } });
    bench.expectEnds('client_stall');
    const sent = pour(200 * MB);
    const memory = new MemoryWatch();
    const caller = await bench.caller();

    await caller.send(renderRequest(CHAT));
    caller.hold();
    await bench.upstream.abandoned();

    // What is underway is in the hands of four kernel buffers.
    expect(sent()).toBeLessThan(32 * MB);
    expect(memory.peakMb()).toBeLessThan(10);
  });

  test('R43 pauses for longer than the timeout, which is off → the rest of the answer afterwards', async () => {
    await bench.start({ file: { limits: { clientStall: '0' } } });
    bench.expectEnds('served');
    const sent = pour(32 * MB);
    const caller = await bench.caller();

    await caller.send(renderRequest(CHAT));
    caller.hold();
    await bench.settled(600);
    expect(sent()).toBeLessThan(32 * MB);
    caller.release();

    expect((await caller.reply({ discard: true })).body).toMatchObject({ length: 32 * MB, complete: true });
  });

  test('R43 reads slowly, with pauses shorter than the timeout → the whole answer', async () => {
    await bench.start({ file: { limits: { clientStall: '1s' } } });
    bench.expectEnds('served');
    pour(32 * MB);
    const caller = await bench.caller();

    await caller.send(renderRequest(CHAT));
    const reply = caller.reply({ discard: true });
    for (let pauses = 0; pauses < 10; pauses++) {
      caller.hold();
      await bench.settled(150);
      caller.release();
      await bench.settled(1);
    }

    expect((await reply).body).toMatchObject({ length: 32 * MB, complete: true });
  });
});

describe('R44 callers that do not write', () => {
  const timeouts = { headersMs: 300, bodyIdleMs: 300 };

  test('R44 headers that come too slowly → 408, cut off', async () => {
    await bench.start({ callerTimeouts: timeouts });
    bench.expectEnds('refused');
    const caller = await bench.caller();

    await caller.send('POST /openai/chat/completions HTTP/1.1\r\nhost: localhost\r\n');
    for (let nth = 0; nth < 30 && caller.over === null; nth++) {
      await caller.send(`x-${nth}: slow\r\n`);
      await bench.settled(50);
    }

    const reply = await caller.reply();
    expect(reply.status).toBe(408);
    expect(await caller.ended()).toBe('finished');
  });

  test.each([
    ['short, read whole', renderHead('POST /openai/x HTTP/1.1', ['host', 'localhost', 'content-length', '100']), 0],
    ['long, streamed', renderHead('POST /openai/x HTTP/1.1', ['host', 'localhost', 'content-length', String(MB)]), 1],
  ])('R44 a body, %s, that stops → 400, cut off, the upstream is left', async (_name, head, connections) => {
    await bench.start({ callerTimeouts: timeouts });
    bench.expectEnds('refused');
    const caller = await bench.caller();

    await caller.send(head);
    await caller.send('x'.repeat(connections === 0 ? 10 : 100_000));

    const reply = await caller.reply();
    expect(reply.status).toBe(400);
    expect(reply.text).toContain('No byte of the body arrived');
    await bench.upstream.abandoned();
    expect(bench.upstream.connectionsAccepted).toBe(connections);
    // The rest of the body is waited for, for two seconds: once is enough to see that it ends.
    if (connections === 0) expect(await caller.ended()).toBe('finished');
  });

  test(
    'R44 a steady slow upload, many times as long as the timeouts → served',
    async () => {
      await bench.start({ callerTimeouts: timeouts });
      bench.expectEnds('served');
      const caller = await bench.caller();
      const steps = FULL_SIZE ? 20_000 : 25;

      const body = 'x'.repeat(steps);
      await caller.send(renderHead('POST /openai/x HTTP/1.1', ['host', 'localhost', 'content-length', String(steps)]));
      for (const byte of body) {
        await caller.send(byte);
        await bench.settled(60);
      }

      expect((await caller.reply()).status).toBe(200);
      expect(bench.upstream.requests[0]?.body.length).toBe(steps);
    },
    FULL_SIZE ? 30 * 60_000 : 20_000,
  );

  test('R44 connections that never say anything → closed without a word, without a record; others are served', async () => {
    await bench.start({ callerTimeouts: timeouts });
    bench.expectEnds('served');
    const silent: RawClient[] = [];
    // No more at a time than the kernel holds for a server that has not accepted them yet.
    while (silent.length < (FULL_SIZE ? 5_000 : 300)) {
      silent.push(...(await Promise.all(Array.from({ length: 100 }, () => bench.caller()))));
    }

    expect((await bench.ask()).status).toBe(200);

    await waitUntil(
      () => silent.every(({ over }) => over !== null),
      () => 'all of them to be closed',
      30_000,
    );
    expect(silent.map(({ receivedBytes }) => receivedBytes)).toEqual(silent.map(() => 0));
  }, 60_000);
});
