import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type MessageKind, parseMessages, type WireMessage } from './http-messages.ts';
import { waitUntil } from './wait-until.ts';

/** What went over the wire since the tap was last read, in order. */
export interface TappedTraffic {
  readonly requests: readonly WireMessage[];
  readonly replies: readonly WireMessage[];
}

/** A plain TCP relay that keeps every byte of both directions, so that no HTTP library has a say in what was sent. */
export interface WireTap extends AsyncDisposable {
  readonly port: number;
  /** Everything since the last time, once each request has its whole reply. */
  take(): Promise<TappedTraffic>;
  close(): Promise<void>;
}

interface TappedConnection {
  readonly caller: Socket;
  sent: Buffer[];
  received: Buffer[];
}

export async function startWireTap(targetPort: number): Promise<WireTap> {
  const connections: TappedConnection[] = [];
  const server = createServer({ noDelay: true }, (caller) => {
    const connection: TappedConnection = { caller, sent: [], received: [] };
    connections.push(connection);
    relay(connection, targetPort);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const { caller } of connections) caller.destroy();
    });
  return {
    port: (server.address() as AddressInfo).port,
    take: () => takeTraffic(connections),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function relay(connection: TappedConnection, targetPort: number): void {
  const { caller } = connection;
  const target = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
  caller.on('data', (chunk: Buffer) => connection.sent.push(chunk));
  target.on('data', (chunk: Buffer) => connection.received.push(chunk));
  caller.pipe(target).pipe(caller);
  caller.on('error', () => target.destroy());
  target.on('error', () => caller.destroy());
  caller.on('close', () => target.destroy());
  target.on('close', () => caller.destroy());
}

async function takeTraffic(connections: readonly TappedConnection[]): Promise<TappedTraffic> {
  let traffic: TappedTraffic | null = null;
  const isWhole = () => {
    traffic = readTraffic(connections);
    return traffic !== null;
  };
  await waitUntil(isWhole, () => 'every request on the tapped wire to have its whole reply');
  for (const connection of connections) {
    connection.sent = [];
    connection.received = [];
  }
  return traffic ?? { requests: [], replies: [] };
}

/** Null while something is still on its way. */
function readTraffic(connections: readonly TappedConnection[]): TappedTraffic | null {
  const requests: WireMessage[] = [];
  const replies: WireMessage[] = [];
  for (const connection of connections) {
    const asked = wholeMessages(connection.sent, 'request');
    const answered = wholeMessages(connection.received, 'reply');
    if (asked === null || answered === null || asked.length !== answered.length) return null;
    requests.push(...asked);
    replies.push(...answered);
  }
  return { requests, replies };
}

function wholeMessages(chunks: readonly Buffer[], kind: MessageKind): readonly WireMessage[] | null {
  if (chunks.length === 0) return [];
  const { messages, unfinishedBytes } = parseMessages(Buffer.concat(chunks), kind);
  return unfinishedBytes === 0 ? messages : null;
}
