import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CANARY_KEYS, findLeaks } from './canary.ts';
import { CHAT, FailureBench } from './failure-bench.ts';
import { RawClient } from './raw-client.ts';
import { renderRequest, renderResponse } from './render-message.ts';
import { FINE_ANSWER, FINE_BODY } from './scripted-upstream.ts';

const IMPATIENCE_MS = 150;

describe('what is checked after every failure', () => {
  let bench: FailureBench;
  let cleanUp: () => void;

  beforeEach(async () => {
    bench = new FailureBench(IMPATIENCE_MS);
    cleanUp = () => {};
    bench.open();
    await bench.start();
  });

  afterEach(() => cleanUp());

  it('is content with one request that was served', async () => {
    bench.expectEnds('served');
    expect(await bench.ask()).toMatchObject({ status: 200, text: FINE_BODY });
    await bench.close();
  });

  it('notices a record that nobody expected', async () => {
    await bench.ask();
    await bench.rotato.recorded(1);
    await expect(bench.close()).rejects.toThrow("[ 'served' ] to deeply equal []");
  });

  it('notices a record that is missing', async () => {
    bench.expectEnds('served');
    await expect(bench.close()).rejects.toThrow('in vain for 1 records');
  });

  it('notices another end than was expected', async () => {
    bench.expectEnds('upstream_closed');
    await bench.ask();
    await expect(bench.close()).rejects.toThrow("to deeply equal [ 'upstream_closed' ]");
  });

  it('notices a part of a key in what a caller got', async () => {
    bench.expectEnds('served');
    const part = CANARY_KEYS[0].slice(-9);
    bench.upstream.onRequest((_request, connection) => connection.send(renderResponse({ body: `ends in ${part}` })));
    await bench.ask();
    await expect(bench.close()).rejects.toThrow('keys that a caller saw');
  });

  it('notices an upstream that is not let go of', async () => {
    bench.upstream.onRequest((_request, { closed }) => closed);
    const stranger = await RawClient.connect(bench.upstream.port);
    cleanUp = () => stranger.leave();
    await stranger.send(renderRequest(CHAT));
    await bench.asked(1);
    await expect(bench.close()).rejects.toThrow('1 connections are still busy');
  });

  it('notices a socket that is left open', async () => {
    const stranger = await RawClient.connect(bench.rotato.port);
    cleanUp = () => stranger.leave();
    await expect(bench.close()).rejects.toThrow('in vain for rest: at most {"sockets":0');
  });

  it('notices timers that are left running', async () => {
    const timers = [1, 2].map(() => setTimeout(() => {}, 60_000));
    cleanUp = () => timers.forEach(clearTimeout);
    await expect(bench.close()).rejects.toThrow('"timers":');
  });

  it('notices a next request that is not served', async () => {
    await bench.upstream.close();
    await expect(bench.close()).rejects.toThrow('the next request');
  });

  it('notices a failure inside a script', async () => {
    bench.expectEnds('served');
    bench.upstream.onRequest(async (_request, connection) => {
      await connection.send(FINE_ANSWER);
      throw new Error('not as planned');
    });
    await bench.ask();
    await expect(bench.close()).rejects.toThrow('failures of the script');
  });

  it('notices an error that nobody caught', async () => {
    // Told directly: a real one would end this run, which is the point of noticing it.
    const listeners = process.listeners('unhandledRejection');
    const tell = listeners.at(-1) as (error: unknown) => void;
    tell(new Error('overlooked'));
    await expect(bench.close()).rejects.toThrow('errors that nobody caught');
  });
});

describe('leaks', () => {
  const [key] = CANARY_KEYS;

  it.each([
    ['the whole key', `"${key}"`, 1],
    ['nine characters from its middle', key.slice(15, 24), 1],
    ['eight characters', key.slice(15, 23), 0],
    ["its vendor's prefix", 'sk-proj-********', 0],
    ['a masked key with its last four', `sk-proj-****${key.slice(-4)}`, 0],
  ])('%s', (_what, text, leaks) => {
    expect(findLeaks(`before ${text} after`, [key])).toHaveLength(leaks);
  });
});

describe('a caller', () => {
  it('tells an answer that was cut from a whole one', async () => {
    const bench = new FailureBench(IMPATIENCE_MS);
    bench.open();
    await bench.start();
    bench.upstream.onRequest(async (_request, connection) => {
      await connection.send('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfive!');
      await sleep(10);
      connection.finish();
    });
    await using caller = await RawClient.connect(bench.upstream.port);
    await caller.send(renderRequest(CHAT));

    expect((await caller.reply()).body).toMatchObject({ length: 5, complete: false });
    caller.leave();
    await bench.close();
  });
});
