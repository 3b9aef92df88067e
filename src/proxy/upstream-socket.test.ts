import { Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestStarts, skipInterim } from './upstream-socket.ts';

/** A connection on which bytes arrive as the test says, read as undici reads: all there is, each time there is some. */
class Connection {
  readonly socket = new Socket();

  constructor() {
    // It is not connected, so each read waits for that in vain.
    this.socket.setMaxListeners(0);
    skipInterim(this.socket);
  }

  receive(chunks: readonly Buffer[]): string {
    const received: Buffer[] = [];
    for (const chunk of chunks.filter(({ length }) => length > 0)) {
      this.socket.push(chunk);
      for (let bytes = this.socket.read(); bytes !== null; bytes = this.socket.read()) received.push(bytes);
    }
    return Buffer.concat(received).toString('latin1');
  }
}

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const PROCESSING = 'HTTP/1.1 102 Processing\r\nx-a: 1\r\n\r\n';
const HINTS = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\nlink: </b>\r\n\r\n';
const BARE = 'HTTP/1.1 100\r\n\r\n';
/** Whose body reads like an interim answer, from its first byte. */
const ANSWER = `HTTP/1.1 200 OK\r\ncontent-length: ${CONTINUE.length + HINTS.length}\r\n\r\n${CONTINUE}${HINTS}`;

function cutAt(text: string, positions: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text, 'latin1');
  const cuts = [0, ...positions.map((position) => position % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return cuts.slice(1).map((end, nth) => bytes.subarray(cuts[nth], end));
}

function received(text: string, positions: readonly number[]): string {
  const connection = new Connection();
  requestStarts(connection.socket);
  return connection.receive(cutAt(text, positions));
}

describe('interim answers', () => {
  it.each([
    ['none', ''],
    ['100', CONTINUE],
    ['100 without a reason', BARE],
    ['102', PROCESSING],
    ['103', HINTS],
    ['several', CONTINUE + HINTS + CONTINUE + PROCESSING],
  ])('are taken out wherever they are cut, and nothing else is: %s', (_what, interim) => {
    const stream = interim + ANSWER;
    for (let cut = 0; cut <= stream.length; cut++) expect(received(stream, [cut])).toBe(ANSWER);
    expect(
      received(
        stream,
        [...stream].map((_, at) => at),
      ),
    ).toBe(ANSWER);
  });

  it('are taken out before each answer of a connection, however its bytes are cut', () => {
    const exchange = fc.record({
      interim: fc.array(fc.constantFrom(CONTINUE, PROCESSING, HINTS, BARE), { maxLength: 3 }),
      body: fc.array(fc.constantFrom(CONTINUE, HINTS, '\r\n\r\n', 'HTTP/1.1 1', 'text'), { maxLength: 3 }),
      cuts: fc.array(fc.nat(1_000), { maxLength: 8 }),
    });
    fc.assert(
      fc.property(fc.array(exchange, { minLength: 1, maxLength: 4 }), (exchanges) => {
        const connection = new Connection();
        for (const [nth, { interim, body, cuts }] of exchanges.entries()) {
          expect(requestStarts(connection.socket)).toBe(nth);
          const content = body.join('');
          const answer = `HTTP/1.1 404 Not Found\r\ncontent-length: ${content.length}\r\n\r\n${content}`;
          expect(connection.receive(cutAt(interim.join('') + answer, cuts))).toBe(answer);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('what only resembles one', () => {
  it.each([
    ['switching protocols, which is final', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\nbytes'],
    ['another version', 'HTTP/1.0 100 Continue\r\n\r\n'],
    ['another status', 'HTTP/1.1 1000 Continue\r\n\r\n'],
    ['a final answer', 'HTTP/1.1 200 HTTP/1.1 100 Continue\r\n\r\n'],
    ['garbage', '\0\xff garbage'],
    ['one line end', 'HTTP/1.2 100'],
  ])('passes, wherever it is cut: %s', (_what, stream) => {
    for (let cut = 0; cut <= stream.length; cut++) expect(received(stream, [cut])).toBe(stream);
  });

  it('and comes when no head is awaited passes', () => {
    expect(new Connection().receive([Buffer.from(CONTINUE)])).toBe(CONTINUE);
  });
});

describe('an interim answer that never ends', () => {
  it('is handed on, to be refused, once it is longer than any real one', () => {
    const endless = `HTTP/1.1 103 Early Hints\r\nx-a: ${'a'.repeat(20_000)}`;
    const chunks = cutAt(
      endless,
      Array.from({ length: 20 }, (_, nth) => nth * 1_000),
    );
    const connection = new Connection();
    requestStarts(connection.socket);
    expect(connection.receive(chunks)).toBe(endless);
  });
});

describe('the requests of a connection', () => {
  it('are counted for each apart', () => {
    const [first, second] = [new Socket(), new Socket()];
    expect([requestStarts(first), requestStarts(first), requestStarts(second), requestStarts(first)]).toEqual([
      0, 1, 0, 2,
    ]);
  });
});
