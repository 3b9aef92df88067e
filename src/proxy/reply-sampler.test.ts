import { promisify } from 'node:util';
import { type BrotliOptions, brotliCompress, constants, deflate, gzip, zstdCompress } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReplySample } from '../providers/provider-adapter.ts';
import { seededRandom } from '../random.ts';
import { ReplySampler } from './reply-sampler.ts';

const HEAD_BYTES = 4 * 1024;
const TAIL_BYTES = 8 * 1024;

const ENCODERS = {
  gzip: promisify<Buffer, Buffer>(gzip),
  deflate: promisify<Buffer, Buffer>(deflate),
  br: (body: Buffer) =>
    promisify<Buffer, BrotliOptions, Buffer>(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  zstd: promisify<Buffer, Buffer>(zstdCompress),
} as const;

/** Text of as many bytes, with letters of one to four of them, so that the ends may fall into one. */
function textOf(length: number): Buffer {
  const random = seededRandom(length);
  const letters = ['a', '"', '{', '\n', 'é', '€', '🔑'];
  let text = '';
  while (text.length < length) text += letters[Math.floor(random.next() * letters.length)];
  return Buffer.from(text).subarray(0, length);
}

function cutInto(body: Buffer, shares: readonly number[]): Buffer[] {
  const cuts = [0, ...shares.map((share) => Math.floor(share * body.length)), body.length].sort((a, b) => a - b);
  return cuts.slice(1).map((end, nth) => body.subarray(cuts[nth], end));
}

async function sampleOf(chunks: readonly Buffer[], encoding: string | null): Promise<ReplySample | null> {
  const sampler = new ReplySampler('application/json', encoding, HEAD_BYTES);
  for (const chunk of chunks) {
    sampler.push(chunk);
    // Decoding falls behind a body that comes all at once, and is then given up.
    if (encoding !== null) await new Promise((resolve) => setImmediate(resolve));
  }
  return sampler.finish();
}

const endsOf = (body: Buffer): ReplySample => ({
  contentType: 'application/json',
  head: body.toString('utf8', 0, HEAD_BYTES),
  tail: body.toString('utf8', Math.max(0, body.length - TAIL_BYTES)),
});

const lengths = fc.oneof(
  fc.integer({ min: 1, max: 100 }),
  fc.integer({ min: 1, max: 40_000 }),
  fc.constantFrom(HEAD_BYTES - 1, HEAD_BYTES, HEAD_BYTES + 1, TAIL_BYTES - 1, TAIL_BYTES, TAIL_BYTES + 1),
);
const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

describe('the sample', () => {
  it('is the two ends of the whole, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(lengths, shares, async (length, cuts) => {
        const body = textOf(length);
        const chunks = cutInto(body, cuts).filter((chunk) => chunk.length > 0);
        expect(await sampleOf(chunks, null)).toEqual(endsOf(body));
      }),
      { numRuns: 200 },
    );
  });

  it.each(Object.entries(ENCODERS))('is that of the decoded body: %s', async (encoding, encode) => {
    await fc.assert(
      fc.asyncProperty(lengths, shares, async (length, cuts) => {
        const body = textOf(length);
        const chunks = cutInto(await encode(body), cuts).filter((chunk) => chunk.length > 0);
        expect(await sampleOf(chunks, encoding.toUpperCase())).toEqual(endsOf(body));
      }),
      { numRuns: 30 },
    );
  });

  it('leaves the chunks alone, and keeps its own copy of more than one', async () => {
    const sampler = new ReplySampler('application/json', null, HEAD_BYTES);
    const first = Buffer.from('first ');
    const second = Buffer.from('second');
    sampler.push(first);
    sampler.push(second);
    expect([first.toString(), second.toString()]).toEqual(['first ', 'second']);
    second.fill(0x78);
    expect(await sampler.finish()).toMatchObject({ head: 'first second', tail: 'first second' });
  });

  it('of a body that broke off in the middle of its encoding is of what came', async () => {
    const encoded = await ENCODERS.gzip(textOf(40_000));
    const sample = await sampleOf([encoded.subarray(0, encoded.length - 100)], 'gzip');
    expect(sample?.head).toBe(endsOf(textOf(40_000)).head);
  });
});

describe('there is no sample', () => {
  it.each([
    ['of nothing', [], null],
    ['of nothing, encoded', [], 'gzip'],
    ['of an encoding we do not know', [Buffer.from('text')], 'compress'],
    ['of two encodings', [Buffer.from('text')], 'gzip, br'],
    ['of three encodings', [Buffer.from('text')], 'gzip, br, gzip'],
    ['of a body that is not what its encoding says', [Buffer.from('{"plain":"after all"}')], 'gzip'],
  ])('%s', async (_what, chunks, encoding) => {
    expect(await sampleOf(chunks, encoding)).toBeNull();
  });

  it('of a body whose encoding is damaged further down: its end is not its end', async () => {
    const encoded = Buffer.from(await ENCODERS.gzip(textOf(200_000)));
    const middle = Math.floor(encoded.length / 2);
    encoded.fill(0xff, middle, middle + 64);
    expect(await sampleOf(cutInto(encoded, [0.2, 0.4, 0.6, 0.8]), 'gzip')).toBeNull();
  });

  it('of a body that decodes to more than 64 MB', async () => {
    const bomb = await ENCODERS.br(Buffer.alloc(70 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(1024);
    expect(await sampleOf([bomb], 'br')).toBeNull();
  });

  it('of a body that arrives faster than it can be decoded', async () => {
    const random = seededRandom(1);
    const noise = Buffer.from(Array.from({ length: 300_000 }, () => random.next() * 256));
    const encoded = await ENCODERS.gzip(noise);
    const sampler = new ReplySampler('application/json', 'gzip', HEAD_BYTES);
    for (let nth = 0; nth < 6; nth++) sampler.push(encoded);
    expect(await sampler.finish()).toBeNull();
  });
});
