import type { IncomingMessage } from 'node:http';
import type { Clock } from '../clock.ts';
import { formatSize } from '../config/quantities.ts';
import { RotatoError } from '../errors.ts';
import { type ReplayBudget, ReplayStore } from './replay-store.ts';

/** JSON up to this size is read whole before a key is chosen; what is larger or no JSON is streamed. */
const WHOLE_BYTES = 4 * 1024 * 1024;
/** How much of a streamed body is read to find its model. */
const PEEK_BYTES = 64 * 1024;

/** A request body that can be sent, and, while it is `replayable`, sent again. */
export interface RequestBody {
  /** The beginning, for a look at its fields; the whole body where it was read whole. */
  readonly peek: Buffer;
  /** Null when the caller did not say (chunked). */
  readonly lengthBytes: number | null;
  readonly replayable: boolean;
  /** What one attempt sends: nothing, the bytes, or a stream that replays what was read and goes on from there. */
  open(): Buffer | AsyncIterable<Buffer> | null;
  close(): Promise<void>;
}

export interface BodyLimits {
  readonly maxBodyBytes: number;
  /** A caller that sends nothing for this long is cut off. */
  readonly idleMs: number;
}

interface BodySource {
  readonly request: IncomingMessage;
  readonly limits: BodyLimits;
  readonly clock: Clock;
  /** Counts what was read, for the record. */
  readonly onBytes: (bytes: number) => void;
}

const NO_BODY: RequestBody = {
  peek: Buffer.alloc(0),
  lengthBytes: 0,
  replayable: true,
  open: () => null,
  close: async () => {},
};

/** Throws `body-too-large` before reading anything when the caller announces too much. */
export function checkLength(request: IncomingMessage, maxBodyBytes: number): void {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > maxBodyBytes) throw tooLarge(maxBodyBytes);
}

export async function readRequestBody(source: BodySource, budget: ReplayBudget): Promise<RequestBody> {
  const { request } = source;
  const lengthBytes = announcedLength(request);
  if (lengthBytes === 0) return NO_BODY;
  // The parser speaks of a request before it goes on to its body. What came with the head is there a moment later,
  // and is then taken without waiting for events, which is a measurable part of relaying a short request.
  await null;
  const reader = new BodyReader(source, lengthBytes);
  const isJson = /\bjson\b/i.test(request.headers['content-type'] ?? '');
  const head = await reader.readUpTo(isJson && (lengthBytes ?? 0) <= WHOLE_BYTES ? WHOLE_BYTES : PEEK_BYTES);
  if (reader.ended) return wholeBody(head);
  return new StreamedBody(reader, head, lengthBytes, new ReplayStore(budget));
}

function wholeBody(bytes: Buffer): RequestBody {
  return { ...NO_BODY, peek: bytes, lengthBytes: bytes.length, open: () => (bytes.length === 0 ? null : bytes) };
}

/** 0 when there is no body, null when its length is not known beforehand. */
function announcedLength(request: IncomingMessage): number | null {
  const length = request.headers['content-length'];
  if (length !== undefined) return Number(length);
  return request.headers['transfer-encoding'] === undefined ? 0 : null;
}

const broken = new WeakSet<IncomingMessage>();

/** The server cannot make out the rest of this request's body; whoever reads it is told. */
export function breakBody(request: IncomingMessage): void {
  broken.add(request);
  request.emit('readable');
}

export function bodyIsBroken(request: IncomingMessage): boolean {
  return broken.has(request);
}

/** Any of these may mean that there is more to read, or that there never will be. */
const NEWS = ['readable', 'end', 'close'];

/** Pulls chunks off the caller's socket, which stays paused in between. */
class BodyReader {
  readonly #source: BodySource;
  readonly #lengthBytes: number | null;
  #readBytes = 0;
  #listens = false;
  #wake: (() => void) | null = null;
  #failure: unknown = null;
  #closed = false;
  ended = false;

  constructor(source: BodySource, lengthBytes: number | null) {
    this.#source = source;
    this.#lengthBytes = lengthBytes;
  }

  readonly #onNews = () => this.#wake?.();

