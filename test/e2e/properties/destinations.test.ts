import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HeaderList } from '../../../src/model/header-list.ts';
import { RawClient } from '../../support/raw-client.ts';
import { type RunningRotato, startTestRotato } from '../../support/running-rotato.ts';

const SEED = 20_251_121;
const REQUESTS = 10_000;
const CONNECTIONS = 32;

interface Listener {
  readonly server: Server;
  readonly port: number;
  readonly requests: IncomingMessage[];
  connections: number;
}

async function listen(): Promise<Listener> {
  const requests: IncomingMessage[] = [];
  const server = createServer({ maxHeaderSize: 512 * 1024, keepAliveTimeout: 60_000 }, (request, reply) => {
    requests.push(request);
    request.resume().once('end', () => reply.writeHead(200, { 'content-length': '0' }).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const listener = { server, port: (server.address() as AddressInfo).port, requests, connections: 0 };
  server.on('connection', () => listener.connections++);
  server.on('upgrade', (request: IncomingMessage, socket) => {
    requests.push(request);
    socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n');
  });
  return listener;
}

/** Two providers that are configured, and two that nobody configured. */
let alpha: Listener;
let beta: Listener;
let decoys: readonly Listener[];
let rotato: RunningRotato;
/** Every port that a connection of this process was opened to. */
const dialled = new Set<number | undefined>();

/** Every client socket of this process announces itself here, whoever opens it. */
const noteSocket = (message: unknown) => {
  const { socket } = message as { socket: Socket };
  socket.once('connect', () => dialled.add(socket.remotePort));
};

beforeAll(async () => {
  alpha = await listen();
  beta = await listen();
  decoys = [await listen(), await listen()];
  subscribe('net.client.socket', noteSocket);
  const provider = (name: string, { port }: Listener, path: string) => ({
    preset: 'openai',
    baseUrl: `http://127.0.0.1:${port}${path}`,
    allowPrivateAddress: true,
    keys: [{ key: `sk-${name}` }],
  });
  rotato = await startTestRotato({
    providers: { alpha: provider('alpha', alpha, '/v1'), beta: provider('beta', beta, '/api/v1') },
  });
});
afterAll(async () => {
  unsubscribe('net.client.socket', noteSocket);
  await rotato.close();
  for (const { server } of [alpha, beta, ...decoys]) {
    server.close();
    server.closeAllConnections();
  }
});

interface HostileRequest {
  readonly method: string;
  /** Of its parts, `DECOY` becomes the address of one. */
  readonly target: string;
  readonly host: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

const OWN_HOST = 'localhost';
/** Names of this machine are answered to, whatever port they come with; a decoy is on this machine. */
const ANSWERED_HOSTS = [OWN_HOST, '[::1]', 'DECOY', '127.0.0.1:1'];
const decoyAddress = fc.constantFrom(
  'DECOY',
  'DECOY.evil.example',
  'user:pass@DECOY',
  'localhost',
  '[::1]',
  '0x7f000001',
);
const provider = fc.constantFrom(
  'alpha',
  'ALPHA',
  'AlPhA',
  'beta',
  'Beta',
  'bETA',
  'gamma',
  '',
  '.',
  'alpha.',
  'alpha%00',
  '%61lpha',
);
/** What a path may hold, however much it looks like another address. */
const harmlessPiece = fc.oneof(
  fc.constantFrom('/', '//', '/v1', '/v2beta', '/.', '%2F', '?', '?key=k', '&key=x', ';', ':80', '@DECOY', '..%2F'),
  fc.constantFrom('/@DECOY/', '//DECOY/', '/http://DECOY/', '?url=http://DECOY/', '/DECOY', ':x@DECOY', '?..', '/...'),
  fc.stringMatching(/^[\w~!$&'()*+,=:;@.-]{1,6}$/),
);
/** And what it may not, or what is no HTTP at all. */
const harmfulPiece = fc.oneof(
  fc.constantFrom('/..', '/%2e%2e', '\\', '#', '#@DECOY', '%00', '%0d%0aHost:%20DECOY', '/../../DECOY', '|', '"'),
  fc.string({ unit: 'grapheme-ascii', maxLength: 6 }),
);
const pieces = (piece: fc.Arbitrary<string>) => fc.array(piece, { maxLength: 6 }).map((parts) => parts.join(''));
const rest = fc.oneof(
  { arbitrary: pieces(harmlessPiece), weight: 3 },
  { arbitrary: pieces(fc.oneof(harmlessPiece, harmfulPiece)), weight: 1 },
);
const target = fc.oneof(
  { arbitrary: fc.tuple(provider, rest).map(([name, path]) => `/${name}/${path}`), weight: 6 },
  { arbitrary: fc.tuple(provider, rest).map(([name, path]) => `/${name}${path}`), weight: 2 },
  {
    arbitrary: fc
      .tuple(fc.constantFrom('http:', 'https:', 'ws:', 'HTTP:', 'file:', ''), decoyAddress, provider, rest)
      .map(([scheme, address, name, path]) => `${scheme}//${address}/${name}${path}`),
    weight: 3,
  },
  { arbitrary: fc.constantFrom('DECOY', '*', 'DECOY:443', '/', '//', '/..', '/admin', '/healthz'), weight: 1 },
);
const method = fc.oneof(
  { arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'), weight: 8 },
  { arbitrary: fc.constantFrom('CONNECT', 'TRACE', 'PROPFIND', 'get', 'PURGE', 'M-SEARCH'), weight: 1 },
);
const host = fc.oneof(
  { arbitrary: fc.constant(OWN_HOST), weight: 8 },
  { arbitrary: decoyAddress, weight: 2 },
  {
    arbitrary: fc.constantFrom('', 'localhost, DECOY', 'localhost@DECOY', 'localhost#DECOY', '127.0.0.1:1'),
    weight: 1,
  },
);
const headerValue = fc.constantFrom('DECOY', 'http://DECOY/v1', 'for=DECOY;host=DECOY', 'keep-alive', 'Host', 'x');
/** Those that a request may carry and still be served, and those for which it is refused. */
const harmlessName = fc.constantFrom(
  ...['X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Original-URL', 'X-Rewrite-URL', 'X-Host', 'X-HTTP-Method-Override'],
  ...['X-Rotato-Base-Url', 'Proxy', 'Proxy-Connection', 'Referer', 'Authorization', 'x-goog-api-key', 'Location'],
);
const harmfulName = fc.constantFrom(
  'Host',
  'Origin',
  'X-Forwarded-For',
  'Forwarded',
  'Via',
  'Upgrade',
  'Connection',
  'TE',
);
const headers = fc.oneof(
  { arbitrary: fc.array(fc.tuple(harmlessName, headerValue), { maxLength: 4 }), weight: 4 },
  { arbitrary: fc.array(fc.tuple(harmfulName, headerValue), { maxLength: 3 }), weight: 1 },
  {
    arbitrary: fc.constant([
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
    ] as [string, string][]),
    weight: 1,
  },
);
const hostileRequest: fc.Arbitrary<HostileRequest> = fc.record({
  method,
  target,
  host,
  headers,
  body: fc.constantFrom('', '', '{"model":"m","url":"http://DECOY/","base_url":"http://DECOY/v1"}'),
});

function render({ method: verb, target: path, host: name, headers: more, body }: HostileRequest, id: number): string {
  const decoy = `127.0.0.1:${decoys[id % decoys.length]?.port}`;
  const sentBody = body.replaceAll('DECOY', decoy);
  // What would end the request line early is the server's own parser's to refuse, and says nothing about where we go.
  const sentPath = path.replace(/[\s\0]/g, '_');
  const length = ['Content-Length', String(Buffer.byteLength(sentBody))];
  const lines = [['Host', name], ...more, ['x-test-id', String(id)], length];
  const head = lines.map(([header, value]) => `${header}: ${value}\r\n`).join('');
  return `${`${verb} ${sentPath} HTTP/1.1\r\n${head}\r\n`.replaceAll('DECOY', decoy)}${sentBody}`;
}

/** Sends its share of the requests, each after the answer to the one before; returns the statuses. */
async function sendAll(requests: readonly HostileRequest[], ids: readonly number[]): Promise<number[]> {
  const statuses: number[] = [];
  let client = await RawClient.connect(rotato.port);
  for (const id of ids) {
    const request = requests[id] as HostileRequest;
    if (client.over !== null) {
      client.leave();
      client = await RawClient.connect(rotato.port);
    }
    await client.send(render(request, id));
    const reply = await client.reply({ method: request.method });
    statuses.push(reply.status);
    if (reply.headers.get('connection') === 'close') await client.ended();
  }
  client.leave();
  return statuses;
}

/** The provider that a target names, as a caller may read it. */
function providerIn(path: string): string {
  return (path.split(/[/?]/)[1] ?? '').toLowerCase();
}

it('ten thousand requests reach the provider that each names, or nobody', { timeout: 60_000 }, async () => {
  const requests = fc.sample(hostileRequest, { seed: SEED, numRuns: REQUESTS });
  const shares = Array.from({ length: CONNECTIONS }, (_, share) =>
    requests.map((_request, id) => id).filter((id) => id % CONNECTIONS === share),
  );
  const statuses = (await Promise.all(shares.map((ids) => sendAll(requests, ids)))).flat();
  expect(statuses).toHaveLength(REQUESTS);

  expect(decoys.map(({ connections }) => connections)).toEqual([0, 0]);
  expect([...dialled].sort()).toEqual([alpha.port, beta.port, rotato.port].sort());
  for (const [name, listener, base] of [
    ['alpha', alpha, '/v1'],
    ['beta', beta, '/api/v1'],
  ] as const) {
    expect(listener.requests.length).toBeGreaterThan(REQUESTS / 20);
    for (const { url = '', headers: arrived, rawHeaders } of listener.requests) {
      const sent = requests[Number(arrived['x-test-id'])] as HostileRequest;
      const told = `${JSON.stringify(sent)} arrived as ${url}`;
      expect(providerIn(sent.target), told).toBe(name);
      expect(ANSWERED_HOSTS, told).toContain(sent.host);
      expect(url.startsWith(base) || /^(?:\/api)?\/v2beta/.test(url), told).toBe(true);
      expect(url.split('?', 1)[0], told).not.toMatch(/(?:^|\/)(?:\.|%2e){2}(?:\/|$)/i);
      expect(new HeaderList(rawHeaders).all('host'), told).toEqual([`127.0.0.1:${listener.port}`]);
      expect(arrived.authorization, told).toBe(`Bearer sk-${name}`);
    }
  }
  expect(rotato.logLines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
});
