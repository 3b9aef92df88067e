import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { constants, createGzip } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningRotato, startTestRotato } from '../../support/running-rotato.ts';
import { waitUntil } from '../../support/wait-until.ts';

const CHUNKS = 12;
const EVERY_MS = 20;
/** How far the upstream goes ahead of what has arrived; where something held chunks back, it would wait for ever. */
const AHEAD = 2;

/** What one test has seen so far. */
let seen = { head: false, chunks: 0 };
/** What the upstream waits for before its first chunk. */
let headFirst = false;

const server = createServer((request, reply) => {
  const [, kind = ''] = (request.url ?? '').split('=');
  void answer(reply, decodeURIComponent(kind));
});
let rotato: RunningRotato;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = (preset: string) => ({ preset, baseUrl, allowPrivateAddress: true, keys: [{ key: 'sk-a' }] });
  rotato = await startTestRotato({
    providers: { openai: provider('openai'), anthropic: provider('anthropic'), groq: provider('groq') },
  });
});
afterAll(async () => {
  await rotato.close();
  server.close();
  server.closeAllConnections();
});

/** The nth chunk; recognisable, and for a stream of events one event. */
function chunk(at: number): string {
  return `data: {"n":${at}}\n\n`;
}

async function answer(reply: ServerResponse, kind: string): Promise<void> {
  const gzip = kind.endsWith('+gzip') ? createGzip({ flush: constants.Z_SYNC_FLUSH }) : null;
  gzip?.pipe(reply);
  const type = kind.replace('+gzip', '');
  reply.writeHead(200, { 'content-type': type, ...(gzip !== null && { 'content-encoding': 'gzip' }) });
  reply.flushHeaders();
  try {
    if (headFirst) await arrived('the head', () => seen.head);
    for (let at = 0; at < CHUNKS; at++) {
      await sleep(EVERY_MS);
      await arrived(`chunk ${at - AHEAD}`, () => seen.chunks > at - AHEAD);
      (gzip ?? reply).write(chunk(at));
    }
    (gzip ?? reply).end();
  } catch (error) {
    reply.destroy(error as Error);
  }
}

function arrived(what: string, isThere: () => boolean): Promise<void> {
  return waitUntil(isThere, () => `${what} to arrive before more is sent`, 5_000);
}

it.each([
  ['POST', '/openai/chat/completions', 'text/event-stream; charset=utf-8'],
  ['POST', '/openai/chat/completions', 'text/event-stream+gzip'],
  ['GET', '/openai/responses/resp_1', 'text/event-stream'],
  ['POST', '/anthropic/messages', 'text/event-stream; charset=utf-8'],
  ['POST', '/groq/chat/completions', 'text/event-stream'],
  ['POST', '/openai/audio/speech', 'audio/mpeg'],
  ['POST', '/openai/audio/transcriptions', 'application/json'],
  ['GET', '/openai/files/file_1/content', 'application/x-ndjson'],
  ['POST', '/openai/chat/completions', 'text/plain+gzip'],
])('%s %s, %s: each chunk as it comes', async (method, path, kind) => {
  seen = { head: false, chunks: 0 };
  headFirst = false;
  const reply = await fetch(`${rotato.url}${path}?kind=${encodeURIComponent(kind)}`, {
    method,
    ...(method === 'POST' && { body: '{"model":"m","stream":true}', headers: { 'content-type': 'application/json' } }),
  });
  let text = '';
  for await (const bytes of reply.body ?? []) {
    text += Buffer.from(bytes).toString('utf8');
    while (seen.chunks < CHUNKS && text.includes(chunk(seen.chunks))) seen.chunks++;
  }
  expect(text).toBe(Array.from({ length: CHUNKS }, (_, at) => chunk(at)).join(''));
});

it.each([
  // Only a stream of events that may begin with an error is held, and that for its first event.
  ['/openai/audio/speech', 'audio/mpeg'],
  ['/openai/chat/completions', 'application/json'],
  ['/groq/chat/completions', 'text/event-stream'],
])('%s, %s: the head as it comes', async (path, kind) => {
  seen = { head: false, chunks: CHUNKS };
  headFirst = true;
  const reply = await fetch(`${rotato.url}${path}?kind=${encodeURIComponent(kind)}`, { method: 'POST' });
  seen.head = true;
  expect((await reply.text()).length).toBe(chunk(0).length * 10 + chunk(10).length * 2);
});
