import { createHash } from 'node:crypto';
import { HeaderList } from '../../src/model/header-list.ts';
import type { ByteReader } from './byte-reader.ts';

/** The lines before a body, exactly as they came. */
export interface Head {
  /** `POST /v1/x HTTP/1.1` or `HTTP/1.1 200 OK`. */
  readonly startLine: string;
  readonly headers: HeaderList;
}

export type Framing = 'none' | 'length' | 'chunked' | 'until-close';

export interface Body {
  readonly framing: Framing;
  /** Empty where the reader was told to throw it away. */
  readonly bytes: Buffer;
  readonly length: number;
  /** Hex. */
  readonly sha256: string;
  /** False when the connection ended before the framing said so: the answer was cut. */
  readonly complete: boolean;
  readonly trailers: HeaderList;
}

/** Null when the connection ended before a head was complete. */
export async function readHead(reader: ByteReader): Promise<Head | null> {
  const bytes = await reader.until('\r\n\r\n');
  if (bytes === null) return null;
  const [startLine = '', ...lines] = bytes.toString('latin1').slice(0, -4).split('\r\n');
  return { startLine, headers: parseHeaderLines(lines) };
}

function parseHeaderLines(lines: readonly string[]): HeaderList {
  const raw: string[] = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    raw.push(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return new HeaderList(raw);
}

export interface ReadBodyOptions {
  readonly framing: Framing;
  /** Of a body framed by its length. */
  readonly length: number;
  /** Hash and count only; for bodies that would not fit. */
  readonly discard: boolean;
}

/** RFC 9112 §6.3 for a request, or for a response whose lack of a body is already known. */
export function framingOf(
  headers: HeaderList,
  otherwise: 'none' | 'until-close',
): { framing: Framing; length: number } {
  if (headers.get('transfer-encoding') !== null) return { framing: 'chunked', length: 0 };
  const length = headers.get('content-length');
  if (length === null) return { framing: otherwise, length: 0 };
  return { framing: 'length', length: Number(length) };
}

export async function readBody(reader: ByteReader, options: ReadBodyOptions): Promise<Body> {
  const { framing, length } = options;
  const sink = new BodySink(options.discard);
  let complete = true;
  let trailers = new HeaderList([]);
  if (framing === 'length') complete = await take(reader, length, sink);
  if (framing === 'until-close') {
    for (let chunk = await reader.chunk(); chunk !== null; chunk = await reader.chunk()) sink.push(chunk);
    complete = reader.over === 'finished';
  }
  if (framing === 'chunked') {
    const rest = await readChunks(reader, sink);
    complete = rest !== null;
    trailers = rest ?? trailers;
  }
  return { framing, complete, trailers, ...sink.result() };
}

/** The trailers, or null when the chunks did not come to their end. */
async function readChunks(reader: ByteReader, sink: BodySink): Promise<HeaderList | null> {
  for (;;) {
    const line = await reader.until('\r\n');
    if (line === null) return null;
    const size = Number.parseInt(line.toString('latin1'), 16);
    if (!Number.isInteger(size)) throw new Error(`not a chunk: ${JSON.stringify(line.toString('latin1'))}`);
    if (size === 0) break;
    if (!(await take(reader, size, sink))) return null;
    const end = await reader.until('\r\n');
    if (end === null) return null;
    if (end.length !== 2) throw new Error(`a chunk of ${size} bytes is longer than that`);
  }
  const lines: string[] = [];
  for (;;) {
    const line = await reader.until('\r\n');
    if (line === null) return null;
    if (line.length === 2) return parseHeaderLines(lines);
    lines.push(line.toString('latin1').slice(0, -2));
  }
}

async function take(reader: ByteReader, length: number, sink: BodySink): Promise<boolean> {
  for (let left = length; left > 0; ) {
    const chunk = await reader.chunk(left);
    if (chunk === null) return false;
    sink.push(chunk);
    left -= chunk.length;
  }
  return true;
}

class BodySink {
  readonly #hash = createHash('sha256');
  readonly #kept: Buffer[] | null;
  #length = 0;

  constructor(discard: boolean) {
    this.#kept = discard ? null : [];
  }

  push(chunk: Buffer): void {
    this.#hash.update(chunk);
    this.#length += chunk.length;
    this.#kept?.push(chunk);
  }

  result() {
    return { bytes: Buffer.concat(this.#kept ?? []), length: this.#length, sha256: this.#hash.digest('hex') };
  }
}
