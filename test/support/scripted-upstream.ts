import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { HeaderList } from '../../src/model/header-list.ts';
import { ByteReader } from './byte-reader.ts';
import { type Body, framingOf, readBody, readHead } from './message-reader.ts';
import { renderResponse } from './render-message.ts';
import { waitUntil } from './wait-until.ts';

/** One request, read to its last byte. */
export interface ScriptedRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: HeaderList;
  readonly body: Body;
  /** Of the connection it came on, counted from 1. */
  readonly connection: number;
}

/** The other side closed the connection in the middle of a script, which ends the script and is no error. */
class ConnectionGoneError extends Error {
  override readonly name = 'ConnectionGoneError';
}

/** One connection, and everything a script can do to it. */
export class ScriptedConnection {
  /** Counted from 1. */
  readonly number: number;
  readonly socket: Socket;
  readonly reader: ByteReader;
  /** Resolves when the connection is gone, whoever closed it. */
  readonly closed: Promise<void>;
  readonly #onRequest: (request: ScriptedRequest) => void;
  isClosed = false;

  constructor(socket: Socket, number: number, onRequest: (request: ScriptedRequest) => void) {
    this.number = number;
    this.socket = socket;
    this.reader = new ByteReader(socket);
    this.#onRequest = onRequest;
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.isClosed = true;
        resolve();
      });
    });
  }

  /** The next request, whole. With `discard`, its body is only counted and hashed. */
  async request({ discard = false } = {}): Promise<ScriptedRequest> {
    const head = await readHead(this.reader);
    if (head === null) throw new ConnectionGoneError();
    const body = await readBody(this.reader, { ...framingOf(head.headers, 'none'), discard });
    if (!body.complete) throw new ConnectionGoneError();
    const [method = '', target = ''] = head.startLine.split(' ');
    const request = { method, target, headers: head.headers, body, connection: this.number };
    this.#onRequest(request);
    return request;
  }

  /** Waits until the bytes are handed over, so a script feels its reader's pace. */
  async send(...parts: readonly (Buffer | string)[]): Promise<void> {
    if (this.isClosed) throw new ConnectionGoneError();
    const bytes = parts.length === 1 ? parts[0] : Buffer.concat(parts.map((part) => Buffer.from(part)));
    await new Promise<void>((resolve, reject) => {
      this.socket.write(bytes as Buffer | string, (error) => (error ? reject(new ConnectionGoneError()) : resolve()));
    });
  }

  /** RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** FIN, and nothing is read any more. */
  finish(): void {
    this.socket.end();
  }

  async pause(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms));
    if (this.isClosed) throw new ConnectionGoneError();
  }
}

type ConnectionScript = (connection: ScriptedConnection) => Promise<void> | void;
type RequestScript = (request: ScriptedRequest, connection: ScriptedConnection) => Promise<void> | void;

/** What a provider without troubles says; recognisable, so that a test can tell whose answer it got. */
export const FINE_BODY = '{"object":"chat.completion","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}';
export const FINE_ANSWER = renderResponse({ headers: ['content-type', 'application/json'], body: FINE_BODY });

/**
 * A server that knows no HTTP but what its script says, so that it can answer with any bytes at any moment. Where the
 * script says nothing it is a provider without troubles.
 */
export class ScriptedUpstream implements AsyncDisposable {
  /** Every request that was read to its end, in order. */
  readonly requests: ScriptedRequest[] = [];
  /** Connections accepted, TLS handshakes that failed included. */
  connectionsAccepted = 0;
  /** Bytes that came, decrypted where TLS is spoken. */
  receivedBytes = 0;
  /** What went wrong inside scripts. */
  readonly scriptFailures: unknown[] = [];
  readonly #server: Server;
  readonly #isTls: boolean;
  readonly #connections = new Set<ScriptedConnection>();
  readonly #sockets = new Set<Socket>();
  readonly #busy = new Set<ScriptedConnection>();
  #onConnection: ConnectionScript | null = null;
  #onRequest: RequestScript | null = null;

  private constructor(tls: TlsOptions | null) {
    this.#isTls = tls !== null;
    this.#server = tls === null ? createServer({ noDelay: true }) : createTlsServer(tls);
    this.#server.on('connection', (socket: Socket) => {
      this.connectionsAccepted++;
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      // What a client does to a connection is what is being tested, and never an error of the server.
      socket.on('error', () => {});
    });
    this.#server.on(tls === null ? 'connection' : 'secureConnection', (socket: Socket) => void this.#serve(socket));
    this.#server.on('tlsClientError', () => {});
  }

  static async start(options: { tls?: TlsOptions; host?: string; port?: number } = {}): Promise<ScriptedUpstream> {
    const { tls = null, host = '127.0.0.1', port = 0 } = options;
    const upstream = new ScriptedUpstream(tls);
    await new Promise<void>((resolve, reject) => {
      upstream.#server.once('error', reject);
      upstream.#server.listen({ host, port }, resolve);
    });
    return upstream;
  }

  /** Runs on each new connection before anything is read; afterwards its requests are answered. */
  onConnection(script: ConnectionScript): void {
    this.#onConnection = script;
  }

  /** Answers each request that is read whole. */
  onRequest(script: RequestScript): void {
    this.#onRequest = script;
  }

  /** From now on it has no troubles. */
  heal(): void {
    this.#onConnection = null;
    this.#onRequest = null;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#isTls ? 'https' : 'http'}://127.0.0.1:${this.port}`;
  }

  /** Open, whether at rest between two requests or not. */
  get openConnections(): number {
    return this.#sockets.size;
  }

  /** Of which a script has not finished with. */
  get busyConnections(): number {
    return this.#busy.size;
  }

  get connections(): readonly ScriptedConnection[] {
    return [...this.#connections];
  }

  /** Resolves once nobody is connected any more. */
  async abandoned(): Promise<void> {
    await waitUntil(
      () => this.openConnections === 0,
      () => `rotato to close its ${this.openConnections} connections`,
    );
  }

  async #serve(socket: Socket): Promise<void> {
    const connection = new ScriptedConnection(socket, this.connectionsAccepted, (request) =>
      this.requests.push(request),
    );
    this.#connections.add(connection);
    socket.on('data', (chunk: Buffer) => {
      this.receivedBytes += chunk.length;
    });
    void connection.closed.then(() => {
      this.#connections.delete(connection);
      this.#busy.delete(connection);
    });
    try {
      if (this.#onConnection !== null) await this.#during(connection, this.#onConnection(connection));
      while (!socket.destroyed && (await connection.reader.any())) {
        await this.#during(connection, this.#answer(connection));
      }
    } catch (error) {
      if (!(error instanceof ConnectionGoneError)) this.scriptFailures.push(error);
      socket.destroy();
    }
  }

  async #during(connection: ScriptedConnection, script: Promise<void> | void): Promise<void> {
    if (!connection.isClosed) this.#busy.add(connection);
    try {
      await script;
    } finally {
      this.#busy.delete(connection);
    }
  }

  async #answer(connection: ScriptedConnection): Promise<void> {
    const request = await connection.request();
    if (this.#onRequest === null) await connection.send(FINE_ANSWER);
    else await this.#onRequest(request, connection);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
