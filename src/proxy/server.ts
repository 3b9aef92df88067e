import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { ExchangeRecord } from '../model/exchange.ts';
import type { CallerTimeouts } from './caller-timeouts.ts';
import { newRequestId, type Reply, recordedPath } from './exchange.ts';
import { breakBody } from './request-body.ts';

/** Two kilobytes of URL and 64 KB of headers are seen in the wild; what is beyond this is an attack. */
const MAX_HEADER_BYTES = 128 * 1024;
/** Longer than the front proxies' and SDKs' own, so that it is never we who close a connection under a request. */
const KEEP_ALIVE_MS = 75_000;

export interface ServerHandlers {
  handle(request: IncomingMessage, to: Reply, continueFirst?: boolean): void;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  record(record: ExchangeRecord): void;
  readonly clock: Clock;
  readonly timeouts: CallerTimeouts;
}

/** The answer that a connection is at, or was at last. */
const CURRENT = Symbol('current');

interface CallerSocket extends Duplex {
  [CURRENT]?: Reply;
}

/** The HTTP server in front of the proxy. What cannot be parsed as a request is answered here. */
export function createProxyServer(handlers: ServerHandlers): Server {
  const { headersMs } = handlers.timeouts;
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: headersMs,
    requestTimeout: 0,
    connectionsCheckingInterval: headersMs / 6,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requireHostHeader: false,
    insecureHTTPParser: false,
    noDelay: true,
    // Other protocols than WebSocket are offered, not demanded: the request is served as the HTTP it is.
    shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === 'websocket',
  });
  // Node cuts the list silently at 2,000; the size in bytes is the limit here.
  server.maxHeadersCount = 0;
  const handle = (request: IncomingMessage, reply: Reply, continueFirst = false) => {
    (request.socket as CallerSocket)[CURRENT] = reply;
    handlers.handle(request, reply, continueFirst);
  };
  server.on('request', (request, reply) => handle(request, reply));
  server.on('checkContinue', (request, reply) => handle(request, reply, true));
  server.on('checkExpectation', (request, reply: Reply) => {
    const message = 'Only "Expect: 100-continue" can be met.';
    const body = refusalBody(message);
    const headers = ['content-type', 'application/json', 'content-length', String(Buffer.byteLength(body))];
    reply.writeHead(417, [...headers, 'x-rotato-source', 'rotato', 'connection', 'close']).end(body);
    handlers.record(unparsedRecord(handlers.clock, 417, message, request));
  });
  const connected = new Set<Socket>();
  connectedSockets.set(server, connected);
  server.on('connection', (socket: Socket) => {
    connected.add(socket);
    socket.once('close', () => connected.delete(socket));
  });
  const upgraded = new Set<Duplex>();
  upgradedSockets.set(server, upgraded);
  server.on('upgrade', (request, socket, head) => {
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    handlers.handleUpgrade(request, socket, head);
  });
  server.on('connect', (request, socket) => {
    refuse(handlers, socket, { status: '405 Method Not Allowed', message: 'CONNECT is not relayed.', request });
  });
  const given = new WeakSet<Duplex>();
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Nobody is there to be told: the caller closed or reset the connection, or never said a word.
    if (hasLeft(error) || !socket.writable || (socket as Socket).bytesRead === 0) return socket.destroy();
    if (given.has(socket)) return;
    given.add(socket);
    const refuseIt = () => refuse(handlers, socket, { ...describe(error), request: null });
    const reply = (socket as CallerSocket)[CURRENT];
    if (reply === undefined || reply.closed) refuseIt();
    // What broke is the body of a request that is being served: it answers for that itself.
    else if (!reply.req.complete) breakBody(reply.req);
    // What broke comes after a request that is being served, whose answer has to come first.
    else reply.once('close', () => socket.writable && refuseIt());
  });
  return server;
}

/** A half-close is leaving as well: the parser tells of one that comes in the middle of a request. */
function hasLeft({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'HPE_INVALID_EOF_STATE';
}

const connectedSockets = new WeakMap<Server, ReadonlySet<Socket>>();

/**
 * Closes what carries nothing. Browsers and SDKs open connections ahead of use, and one on which no byte ever came is
 * not idle to Node, which waits for its first request.
 */
export function closeUnusedConnections(server: Server): void {
  server.closeIdleConnections();
  for (const socket of connectedSockets.get(server) ?? []) if (socket.bytesRead === 0) socket.destroy();
}

/** A server that has handed a socket over for an upgrade no longer counts it among those it can close. */
const upgradedSockets = new WeakMap<Server, ReadonlySet<Duplex>>();

/** Breaks off everything that is open, WebSockets included. */
export function breakOffConnections(server: Server): void {
  server.closeAllConnections();
  for (const socket of upgradedSockets.get(server) ?? []) socket.destroy();
}

function describe(error: NodeJS.ErrnoException): { status: string; message: string } {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return { status: '431 Request Header Fields Too Large', message: 'The headers are larger than 128 KB.' };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: '408 Request Timeout', message: 'The headers did not arrive in time.' };
    default:
      return { status: '400 Bad Request', message: 'This is not a well-formed HTTP request.' };
  }
}

function refuse(
  handlers: ServerHandlers,
  socket: Duplex,
  refusal: { status: string; message: string; request: IncomingMessage | null },
): void {
  const { status, message, request } = refusal;
  const body = refusalBody(message);
  socket.on('error', () => {});
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
      `connection: close\r\nx-rotato-source: rotato\r\n\r\n${body}`,
  );
  handlers.record(unparsedRecord(handlers.clock, Number(status.slice(0, 3)), message, request));
}

function refusalBody(message: string): string {
  return JSON.stringify({ error: { message, type: 'invalid_request_error', param: null, code: 'bad-request' } });
}

/** A request that never became an exchange is recorded all the same. */
function unparsedRecord(clock: Clock, status: number, error: string, request: IncomingMessage | null): ExchangeRecord {
  return {
    id: newRequestId(),
    at: clock.wallNow(),
    callerAddress: request?.socket.remoteAddress ?? null,
    client: null,
    provider: null,
    model: null,
    method: request?.method ?? '',
    path: recordedPath(request?.url ?? ''),
    status,
    end: 'refused',
    attempts: [],
    phases: [{ kind: 'receiving', ms: 0 }],
    waitMs: 0,
    firstByteMs: null,
    durationMs: 0,
    bytesIn: 0,
    bytesOut: 0,
    usage: null,
    error,
  };
}
