import type { Socket } from 'node:net';

/**
 * What is known of one connection to an upstream beyond its bytes. undici does not say which socket a request went
 * out on; `sendHeaders` of its diagnostics channel does, and that is where `requestStarts` is called from.
 */
const SENT_REQUESTS = Symbol('sentRequests');
const AWAITING_HEAD = Symbol('awaitingHead');

interface UpstreamSocket extends Socket {
  [SENT_REQUESTS]?: number;
  [AWAITING_HEAD]?: boolean;
}

/** Returns how many requests this connection carried before. */
export function requestStarts(socket: Socket): number {
  const known: UpstreamSocket = socket;
  const before = known[SENT_REQUESTS] ?? 0;
  known[SENT_REQUESTS] = before + 1;
  known[AWAITING_HEAD] = true;
  return before;
}

/** Every interim answer but 101, which is a final one in disguise. */
const INTERIM = /^HTTP\/1\.1 1(?!01)\d\d[ \r]/;
const INTERIM_BEGINNING = Buffer.from('HTTP/1.1 1');
/** As much as it takes to tell. */
const STATUS_BYTES = 'HTTP/1.1 100 '.length;
const END_OF_HEAD = Buffer.from('\r\n\r\n');
const LONGEST_INTERIM = 16 * 1024;

/**
 * Takes the interim answers (100, 102, 103) out of what an upstream sends before its own. A client must be able to read
 * those it did not ask for (RFC 9110 §15.2), and undici drops the connection at a 100 instead. Only the bytes where a
 * head is awaited are looked at, so a body that reads like a head is left alone.
 */
export function skipInterim(socket: Socket): void {
  const known: UpstreamSocket = socket;
  const read = socket.read.bind(socket);
  let held: Buffer | null = null;
  socket.read = (size?: number) => {
    const chunk: Buffer | null = read(size);
    if (chunk === null || !known[AWAITING_HEAD]) return chunk;
    let bytes = held === null ? chunk : Buffer.concat([held, chunk]);
    held = null;
    while (couldBeInterim(bytes)) {
      const end = bytes.indexOf(END_OF_HEAD);
      if (end === -1 && bytes.length < LONGEST_INTERIM) {
        held = bytes;
        return null;
      }
      if (end === -1) break;
      bytes = bytes.subarray(end + END_OF_HEAD.length);
      if (bytes.length === 0) return null;
    }
    known[AWAITING_HEAD] = false;
    return bytes;
  };
}

/** As far as the bytes go: what is too short to tell may become one. */
function couldBeInterim(bytes: Buffer): boolean {
  // Nearly every head is told by the first figure of its status.
  const firstFigure = bytes[INTERIM_BEGINNING.length - 1];
  if (firstFigure !== undefined && firstFigure !== INTERIM_BEGINNING.at(-1)) return false;
  if (!startsLike(bytes, INTERIM_BEGINNING)) return false;
  return bytes.length < STATUS_BYTES || INTERIM.test(bytes.toString('latin1', 0, STATUS_BYTES));
}

/** Whether `bytes` begin with `prefix`, as far as both reach. */
function startsLike(bytes: Buffer, prefix: Buffer): boolean {
  const length = Math.min(bytes.length, prefix.length);
  return bytes.compare(prefix, 0, length, 0, length) === 0;
}
