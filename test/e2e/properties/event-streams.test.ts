import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningRotato, startTestRotato } from '../../support/running-rotato.ts';
import { within } from '../../support/wait-until.ts';

const SEED = 20_251_121;

/** What the upstream sends, piece by piece; each after `ready` says that it may. */
interface Script {
  readonly pieces: readonly Buffer[];
  readonly ready: (piece: number) => Promise<void>;
}

let script: Script;
const server = createServer((_request, reply) => void play(reply));
let rotato: RunningRotato;

async function play(reply: ServerResponse): Promise<void> {
  reply.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const [at, piece] of script.pieces.entries()) {
    await script.ready(at);
    if (piece.length > 0) reply.write(piece);
  }
  reply.end();
}

beforeAll(async () => {
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // No text below has a Z in it: the end of a chunk that could be the beginning of a key waits for what follows.
  const provider = (preset: string) => ({ preset, baseUrl, allowPrivateAddress: true, keys: [{ key: 'ZZZ-key' }] });
  rotato = await startTestRotato({ providers: { openai: provider('openai'), groq: provider('groq') } });
});
afterAll(async () => {
  await rotato.close();
  server.close();
  server.closeAllConnections();
});

/** Reads the reply, telling `onBytes` how much of it has come so far. */
async function receive(provider: string, onBytes: (length: number) => void = () => {}): Promise<Buffer> {
  const reply = await fetch(`${rotato.url}/${provider}/chat/completions`, { method: 'POST', body: '{"model":"m"}' });
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of reply.body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    onBytes(length);
  }
  return Buffer.concat(chunks);
}

/** Each kind of line end, comments, a byte order mark, characters of two to four bytes, events without data. */
const STREAM = Buffer.from(
  [
    '\uFEFF: welcome\n\n',
    'event: message\r\ndata: {"text":"Grüße, 世界 🙂"}\r\n\r\n',
    'data:{"n":1}\ndata: {"n":2}\nid: 7\nretry: 10\n\n',
    ': ping\r\rdata: {"n":3}\r\r',
    'data: [DONE]\n\n',
  ].join(''),
);
const FIRST_EVENT_ENDS = STREAM.indexOf('\r\n\r\n') + 4;

/** The upstream sends its second piece only when all of the first has reached the caller. */
async function receiveInTwo(provider: string, cut: number): Promise<Buffer> {
  let firstArrived: () => void = () => {};
  const arrived = new Promise<void>((resolve) => {
    firstArrived = resolve;
  });
  script = {
    pieces: [STREAM.subarray(0, cut), STREAM.subarray(cut)],
    ready: (piece) => (piece === 0 ? Promise.resolve() : arrived),
  };
  const received = receive(provider, (length) => {
    if (length >= cut) firstArrived();
  });
  return within(received, `what was sent before byte ${cut} to arrive before the rest was sent`);
}

describe('a stream that is cut at every byte arrives as it was sent, each piece before the next is sent', () => {
  it('of a provider that never begins a stream with an error', async () => {
    for (let cut = 1; cut < STREAM.length; cut++) {
      const received = await receiveInTwo('groq', cut);
      expect(received.equals(STREAM), `cut at ${cut}`).toBe(true);
    }
  });

  it('of one that may, from the end of its first event', async () => {
    for (let cut = FIRST_EVENT_ENDS; cut < STREAM.length; cut++) {
      const received = await receiveInTwo('openai', cut);
      expect(received.equals(STREAM), `cut at ${cut}`).toBe(true);
    }
  });

  it('and before that, the same bytes', async () => {
    for (let cut = 1; cut < FIRST_EVENT_ENDS; cut++) {
      const pieces = [STREAM.subarray(0, cut), STREAM.subarray(cut)];
      script = { pieces, ready: () => new Promise((resolve) => setImmediate(resolve)) };
      expect((await receive('openai')).equals(STREAM), `cut at ${cut}`).toBe(true);
    }
  });
});

describe('any stream in any pieces', () => {
  const text = fc.oneof(
    fc.constantFrom('data: ', 'event: error\n', '\n', '\r\n', '\r', '\n\n', ': x', '\uFEFF', '{"error":', '{}', '\0'),
    // Beginnings of the key, and the key itself where no error is being told.
    fc.constantFrom('ZZZ', 'ZZZ-ke', 'data: ZZZ-key\n\n', 'Z'),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
  );
  const pieces = fc.array(
    fc.oneof(
      text.map((part) => Buffer.from(part)),
      fc.uint8Array({ maxLength: 8 }),
    ),
    {
      maxLength: 16,
    },
  );

  it.each(['groq', 'openai'])('arrives as it was sent: %s', async (provider) => {
    const property = fc.asyncProperty(pieces, async (parts) => {
      const sent = parts.map((part) => Buffer.from(part));
      const whole = Buffer.concat(sent);
      // What is said inside an error event is masked where it is a key; these are not about that.
      fc.pre(!/error/.test(whole.toString('latin1')) || !whole.includes('ZZZ-key'));
      script = { pieces: sent, ready: () => new Promise((resolve) => setImmediate(resolve)) };
      expect((await receive(provider)).equals(whole)).toBe(true);
    });
    await fc.assert(property, { seed: SEED, numRuns: 150 });
  });
});
