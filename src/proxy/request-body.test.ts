import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { RotatoError } from '../errors.ts';
import { ReplayBudget } from './replay-store.ts';
import { checkLength, type RequestBody, readRequestBody } from './request-body.ts';

const KB = 1024;
const MB = 1024 * KB;
const IDLE_MS = 60_000;

/** A caller that sends its body as the test says. */
class Upload {
  readonly request = new IncomingMessage(new Socket());
  readonly clock = new VirtualClock();
  readonly budget: ReplayBudget;
  readonly #maxBodyBytes: number;
  countedBytes = 0;

  constructor(headers: Record<string, string>, options: { maxBodyBytes?: number; budgetBytes?: number } = {}) {
    this.request.headers = headers;
    // As the server does: a caller that breaks off is seen by `close`.
    this.request.on('error', () => {});
    this.#maxBodyBytes = options.maxBodyBytes ?? 100 * MB;
    this.budget = new ReplayBudget(options.budgetBytes ?? 100 * MB);
  }

  send(chunk: Buffer): void {
    this.request.push(chunk);
  }

  /** In this order the parser of HTTP does it. */
  finish(): void {
    this.request.complete = true;
    this.request.push(null);
  }

  sendWhole(body: Buffer): this {
    this.send(body);
    this.finish();
    return this;
  }

  read(): Promise<RequestBody> {
    const source = {
      request: this.request,
      clock: this.clock,
      limits: { maxBodyBytes: this.#maxBodyBytes, idleMs: IDLE_MS },
      onBytes: (bytes: number) => {
        this.countedBytes += bytes;
      },
    };
    return readRequestBody(source, this.budget);
  }
}

const CHUNKED = { 'transfer-encoding': 'chunked', 'content-type': 'application/octet-stream' };
const JSON_CHUNKED = { 'transfer-encoding': 'chunked', 'content-type': 'application/json; charset=utf-8' };
const withLength = (length: number, type = 'application/octet-stream') => ({
  'content-length': String(length),
  'content-type': type,
});

function bytes(length: number, seed = 1): Buffer {
  const buffer = Buffer.alloc(length);
  for (let at = 0; at < length; at++) buffer[at] = (at * 31 + seed * 17 + (at >> 8)) & 0xff;
  return buffer;
}

async function* chunksOf(body: RequestBody): AsyncGenerator<Buffer> {
  const opened = body.open();
  if (Buffer.isBuffer(opened)) yield opened;
  else if (opened !== null) yield* opened;
}

async function sentBy(body: RequestBody): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of chunksOf(body)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

async function errorOf(promise: Promise<unknown>): Promise<RotatoError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof RotatoError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a body that is read whole', () => {
  it.each([
    ['no body', {}],
    ['a length of 0', { 'content-length': '0' }],
  ])('is nothing with %s', async (_what, headers) => {
    const upload = new Upload(headers);
    const body = await upload.read();
    expect(body.open()).toBeNull();
    expect(body.lengthBytes).toBe(0);
    expect(body.replayable).toBe(true);
  });

  it('is nothing when it was announced and is empty', async () => {
    const upload = new Upload(CHUNKED);
    const reading = upload.read();
    await turn();
    upload.finish();
    const body = await reading;
    expect(body.open()).toBeNull();
    expect(body.lengthBytes).toBe(0);
  });

