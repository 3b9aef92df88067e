import { connect, type Socket } from 'node:net';
import type { HeaderList } from '../../src/model/header-list.ts';
import { ByteReader, type Over } from './byte-reader.ts';
import { type Body, framingOf, type Head, readBody, readHead } from './message-reader.ts';
import { waitUntil, within } from './wait-until.ts';

export interface RawReply {
  readonly status: number;
  readonly reason: string;
  /** `HTTP/1.1` */
  readonly version: string;
  readonly headers: HeaderList;
  readonly body: Body;
  readonly text: string;
  /** The 1xx heads that came before it, by status. */
  readonly interim: readonly number[];
}

export interface ReplyOptions {
  /** What was asked: an answer to HEAD has no body whatever its headers say. */
  readonly method?: string;
  /** Count and hash the body without keeping it. */
  readonly discard?: boolean;
  /** For answers that are meant to take long. */
  readonly patienceMs?: number;
}

/** How much of what it received a client keeps, to be looked through for keys. */
const TRANSCRIPT_BYTES = 4 * 1024 * 1024;

/** A caller that sends exactly the bytes it is told to, and reads exactly those that come. */
export class RawClient implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #reader: ByteReader;
  readonly #transcript: Buffer[] = [];
  #transcriptBytes = 0;
  #receivedBytes = 0;
  /** Resolves when the connection is gone, whoever closed it. */
  readonly closed: Promise<void>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#receivedBytes += chunk.length;
      if (this.#transcriptBytes > TRANSCRIPT_BYTES) return;
      this.#transcript.push(chunk);
      this.#transcriptBytes += chunk.length;
    });
    this.#reader = new ByteReader(socket);
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  static async connect(port: number, host = '127.0.0.1'): Promise<RawClient> {
    // Half-open, so that a test decides for itself when this side is over.
    const socket = connect({ port, host, noDelay: true, allowHalfOpen: true });
    const client = new RawClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return client;
  }

  /** Resolves when the bytes are handed over; quietly so when the other side has gone, as a real caller's would be. */
  async send(bytes: Buffer | string): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.write(bytes, () => resolve()));
  }

  /** The next answer that is not an interim one. Throws when the connection ends before its head is complete. */
  async reply(options: ReplyOptions = {}): Promise<RawReply> {
    const interim: number[] = [];
    for (;;) {
      const head = await within(readHead(this.#reader), 'an answer', options.patienceMs);
      if (head === null) throw new Error(`The connection was ${this.#reader.over} before an answer came.`);
      const status = Number(head.startLine.split(' ', 2)[1]);
      if (status >= 200 || status === 101) return this.#finish(head, status, interim, options);
      interim.push(status);
    }
  }

  async #finish(head: Head, status: number, interim: number[], options: ReplyOptions): Promise<RawReply> {
    const bodiless = options.method === 'HEAD' || status === 204 || status === 304 || status === 101;
    const framing = bodiless ? ({ framing: 'none', length: 0 } as const) : framingOf(head.headers, 'until-close');
    const reading = readBody(this.#reader, { ...framing, discard: options.discard ?? false });
    const body = await within(reading, 'the rest of a body', options.patienceMs);
    const [version = '', , ...reason] = head.startLine.split(' ');
    const { headers } = head;
    return { status, version, reason: reason.join(' '), headers, body, interim, text: body.bytes.toString('utf8') };
  }

  /** Resolves once `text` has come, wherever it stands; the answer can still be read afterwards. */
  async seen(text: string): Promise<void> {
    const has = () => this.transcript.includes(text);
    await waitUntil(has, () => `${JSON.stringify(text)} to come; what came is ${JSON.stringify(this.transcript)}`);
  }

  /** Everything that came, up to 4 MB, as latin1. */
  get transcript(): string {
    return Buffer.concat(this.#transcript).toString('latin1');
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** How the other side stopped sending; null while it has not. */
  get over(): Over | null {
    return this.#reader.over;
  }

  /** Resolves when the other side has stopped sending, and how. */
  async ended(): Promise<Over> {
    await waitUntil(
      () => this.#reader.over !== null,
      () => 'the connection to end',
    );
    return this.#reader.over as Over;
  }

  /** Reads nothing more until `release`. */
  hold(): void {
    this.#reader.hold();
  }

  release(): void {
    this.#reader.release();
  }

  /** FIN: says that nothing more will be sent, and goes on reading. */
  finish(): void {
    this.#socket.end();
  }

  /** RST. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Leaves as a program that was killed does. */
  leave(): void {
    this.#socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.leave();
    await this.closed;
  }
}