  /** What is there, at least until `bytes` are read or the body has ended; the last chunk may carry it over. */
  async readUpTo(bytes: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let length = 0;
    while (length < bytes && !this.ended) {
      const chunk = this.#take() ?? (await this.next());
      if (chunk === null) break;
      chunks.push(chunk);
      length += chunk.length;
    }
    return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length);
  }

  /** How much was read so far. */
  get readBytes(): number {
    return this.#readBytes;
  }

  /**
   * The next chunk, or null at the end. Throws when the caller stalls, leaves or sends too much, and goes on throwing
   * that, so that a body which broke off never looks complete to a later attempt.
   */
  async next(): Promise<Buffer | null> {
    if (this.#failure !== null) throw this.#failure;
    try {
      return await this.#read();
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  async #read(): Promise<Buffer | null> {
    const { request } = this.#source;
    for (;;) {
      if (this.#closed) throw new RotatoError('bad-request', 'The body is no longer read.');
      const chunk = this.#take();
      if (chunk !== null || this.ended) return chunk;
      if (broken.has(request)) throw new RotatoError('bad-request', 'The body is not well-formed HTTP.');
      if (request.destroyed) throw new RotatoError('bad-request', 'The request ended before its body was complete.');
      await this.#waitForMore();
    }
  }

  /** What is there already; null for nothing. */
  #take(): Buffer | null {
    const { request, limits, onBytes } = this.#source;
    const chunk: Buffer | null = request.read();
    this.#readBytes += chunk?.length ?? 0;
    // The stream says so a turn of the event loop later than its length does.
    this.ended = this.#readBytes === this.#lengthBytes || (request.complete && request.readableLength === 0);
    if (chunk === null) return null;
    onBytes(chunk.length);
    if (this.#readBytes > limits.maxBodyBytes) {
      this.#failure = tooLarge(limits.maxBodyBytes);
      throw this.#failure;
    }
    return chunk;
  }

  /** Nobody reads on: what still comes is let pass, so that the connection's next request is reached. */
  close(): void {
    const { request } = this.#source;
    this.#closed = true;
    this.#wake?.();
    if (this.#listens) for (const event of NEWS) request.off(event, this.#onNews);
    request.resume();
  }

  #waitForMore(): Promise<void> {
    const { request, limits, clock } = this.#source;
    if (!this.#listens) for (const event of NEWS) request.on(event, this.#onNews);
    this.#listens = true;
    return new Promise((resolve, reject) => {
      const idle = clock.setTimer(limits.idleMs, () => {
        this.#wake = null;
        reject(new RotatoError('bad-request', `No byte of the body arrived for ${limits.idleMs / 1000} s.`));
      });
      this.#wake = () => {
        this.#wake = null;
        idle.cancel();
        resolve();
      };
    });
  }
}

/** A chunk and where in the body it stands; null at the end. */
interface Pulled {
  readonly offset: number;
  readonly chunk: Buffer | null;
}

/** A body that goes upstream while it still arrives. */
class StreamedBody implements RequestBody {
  readonly peek: Buffer;
  readonly lengthBytes: number | null;
  readonly #reader: BodyReader;
  readonly #store: ReplayStore;
  readonly #stored: Promise<void>;
  /** The head, until a first attempt sends it: the store may have had no room for it. */
  #unsent: Buffer | null;
  #pulling: Promise<Pulled> | null = null;

  constructor(reader: BodyReader, head: Buffer, lengthBytes: number | null, store: ReplayStore) {
    this.#reader = reader;
    this.peek = head.subarray(0, PEEK_BYTES);
    this.lengthBytes = lengthBytes;
    this.#store = store;
    this.#unsent = head;
    this.#stored = store.append(head);
  }

  get replayable(): boolean {
    return this.#store.complete;
  }

  async *open(): AsyncGenerator<Buffer> {
    const head = this.#unsent;
    this.#unsent = null;
    await this.#stored;
    let at = 0;
    if (!this.#store.complete && head !== null) {
      yield head;
      at = head.length;
    }
    for (;;) {
      // Another attempt may have read further meanwhile: what it read is in the store before this one asks for more.
      while (at < this.#store.lengthBytes) {
        for await (const chunk of this.#store.readFrom(at)) {
          at += chunk.length;
          yield chunk;
        }
      }
      const { offset, chunk } = await this.#pull();
      // The budget was spent under this attempt, and what another one read meanwhile is gone.
      if (offset > at) throw new RotatoError('internal', 'This body can no longer be sent again.');
      if (offset < at) continue;
      if (chunk === null) return;
      at += chunk.length;
      yield chunk;
    }
  }

  /** One read at a time, whoever asks: an abandoned attempt that still waits must not take a chunk away. */
  #pull(): Promise<Pulled> {
    this.#pulling ??= this.#pullOne().finally(() => {
      this.#pulling = null;
    });
    return this.#pulling;
  }

  async #pullOne(): Promise<Pulled> {
    const chunk = await this.#reader.next();
    if (chunk === null) return { offset: this.#reader.readBytes, chunk };
    await this.#store.append(chunk);
    return { offset: this.#reader.readBytes - chunk.length, chunk };
  }

  async close(): Promise<void> {
    this.#reader.close();
    await this.#store.close();
  }
}

function tooLarge(limitBytes: number): RotatoError {
  return new RotatoError(
    'body-too-large',
    `The body is larger than ${formatSize(limitBytes)}; the setting limits.maxBody says how large it may be.`,
  );
}