  it('is JSON up to 4 MB, however it is cut, and can be sent again and again', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 100 * KB }), { minLength: 1, maxLength: 8 }),
        fc.constantFrom('announced', 'chunked'),
        async (lengths, framing) => {
          const chunks = lengths.map(bytes);
          const whole = Buffer.concat(chunks);
          const upload = new Upload(
            framing === 'chunked' ? JSON_CHUNKED : withLength(whole.length, 'application/json'),
          );
          const reading = upload.read();
          for (const [nth, chunk] of chunks.entries()) {
            upload.send(chunk);
            if (nth % 2 === 0) await turn();
          }
          upload.finish();
          const body = await reading;
          expect(body.peek.equals(whole)).toBe(true);
          expect(body.lengthBytes).toBe(whole.length);
          expect(upload.countedBytes).toBe(whole.length);
          for (const _again of [1, 2]) expect((await sentBy(body)).equals(whole)).toBe(true);
          expect(body.replayable).toBe(true);
        },
      ),
      { numRuns: 20 },
    );
  });

  it.each([
    ['exactly 4 MB', 4 * MB, true],
    ['a byte more', 4 * MB + 1, false],
  ])('is JSON of %s: %s', async (_what, length, whole) => {
    const upload = new Upload(withLength(length, 'application/json'));
    const reading = upload.read();
    upload.send(bytes(length - 1));
    const settled = await Promise.race([reading.then(() => 'streamed'), turn().then(() => 'waiting')]);
    expect(settled).toBe(whole ? 'waiting' : 'streamed');
    upload.send(bytes(1));
    upload.finish();
    const body = await reading;
    expect(body.peek).toHaveLength(whole ? length : 64 * KB);
    expect(await sentBy(body)).toHaveLength(length);
    await body.close();
  });

  it.each([
    ['application/json', true],
    ['application/vnd.api+json; charset=utf-8', true],
    ['APPLICATION/JSON', true],
    ['application/x-ndjson', false],
    ['multipart/form-data; boundary=x', false],
  ])('is recognised by its type: %s', async (type, whole) => {
    const upload = new Upload(withLength(3 * MB, type));
    const reading = upload.read();
    upload.send(bytes(100 * KB));
    const settled = await Promise.race([
      reading.then(() => 'streamed'),
      turn()
        .then(turn)
        .then(() => 'waiting'),
    ]);
    expect(settled).toBe(whole ? 'waiting' : 'streamed');
    upload.send(bytes(3 * MB - 100 * KB));
    upload.finish();
    await (await reading).close();
  });
});

describe('a body that is streamed', () => {
  it('waits for its first 64 KB only, and shows them', async () => {
    const upload = new Upload(withLength(MB));
    const reading = upload.read();
    upload.send(bytes(40 * KB));
    await turn();
    upload.send(bytes(40 * KB, 2));
    const body = await reading;
    expect(body.lengthBytes).toBe(MB);
    expect(body.peek.equals(Buffer.concat([bytes(40 * KB), bytes(24 * KB, 2).subarray(0, 24 * KB)]))).toBe(true);
    await body.close();
  });

  it('passes each chunk on as it comes', async () => {
    const upload = new Upload(CHUNKED);
    upload.send(bytes(64 * KB));
    const body = await upload.read();
    expect(body.lengthBytes).toBeNull();
    const chunks = chunksOf(body);
    expect((await chunks.next()).value?.length).toBe(64 * KB);
    const second = chunks.next();
    upload.send(bytes(10, 2));
    expect((await second).value?.equals(bytes(10, 2))).toBe(true);
    const end = chunks.next();
    upload.finish();
    expect((await end).done).toBe(true);
    await body.close();
  });

  it('is not read ahead of whoever sends it', async () => {
    const upload = new Upload(withLength(10 * MB));
    upload.send(bytes(64 * KB));
    const body = await upload.read();
    const chunks = chunksOf(body);
    await chunks.next();
    upload.send(bytes(64 * KB));
    await turn();
    await turn();
    expect(upload.countedBytes).toBe(64 * KB);
    expect(upload.request.push(bytes(KB))).toBe(false);
    await body.close();
  });
});

/** One attempt at sending: when it starts, after how many bytes it is given up, and how. */
interface AttemptPlan {
  readonly afterChunks: number;
  readonly stopAfterBytes: number;
  readonly stop: 'quietly' | 'with a read under way' | 'by returning';
}

/** Reads as undici does, and may be given up as undici gives up. Resolves with what it was given. */
async function attempt(body: RequestBody, plan: AttemptPlan | null): Promise<Buffer> {
  const taken: Buffer[] = [];
  let length = 0;
  const chunks = chunksOf(body);
  for (;;) {
    if (plan !== null && length >= plan.stopAfterBytes) break;
    const { value, done } = await chunks.next();
    if (done) return Buffer.concat(taken);
    taken.push(value);
    length += value.length;
  }
  // An abandoned read that fails or succeeds later concerns nobody.
  if (plan.stop === 'with a read under way') void chunks.next().catch(() => {});
  if (plan.stop === 'by returning') void chunks.return(undefined).catch(() => {});
  return Buffer.concat(taken);
}

