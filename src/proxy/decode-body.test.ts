import { promisify } from 'node:util';
import { type BrotliOptions, brotliCompress, constants, deflate, deflateRaw, gzip, zstdCompress } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../random.ts';
import { decodeBody, decoderFor, listEncodings } from './decode-body.ts';

const MAX_BYTES = 64 * 1024;

/** The best quality takes seconds. */
const QUICKLY = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

const ENCODERS = {
  gzip: promisify<Buffer, Buffer>(gzip),
  'x-gzip': promisify<Buffer, Buffer>(gzip),
  deflate: promisify<Buffer, Buffer>(deflate),
  br: (body: Buffer) => promisify<Buffer, BrotliOptions, Buffer>(brotliCompress)(body, QUICKLY),
  zstd: promisify<Buffer, Buffer>(zstdCompress),
} as const;

type Encoding = keyof typeof ENCODERS;
const ENCODINGS = Object.keys(ENCODERS) as Encoding[];
const encode = (encoding: Encoding, body: Buffer): Promise<Buffer> => ENCODERS[encoding](body);

const MESSAGE = Buffer.from(JSON.stringify({ error: { message: 'quota exceeded', details: 'x'.repeat(2_000) } }));

describe.each(ENCODINGS)('%s', (encoding) => {
  it('is decoded', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5_000 }), async (bytes) => {
        const body = Buffer.from(bytes);
        const decoded = await decodeBody(await encode(encoding, body), encoding, MAX_BYTES);
        expect(decoded?.equals(body)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('that is cut gives what is there, or nothing; never something else', async () => {
    // Noise, so that there is much to cut, and more of it than one block of zstd.
    const random = seededRandom(1);
    const noise = Buffer.from(Array.from({ length: 200_000 }, () => random.next() * 256));
    const encoded = await encode(encoding, noise);
    let longest = 0;
    for (let cut = 0; cut < encoded.length; cut += 5_003) {
      const decoded = await decodeBody(encoded.subarray(0, cut), encoding, 1024 * 1024);
      if (decoded === null) continue;
      expect(decoded.equals(noise.subarray(0, decoded.length))).toBe(true);
      longest = Math.max(longest, decoded.length);
    }
    expect(longest).toBeGreaterThan(0);
  });

  it('that is damaged gives nothing and throws nothing', async () => {
    const encoded = Buffer.from(await encode(encoding, MESSAGE));
    encoded.fill(0xff, 0, 4);
    expect(await decodeBody(encoded, encoding, MAX_BYTES)).toBeNull();
    expect(await decodeBody(Buffer.from('{"error":"plain after all"}'), encoding, MAX_BYTES)).toBeNull();
  });

  it('that would decode to 16 MB is given up at the bound', async () => {
    const bomb = await encode(encoding, Buffer.alloc(16 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(MAX_BYTES);
    expect(await decodeBody(bomb, encoding, MAX_BYTES)).toBeNull();
  });

  it('has a decoder for streams', async () => {
    const decoder = decoderFor(encoding);
    if (decoder === null) throw new Error('there is none');
    decoder.end(await encode(encoding, MESSAGE));
    expect(Buffer.concat(await decoder.toArray()).equals(MESSAGE)).toBe(true);
  });
});

describe('content-encoding', () => {
  it.each<[string | null, string[] | null]>([
    [null, []],
    ['', []],
    ['identity', []],
    ['gzip', ['gzip']],
    [' GZip ', ['gzip']],
    ['gzip, identity, br', ['gzip', 'br']],
    ['gzip,br', ['gzip', 'br']],
    ['gzip, gzip, gzip', null],
  ])('%j', (value, encodings) => {
    expect(listEncodings(value)).toEqual(encodings);
  });

  it('of two layers is undone from the outside in', async () => {
    const twice = await encode('br', await encode('gzip', MESSAGE));
    expect((await decodeBody(twice, 'gzip, br', MAX_BYTES))?.equals(MESSAGE)).toBe(true);
    expect(await decodeBody(twice, 'br, gzip', MAX_BYTES)).toBeNull();
  });

  it('of three layers is not looked at', async () => {
    const body = await encode('gzip', await encode('gzip', await encode('gzip', MESSAGE)));
    expect(await decodeBody(body, 'gzip, gzip, gzip', MAX_BYTES)).toBeNull();
  });

  it('that we do not know is not looked at', async () => {
    for (const unknown of ['compress', 'aws-chunked', '__proto__', 'constructor', 'toString']) {
      expect(await decodeBody(MESSAGE, unknown, MAX_BYTES)).toBeNull();
      expect(decoderFor(unknown)).toBeNull();
    }
    expect(await decodeBody(await promisify(deflateRaw)(MESSAGE), 'deflate', MAX_BYTES)).toBeNull();
  });

  it('of none is the body itself, up to the bound', async () => {
    expect(await decodeBody(MESSAGE, null, MAX_BYTES)).toEqual(MESSAGE);
    expect(await decodeBody(MESSAGE, 'identity', 100)).toEqual(MESSAGE.subarray(0, 100));
  });
});
