import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';

/** An answer in place of an upgrade. */
export interface UpgradeRefusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A vendor's realtime endpoint: it echoes, and refuses upgrades as it is told. */
export interface WebSocketUpstream extends AsyncDisposable {
  readonly url: string;
  /** Every upgrade that was asked for, refused ones included. */
  readonly upgrades: readonly IncomingMessage[];
  /** Requests that were no upgrades. */
  readonly requests: readonly IncomingMessage[];
  readonly sockets: readonly WebSocket[];
  /** From now on: what to answer a request, or null to let it in. */
  refuse(decide: (request: IncomingMessage) => UpgradeRefusal | null): void;
}

const LARGEST_FRAME_BYTES = 32 * 1024 * 1024;

export async function startWebSocketUpstream(options: { deflate?: boolean } = {}): Promise<WebSocketUpstream> {
  const upgrades: IncomingMessage[] = [];
  const requests: IncomingMessage[] = [];
  const sockets: WebSocket[] = [];
  let decide: (request: IncomingMessage) => UpgradeRefusal | null = () => null;
  const http = createServer((request, reply) => {
    requests.push(request);
    const { status, body } = decide(request) ?? { status: 200, body: '{}' };
    reply.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  const endpoint = new WebSocketServer({
    noServer: true,
    maxPayload: LARGEST_FRAME_BYTES,
    perMessageDeflate: options.deflate ?? false,
    handleProtocols: (protocols) => [...protocols][0] ?? false,
  });
  http.on('upgrade', (request, socket, head) => {
    upgrades.push(request);
    const refusal = decide(request);
    if (refusal !== null) return writeRefusal(socket, refusal);
    endpoint.handleUpgrade(request, socket, head, (accepted) => {
      sockets.push(accepted);
      accepted.on('error', () => {});
      accepted.on('message', (data, isBinary) => accepted.send(data, { binary: isBinary }));
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    upgrades,
    requests,
    sockets,
    refuse: (next) => {
      decide = next;
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.terminate();
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}

function writeRefusal(socket: Duplex, { status, headers = {}, body }: UpgradeRefusal): void {
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)) });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${status} Refused\r\n${head}\r\n${body}`);
}
