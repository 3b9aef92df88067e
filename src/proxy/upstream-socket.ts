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

const INTERIM = Buffer.from('HTTP/1.1 100');
const END_OF_HEAD = Buffer.from('\r\n\r\n');
const LONGEST_INTERIM = 16 * 1024;

/**
 * Takes `100 Continue` out of what an upstream sends before its answer. A client must be able to read one it did not
 * ask for (RFC 9110 §15.2), and undici drops the connection instead. Only the bytes where a head is awaited are
 * looked at, so a body that reads like a head is left alone.
 */
export function skipContinue(socket: Socket): void {
  const known: UpstreamSocket = socket;
  const read = socket.read.bind(socket);
  let held: Buffer | null = null;
  socket.read = (size?: number) => {
    const chunk: Buffer | null = read(size);
    if (chunk === null || !known[AWAITING_HEAD]) return chunk;
    let bytes = held === null ? chunk : Buffer.concat([held, chunk]);
    held = null;
    while (startsLike(bytes, INTERIM)) {
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

/** Whether `bytes` begin with `prefix`, as far as both reach. */
function startsLike(bytes: Buffer, prefix: Buffer): boolean {
  const length = Math.min(bytes.length, prefix.length);
  return bytes.compare(prefix, 0, length, 0, length) === 0;
}
