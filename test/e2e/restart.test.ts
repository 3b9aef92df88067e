import { mkdtempSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FileShape, startTestRotato } from '../support/running-rotato.ts';

const KEYS = ['sk-first-0123456789', 'sk-second-0123456789'];

describe('a restart', () => {
  let upstream: Server;
  let requests: { key: string; target: string }[];
  let answer: (key: string) => { status: number; headers?: Record<string, string>; body: object };
  let file: FileShape;
  let folder: string;

  beforeEach(async () => {
    requests = [];
    answer = () => ({ status: 200, body: {} });
    upstream = createServer((request, reply) => {
      const key = request.headers.authorization?.replace('Bearer ', '') ?? '';
      requests.push({ key, target: request.url ?? '' });
      const { status, headers, body } = answer(key);
      reply.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    folder = mkdtempSync(join(tmpdir(), 'rotato-restart-'));
    file = {
      providers: {
        openai: {
          baseUrl: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`,
          allowPrivateAddress: true,
          keys: KEYS.map((key) => ({ key })),
        },
      },
    };
  });

  afterEach(() => {
    upstream.close();
  });

  const keysUsed = () => requests.map(({ key }) => key);

  it('does not ask a resting key again before its time', async () => {
    answer = (key) =>
      key === KEYS[0]
        ? { status: 429, headers: { 'retry-after': '600' }, body: { error: { code: 'rate_limit_exceeded' } } }
        : { status: 200, body: {} };
    const before = await startTestRotato(file, { folder });
    for (let nth = 0; nth < 3; nth++) expect((await chat(before.url)).status).toBe(200);
    await before.close();
    expect(keysUsed().filter((key) => key === KEYS[0])).toHaveLength(1);

    const after = await startTestRotato(file, { folder });
    for (let nth = 0; nth < 4; nth++) expect((await chat(after.url)).status).toBe(200);
    await after.close();
    expect(keysUsed().filter((key) => key === KEYS[0])).toHaveLength(1);
  });

  it('still knows in which organisation a file lives', async () => {
    answer = () => ({ status: 200, body: { id: 'file-kept-over-restarts', object: 'file' } });
    const before = await startTestRotato(file, { folder });
    await fetch(`${before.url}/openai/files`, { method: 'POST', body: 'x' });
    await before.close();
    const [home] = keysUsed();

    const after = await startTestRotato(file, { folder });
    for (let nth = 0; nth < 10; nth++) await fetch(`${after.url}/openai/files/file-kept-over-restarts`);
    await after.close();
    expect(new Set(keysUsed())).toEqual(new Set([home]));
  });
});

function chat(url: string): Promise<Response> {
  return fetch(`${url}/openai/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"model":"gpt-4o"}',
  });
}
