import { createHash } from 'node:crypto';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startRecordingUpstream } from '../../support/recording-upstream.ts';
import { startTestRotato } from '../../support/running-rotato.ts';

const SEED = 20_251_121;
const MB = 1024 * 1024;

/** One body, small enough to be printed with a failure. */
interface BodyPlan {
  readonly kind: 'json' | 'broken json' | 'form' | 'binary' | 'gzip' | 'zstd';
  readonly bytes: number;
  readonly content: number;
  /** Sent in writes of about this size without a length; null to announce the length. */
  readonly pieceBytes: number | null;
}

const bodyPlan: fc.Arbitrary<BodyPlan> = fc.record({
  kind: fc.constantFrom('json', 'broken json', 'form', 'binary', 'gzip', 'zstd'),
  bytes: fc.oneof(
    { arbitrary: fc.constantFrom(0, 1, 2, 65_535, 65_536, 65_537), weight: 2 },
    { arbitrary: fc.integer({ min: 0, max: 70_000 }), weight: 4 },
    { arbitrary: fc.constantFrom(MB, 4 * MB - 1, 4 * MB, 4 * MB + 1), weight: 1 },
  ),
  content: fc.nat(),
  pieceBytes: fc.option(fc.constantFrom(1_000, 16_384, 65_536, MB), { nil: null }),
});

/** The same bytes for the same plan. */
function bodyOf({ kind, bytes, content }: BodyPlan): Buffer {
  const noise = createHash('shake256', { outputLength: Math.max(1, bytes) })
    .update(`${content}`)
    .digest();
  const raw = noise.subarray(0, bytes);
  switch (kind) {
    case 'json':
      return Buffer.from(`{"model":"m${content}","stream":false,"input":"${raw.toString('base64')} é\\"🙂"}`);
    case 'broken json':
      return Buffer.from(`{"model":"m","input":"${raw.toString('base64')}`);
    case 'form':
      return Buffer.concat([
        Buffer.from('--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nm\r\n--b\r\n\r\n'),
        raw,
        Buffer.from('\r\n--b--\r\n'),
      ]);
    case 'binary':
      return raw;
    case 'gzip':
      return gzipSync(raw, { level: 1 });
    case 'zstd':
      return zstdCompressSync(raw);
  }
}

function headersOf({ kind }: BodyPlan): Record<string, string> {
  switch (kind) {
    case 'json':
    case 'broken json':
      return { 'content-type': 'application/json' };
    case 'form':
      return { 'content-type': 'multipart/form-data; boundary=b' };
    case 'binary':
      return {};
    default:
      return { 'content-type': 'application/octet-stream', 'content-encoding': kind };
  }
}

function pieces(body: Buffer, pieceBytes: number): Buffer[] {
  const cut: Buffer[] = [];
  for (let at = 0; at < body.length; at += pieceBytes) cut.push(body.subarray(at, at + pieceBytes));
  return cut;
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

const resources = new AsyncDisposableStack();
let port = 0;
let answer: { readonly plan: BodyPlan; readonly body: Buffer };
let upstream: Awaited<ReturnType<typeof startRecordingUpstream>>;
const agent = new Agent({ keepAlive: true });
beforeAll(async () => {
  upstream = resources.use(
    await startRecordingUpstream(() => {
      const { plan, body } = answer;
      const headers = Object.entries(headersOf(plan)).flat();
      return { headers, body: plan.pieceBytes === null ? body : pieces(body, plan.pieceBytes) };
    }),
  );
  const keys = [{ key: 'ZZZ-key-a' }, { key: 'ZZZ-key-b' }];
  const openai = { baseUrl: `${upstream.url}/v1`, allowPrivateAddress: true, keys };
  const rotato = resources.use(await startTestRotato({ providers: { openai } }));
  port = rotato.port;
});
afterAll(async () => {
  agent.destroy();
  await resources.disposeAsync();
});

/** Sends a body as planned and returns what came back. */
function send(plan: BodyPlan, body: Buffer): Promise<{ status: number | undefined; body: Buffer }> {
  const { pieceBytes } = plan;
  const length = pieceBytes === null ? { 'content-length': body.length } : { 'transfer-encoding': 'chunked' };
  const headers = { ...headersOf(plan), ...length };
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, agent, method: 'POST', path: '/openai/anything', headers }, (reply) => {
      void readAll(reply).then((received) => resolve({ status: reply.statusCode, body: received }), reject);
    });
    request.once('error', reject);
    for (const piece of pieceBytes === null ? [body] : pieces(body, pieceBytes)) request.write(piece);
    request.end();
  });
}

async function readAll(reply: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of reply) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

it('a hundred bodies are the same on the other side, both ways', { timeout: 60_000 }, async () => {
  const property = fc.asyncProperty(bodyPlan, bodyPlan, async (up, back) => {
    answer = { plan: back, body: bodyOf(back) };
    const sent = bodyOf(up);
    const { status, body } = await send(up, sent);
    expect(status).toBe(200);
    expect(sha256(body)).toBe(sha256(answer.body));
    expect(upstream.requests.at(-1)?.bodySha256).toBe(sha256(sent));
  });
  // Shrinking would send megabytes again and again.
  await fc.assert(property, { seed: SEED, numRuns: 100, endOnFailure: true });
  expect(upstream.requests).toHaveLength(100);
  const sizes = upstream.requests.map(({ bodyBytes }) => bodyBytes);
  expect(Math.min(...sizes)).toBe(0);
  expect(Math.max(...sizes)).toBeGreaterThan(4 * MB);
});
