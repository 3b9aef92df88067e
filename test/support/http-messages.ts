import { HeaderList } from '../../src/model/header-list.ts';
import { type Framing, framingOf } from './message-reader.ts';

/** One HTTP/1.1 message as it stood on the wire, framing taken off its body. */
export interface WireMessage {
  readonly startLine: string;
  readonly headers: HeaderList;
  readonly framing: Framing;
  readonly body: Buffer;
}

export type MessageKind = 'request' | 'reply';

export interface ParsedMessages {
  readonly messages: readonly WireMessage[];
  /** Bytes of a message that is not whole yet. */
  readonly unfinishedBytes: number;
}

/** Takes apart what went one way over a connection. Replies to HEAD are beyond it: they do not say what they are. */
export function parseMessages(bytes: Buffer, kind: MessageKind): ParsedMessages {
  const messages: WireMessage[] = [];
  let rest = bytes;
  for (let parsed = parseMessage(rest, kind); parsed !== null; parsed = parseMessage(rest, kind)) {
    // A 1xx reply announces an answer; it is none.
    if (!/^HTTP\/1\.1 1\d\d /.test(parsed.message.startLine)) messages.push(parsed.message);
    rest = rest.subarray(parsed.lengthBytes);
  }
  return { messages, unfinishedBytes: rest.length };
}

const END_OF_HEAD = '\r\n\r\n';
const BODILESS_REPLY = /^HTTP\/1\.1 (?:1\d\d|204|304) /;

function parseMessage(bytes: Buffer, kind: MessageKind): { message: WireMessage; lengthBytes: number } | null {
  const headEnd = bytes.indexOf(END_OF_HEAD);
  if (headEnd === -1) return null;
  const [startLine = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n');
  const headers = new HeaderList(lines.flatMap(nameAndValue));
  const bodiless = kind === 'request' || BODILESS_REPLY.test(startLine);
  const { framing, length } = framingOf(headers, bodiless ? 'none' : 'until-close');
  const from = headEnd + END_OF_HEAD.length;
  const body = readBody(bytes.subarray(from), framing, length);
  if (body === null) return null;
  return { message: { startLine, headers, framing, body: body.bytes }, lengthBytes: from + body.lengthBytes };
}

function nameAndValue(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

interface ReadBody {
  readonly bytes: Buffer;
  /** With its framing. */
  readonly lengthBytes: number;
}

/** Null while it is not whole. One that lasts until the connection closes is whole as it is. */
function readBody(bytes: Buffer, framing: Framing, length: number): ReadBody | null {
  switch (framing) {
    case 'none':
      return { bytes: Buffer.alloc(0), lengthBytes: 0 };
    case 'length':
      return bytes.length < length ? null : { bytes: bytes.subarray(0, length), lengthBytes: length };
    case 'chunked':
      return readChunks(bytes);
    case 'until-close':
      return { bytes, lengthBytes: bytes.length };
  }
}

function readChunks(bytes: Buffer): ReadBody | null {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return null;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const from = lineEnd + 2;
    at = from + size + 2;
    if (bytes.length < at) return null;
    if (size === 0) return { bytes: Buffer.concat(chunks), lengthBytes: at };
    chunks.push(bytes.subarray(from, from + size));
  }
}
