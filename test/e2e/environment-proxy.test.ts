import { createServer, request as forwardRequest, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { type RunningRotato, startTestRotato } from '../support/running-rotato.ts';
import { certificate, trustTestAuthority } from '../support/test-certificates.ts';

/** `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` are how machines behind a firewall reach anything at all. */
describe('a proxy named in the environment', () => {
  let upstream: Server;
  let secure: ReturnType<typeof createTlsServer>;
  let proxy: Server;
  let rotato: RunningRotato | null = null;
  /** What the proxy was asked to reach. */
  let asked: string[];
  let served: number;

  beforeEach(async () => {
    asked = [];
    served = 0;
    const answer: Parameters<typeof createServer>[1] = (_request, reply) => {
      served++;
      reply.writeHead(200, { 'content-type': 'application/json' }).end('{"object":"list","data":[]}');
    };
    upstream = createServer(answer);
    secure = createTlsServer(certificate('valid'), answer);
    const sockets = new WebSocketServer({ server: secure });
    sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
    proxy = createServer((request, reply) => {
      asked.push(new URL(request.url ?? '').host);
      const { method, headers } = request;
      request.pipe(
        forwardRequest(request.url ?? '', { method: method ?? 'GET', headers }, (answer) => {
          reply.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(reply);
        }),
      );
    });
    proxy.on('connect', (request, caller) => {
      asked.push(request.url ?? '');
      // Only the proxy knows where the name leads: rotato cannot resolve it.
      const target = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
        caller.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        target.pipe(caller).pipe(target);
      });
      for (const socket of [caller, target]) socket.on('error', () => {});
    });
    await Promise.all(
      [upstream, secure, proxy].map((server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done))),
    );
  });

  afterEach(async () => {
    await rotato?.close();
    rotato = null;
    for (const server of [upstream, secure, proxy]) {
      server.closeAllConnections();
      server.close();
    }
  });

  const start = async (environment: Record<string, string>, baseUrl = `http://127.0.0.1:${portOf(upstream)}/v1`) => {
    rotato = await startTestRotato(
      {
        providers: {
          openai: {
            baseUrl,
            allowPrivateAddress: true,
            keys: [{ key: 'sk-test-0123456789' }],
          },
        },
      },
      { env: environment },
    );
    return rotato;
  };

  const secureUrl = () => `https://provider.test:${portOf(secure)}/v1`;

  it('carries requests to the upstream', async () => {
    const { url } = await start({ HTTP_PROXY: `http://127.0.0.1:${portOf(proxy)}` });
    expect((await fetch(`${url}/openai/models`)).status).toBe(200);
    expect(served).toBe(1);
    expect(asked).toEqual([`127.0.0.1:${portOf(upstream)}`]);
  });

  it('carries requests to an upstream behind TLS, which stays between rotato and the upstream', async () => {
    trustTestAuthority();
    const { url } = await start({ HTTPS_PROXY: `http://127.0.0.1:${portOf(proxy)}` }, secureUrl());
    expect((await fetch(`${url}/openai/models`)).status).toBe(200);
    expect(served).toBe(1);
    expect(asked).toEqual([`provider.test:${portOf(secure)}`]);
  });

  it('carries WebSockets behind TLS', async () => {
    trustTestAuthority();
    const { url } = await start({ https_proxy: `http://127.0.0.1:${portOf(proxy)}` }, secureUrl());
    const socket = new WebSocket(`${url.replace('http', 'ws')}/openai/realtime`);
    const echoed = await new Promise((resolve, reject) => {
      socket.on('open', () => socket.send('hello'));
      socket.on('message', (data) => resolve(String(data)));
      socket.on('error', reject);
    });
    expect(echoed).toBe('hello');
    expect(asked).toEqual([`provider.test:${portOf(secure)}`]);
    socket.terminate();
  });

  it('is passed by for what NO_PROXY names', async () => {
    const { url } = await start({ HTTP_PROXY: `http://127.0.0.1:${portOf(proxy)}`, NO_PROXY: '127.0.0.1' });
    expect((await fetch(`${url}/openai/models`)).status).toBe(200);
    expect(served).toBe(1);
    expect(asked).toEqual([]);
  });
});

function portOf(server: Pick<Server, 'address'>): number {
  return (server.address() as AddressInfo).port;
}
