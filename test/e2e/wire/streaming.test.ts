import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { constants, createGzip } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningRotato, startTestRotato } from '../../support/running-rotato.ts';

const CHUNKS = 12;
const EVERY_MS = 20;

/** What one test saw, in the order in which it happened, on both sides of rotato. */
let happened: string[] = [];

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
  happened.push('head sent');
  for (let at = 0; at < CHUNKS; at++) {
    await sleep(EVERY_MS);
    happened.push(`sent ${at}`);
    (gzip ?? reply).write(chunk(at));
  }
  (gzip ?? reply).end();
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
  happened = [];
  const reply = await fetch(`${rotato.url}${path}?kind=${encodeURIComponent(kind)}`, {
    method,
    ...(method === 'POST' && { body: '{"model":"m","stream":true}', headers: { 'content-type': 'application/json' } }),
  });
  happened.push('head arrived');
  let text = '';
  let arrived = 0;
  for await (const bytes of reply.body ?? []) {
    text += Buffer.from(bytes).toString('utf8');
    while (arrived < CHUNKS && text.includes(chunk(arrived))) happened.push(`arrived ${arrived++}`);
  }
  expect(text).toBe(Array.from({ length: CHUNKS }, (_, at) => chunk(at)).join(''));
  for (let at = 0; at + 2 < CHUNKS; at++) {
    expect(happened.indexOf(`arrived ${at}`), `chunk ${at} in ${happened}`).toBeLessThan(
      happened.indexOf(`sent ${at + 2}`),
    );
  }
  expect(happened.filter((event) => event.startsWith('arrived'))).toHaveLength(CHUNKS);
});

it.each([
  // A stream of events that may begin with an error is held for its first event; everything else is not held at all.
  ['/openai/audio/speech', 'audio/mpeg', 'sent 0'],
  ['/groq/chat/completions', 'text/event-stream', 'sent 0'],
  ['/openai/chat/completions', 'application/json', 'sent 0'],
  ['/openai/chat/completions', 'text/event-stream', 'sent 2'],
])('%s, %s: the head arrives before the upstream has %s', async (path, kind, later) => {
  happened = [];
  const reply = await fetch(`${rotato.url}${path}?kind=${encodeURIComponent(kind)}`, { method: 'POST' });
  happened.push('head arrived');
  await reply.arrayBuffer();
  expect(happened.indexOf('head arrived'), String(happened)).toBeLessThan(happened.indexOf(later));
});
