import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../../support/browser.ts';
import { type RunningRotato, startTestRotato } from '../../support/running-rotato.ts';

/**
 * rotato is open on loopback by default, and the operator's browser is on loopback too. Whatever a page of a stranger
 * does there, not one byte may reach an upstream.
 */
describe('a hostile page in a real browser', () => {
  let browser: Browser;
  let upstream: Server;
  let stranger: Server;
  let friend: Server;
  let rotato: RunningRotato;
  let page: Page;
  let upstreamConnections = 0;

  beforeAll(async () => {
    upstream = createServer((_request, reply) => {
      reply.writeHead(200, { 'content-type': 'application/json' }).end('{"object":"list","data":[]}');
    });
    upstream.on('connection', () => upstreamConnections++);
    stranger = createServer((_request, reply) =>
      reply.writeHead(200, { 'content-type': 'text/html' }).end('<body></body>'),
    );
    friend = createServer((_request, reply) =>
      reply.writeHead(200, { 'content-type': 'text/html' }).end('<body></body>'),
    );
    await Promise.all([upstream, stranger, friend].map(listen));
    rotato = await startTestRotato({
      cors: [`http://friend.test:${portOf(friend)}`],
      providers: {
        openai: {
          preset: 'openai',
          baseUrl: `http://127.0.0.1:${portOf(upstream)}/v1`,
          allowPrivateAddress: true,
          keys: [{ key: 'sk-canary-0123456789abcdef' }],
        },
      },
    });
    browser = await launchBrowser(['evil.test', 'friend.test', 'rebound.test']);
    page = await browser.newPage();
    await page.goto(`http://evil.test:${portOf(stranger)}/`);
  });

  afterEach(() => {
    upstreamConnections = 0;
  });

  afterAll(async () => {
    await browser?.close();
    await rotato?.close();
    for (const server of [upstream, stranger, friend]) server.close();
  });

  const chat = () => `${rotato.url}/openai/chat/completions`;

  it('cannot fetch, with any mode or method that needs no preflight', async () => {
    const results = await page.evaluate(async (url) => {
      const tries = [
        fetch(url, { method: 'POST', body: '{"model":"gpt-4o"}' }),
        fetch(url, { method: 'POST', body: '{"model":"gpt-4o"}', mode: 'no-cors' }),
        fetch(url, { mode: 'no-cors' }),
        fetch(url, { method: 'HEAD' }),
      ];
      return Promise.all(
        tries.map((attempt) =>
          attempt.then(
            (reply) => reply.type,
            (error) => String(error.name),
          ),
        ),
      );
    }, chat());
    expect(results).toEqual(['TypeError', 'opaque', 'opaque', 'TypeError']);
    expect(upstreamConnections).toBe(0);
  });

  it('cannot fetch with headers or a content type that ask for a preflight', async () => {
    const outcome = await page.evaluate(
      (url) =>
        fetch(url, {
          method: 'POST',
          body: '{"model":"gpt-4o"}',
          headers: { 'content-type': 'application/json', authorization: 'Bearer x' },
        }).then(
          () => 'answered',
          () => 'refused',
        ),
      chat(),
    );
    expect(outcome).toBe('refused');
    expect(upstreamConnections).toBe(0);
  });

  it('cannot post a form, as text or multipart', async () => {
    for (const enctype of ['text/plain', 'multipart/form-data', 'application/x-www-form-urlencoded']) {
      const visitor = await browser.newPage();
      await visitor.goto(`http://evil.test:${portOf(stranger)}/`);
      const [answer] = await Promise.all([
        visitor.waitForResponse((response) => response.url() === chat()),
        visitor.evaluate(
          ({ url, encoding }) => {
            const form = document.createElement('form');
            Object.assign(form, { action: url, method: 'post', enctype: encoding });
            const field = document.createElement('input');
            Object.assign(field, { name: '{"model":"gpt-4o","x":"', value: '"}' });
            form.append(field);
            document.body.append(form);
            form.submit();
          },
          { url: chat(), encoding: enctype },
        ),
      ]);
      expect(answer.status()).toBe(403);
      await visitor.close();
    }
    expect(upstreamConnections).toBe(0);
  });

  it('cannot open a WebSocket', async () => {
    const url = chat().replace('http:', 'ws:').replace('/chat/completions', '/realtime');
    const outcome = await page.evaluate(
      (address) =>
        new Promise((resolve) => {
          const socket = new WebSocket(address, ['realtime']);
          socket.onopen = () => resolve('open');
          socket.onerror = () => resolve('refused');
        }),
      url,
    );
    expect(outcome).toBe('refused');
    expect(upstreamConnections).toBe(0);
  });

  it('cannot use images, scripts, frames, beacons or event sources', async () => {
    await page.evaluate(async (url) => {
      const load = (element: HTMLElement) =>
        new Promise((resolve) => {
          element.onload = resolve;
          element.onerror = resolve;
          document.body.append(element);
        });
      navigator.sendBeacon(url, '{"model":"gpt-4o"}');
      await Promise.all([
        load(Object.assign(document.createElement('img'), { src: url })),
        load(Object.assign(document.createElement('script'), { src: url })),
        load(Object.assign(document.createElement('iframe'), { src: url })),
        new Promise((resolve) => {
          const source = new EventSource(url);
          source.onerror = () => resolve(source.close());
        }),
      ]);
    }, chat());
    expect(upstreamConnections).toBe(0);
  });

  it('cannot rebind its own name to this machine', async () => {
    const visitor = await browser.newPage();
    const answer = await visitor.goto(`http://rebound.test:${rotato.port}/openai/models`);
    expect(answer?.status()).toBe(421);
    // The document now is of the very origin it calls, so the browser has no reason to hold anything back.
    const statuses = await visitor.evaluate(async () => {
      const post = await fetch('/openai/chat/completions', { method: 'POST', body: '{"model":"gpt-4o"}' });
      const get = await fetch('/openai/models');
      return [post.status, get.status];
    });
    expect(statuses).toEqual([421, 421]);
    await visitor.close();
    expect(upstreamConnections).toBe(0);
  });

  it('while a page of a configured origin may call, preflight and all', async () => {
    const visitor = await browser.newPage();
    await visitor.goto(`http://friend.test:${portOf(friend)}/`);
    const reply = await visitor.evaluate(async (url) => {
      const answer = await fetch(url, {
        method: 'POST',
        body: '{"model":"gpt-4o"}',
        headers: { 'content-type': 'application/json', authorization: 'Bearer x' },
      });
      return { status: answer.status, id: answer.headers.get('x-rotato-request-id'), body: await answer.json() };
    }, chat());
    expect(reply.status).toBe(200);
    expect(reply.id).toMatch(/^[0-9a-f]{32}$/);
    expect(reply.body).toEqual({ object: 'list', data: [] });
    expect(upstreamConnections).toBe(1);
    await visitor.close();
  });
});

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