describe('sending again', () => {
  const plan = fc.record<AttemptPlan>({
    afterChunks: fc.nat(6),
    stopAfterBytes: fc.integer({ min: 0, max: 3 * MB }),
    stop: fc.constantFrom('quietly', 'with a read under way', 'by returning'),
  });
  const lengths = fc.array(fc.integer({ min: 1, max: 600 * KB }), { minLength: 1, maxLength: 6 });

  it('gives every attempt the whole body, whenever it begins and however the others were given up', async () => {
    await fc.assert(
      fc.asyncProperty(lengths, fc.array(plan, { maxLength: 3 }), fc.nat(6), async (sizes, plans, lastAfter) => {
        const chunks = [bytes(64 * KB, 99), ...sizes.map(bytes)];
        const whole = Buffer.concat(chunks);
        const upload = new Upload(CHUNKED);
        upload.send(chunks[0] as Buffer);
        const body = await upload.read();
        const attempts: Promise<void>[] = [];
        const startAttempts = (sent: number) => {
          for (const each of plans.filter(({ afterChunks }) => afterChunks === sent)) {
            attempts.push(
              attempt(body, each).then((given) => expect(given.equals(whole.subarray(0, given.length))).toBe(true)),
            );
          }
          const last = Math.min(lastAfter, sizes.length);
          if (sent === last) attempts.push(attempt(body, null).then((given) => expect(given.equals(whole)).toBe(true)));
        };
        for (const [nth, chunk] of chunks.slice(1).entries()) {
          startAttempts(nth);
          if (nth % 2 === 0) await turn();
          upload.send(chunk);
        }
        upload.finish();
        startAttempts(sizes.length);
        await Promise.all(attempts);
        expect(body.replayable).toBe(true);
        expect((await sentBy(body)).equals(whole)).toBe(true);
        await body.close();
      }),
      { numRuns: 60 },
    );
  });

  it('works beside an abandoned attempt whose last chunk is still on its way to the disk', async () => {
    const upload = new Upload(withLength(2 * MB));
    upload.send(bytes(64 * KB));
    const body = await upload.read();
    const abandoned = chunksOf(body);
    await abandoned.next();
    const pending = abandoned.next();
    upload.send(bytes(2 * MB - 64 * KB, 2));
    upload.finish();
    const second = sentBy(body);
    expect((await second).equals(Buffer.concat([bytes(64 * KB), bytes(2 * MB - 64 * KB, 2)]))).toBe(true);
    await pending;
    await body.close();
  });

  it('is over when the budget is spent, while the one attempt gets every byte', async () => {
    await fc.assert(
      fc.asyncProperty(lengths, fc.nat(2 * MB), async (sizes, budgetBytes) => {
        const chunks = [bytes(64 * KB, 99), ...sizes.map(bytes)];
        const whole = Buffer.concat(chunks);
        const upload = new Upload(CHUNKED, { budgetBytes });
        upload.send(chunks[0] as Buffer);
        const body = await upload.read();
        const sending = sentBy(body);
        for (const chunk of chunks.slice(1)) {
          await turn();
          upload.send(chunk);
        }
        upload.finish();
        expect((await sending).equals(whole)).toBe(true);
        expect(body.replayable).toBe(whole.length <= budgetBytes);
        if (!body.replayable) expect((await errorOf(sentBy(body))).code).toBe('internal');
        await body.close();
        expect(upload.budget.take(budgetBytes)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('fails, rather than leaving bytes out, when the budget is spent under an attempt that replays', async () => {
    const upload = new Upload(withLength(300 * KB), { budgetBytes: 200 * KB });
    upload.send(bytes(64 * KB));
    const body = await upload.read();
    const first = chunksOf(body);
    await first.next();
    const more = first.next();
    upload.send(bytes(100 * KB, 2));
    await more;
    const second = chunksOf(body);
    await second.next();
    const last = first.next();
    upload.send(bytes(136 * KB, 3));
    upload.finish();
    await last;
    expect(body.replayable).toBe(false);
    const rest = (async () => {
      for (let next = await second.next(); !next.done; next = await second.next());
    })();
    expect((await errorOf(rest)).message).toContain('can no longer be sent again');
  });

  it('stays impossible after a failure: a body that broke off never looks complete', async () => {
    const upload = new Upload(CHUNKED, { maxBodyBytes: 100 * KB });
    upload.send(bytes(64 * KB));
    const body = await upload.read();
    const first = sentBy(body);
    upload.send(bytes(64 * KB));
    upload.finish();
    expect((await errorOf(first)).code).toBe('body-too-large');
    expect((await errorOf(sentBy(body))).code).toBe('body-too-large');
  });
});

describe('limits', () => {
  const LIMIT = 300 * KB;

  it('an announced length is judged before anything is read', () => {
    const judge = (length: string | undefined) => () => {
      checkLength(new Upload(length === undefined ? {} : { 'content-length': length }).request, LIMIT);
    };
    expect(judge(String(LIMIT))).not.toThrow();
    expect(judge(undefined)).not.toThrow();
    expect(judge(String(LIMIT + 1))).toThrow(RotatoError);
  });

  it.each([
    ['JSON, read whole', JSON_CHUNKED],
    ['anything else, streamed', CHUNKED],
  ])('a body of unknown length may reach the limit and not pass it: %s', async (_what, headers) => {
    const send = async (length: number) => {
      const upload = new Upload(headers, { maxBodyBytes: LIMIT });
      const sent = (async () => sentBy(await upload.read()))();
      // It may fail before the last chunk is sent, and is looked at after it.
      sent.catch(() => {});
      for (let at = 0; at < length; at += 50 * KB) {
        upload.send(bytes(Math.min(50 * KB, length - at)));
        await turn();
      }
      upload.finish();
      return sent;
    };
    expect(await send(LIMIT)).toHaveLength(LIMIT);
    const error = await errorOf(send(LIMIT + 1));
    expect(error.status).toBe(413);
    expect(error.message).toContain('larger than 300KB; the setting limits.maxBody');
  });
});

describe('a caller that stops sending', () => {
  it.each([
    ['in the part that is read first', 0],
    ['while its body is streamed', 64 * KB],
  ])('is given up after the idle time: %s', async (_when, sentBefore) => {
    const upload = new Upload(CHUNKED);
    if (sentBefore > 0) upload.send(bytes(sentBefore));
    const sent = (async () => sentBy(await upload.read()))();
    const failed = errorOf(sent);
    await upload.clock.advance(IDLE_MS - 1);
    upload.send(bytes(1));
    await upload.clock.advance(IDLE_MS - 1);
    const early = await Promise.race([failed, turn().then(() => 'still waiting')]);
    expect(early).toBe('still waiting');
    await upload.clock.advance(1);
    expect((await failed).message).toBe('No byte of the body arrived for 60 s.');
    expect(upload.clock.nextAt()).toBeNull();
  });

  it('is not given up while it keeps sending, however slowly', async () => {
    const upload = new Upload(CHUNKED);
    const sent = (async () => sentBy(await upload.read()))();
    for (let minutes = 0; minutes < 20; minutes++) {
      await upload.clock.advance(IDLE_MS - 1);
      upload.send(bytes(1));
    }
    upload.finish();
    expect(await sent).toHaveLength(20);
    expect(upload.clock.nextAt()).toBeNull();
  });

  it.each([
    ['in the part that is read first', 0],
    ['while its body is streamed', 64 * KB],
  ])('by leaving is noticed at once: %s', async (_when, sentBefore) => {
    const upload = new Upload(CHUNKED);
    if (sentBefore > 0) upload.send(bytes(sentBefore));
    const failed = errorOf((async () => sentBy(await upload.read()))());
    await turn();
    upload.request.destroy();
    expect((await failed).message).toBe('The request ended before its body was complete.');
    expect(upload.clock.nextAt()).toBeNull();
  });
});
