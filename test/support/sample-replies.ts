import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { PlannedReply } from './recording-upstream.ts';

/** What vendors send along, in spellings and repetitions that a proxy is tempted to tidy up. */
const VENDOR_HEADERS: readonly string[] = [
  ...['Date', 'Fri, 21 Nov 2025 10:00:00 GMT', 'x-request-id', 'req_123', 'OpenAI-Processing-Ms', '12'],
  ...['X-Content-Type-Options', 'nosniff', 'Vary', 'Origin', 'vary', 'Accept-Encoding', 'X-Empty', ''],
  ...['Server', 'cloudflare', 'CF-RAY', '8f00-FRA', 'alt-svc', 'h3=":443"; ma=86400', 'ETag', 'W/"0"'],
];
/** And what is not for the caller. */
const WITHHELD_HEADERS: readonly string[] = ['Set-Cookie', '__cf_bm=1', 'Access-Control-Allow-Origin', '*'];

const ENCODINGS: readonly (readonly [name: string, encode: (bytes: Buffer) => Buffer])[] = [
  ['gzip', (bytes) => gzipSync(bytes)],
  ['br', (bytes) => brotliCompressSync(bytes)],
  ['zstd', (bytes) => zstdCompressSync(bytes)],
  ['deflate', (bytes) => deflateSync(bytes)],
];

/** A reply with this content; `variant` goes through every encoding and both framings. */
export function sampleReply(variant: number, contentType: string, content: Buffer | string): PlannedReply {
  const encoding = ENCODINGS[variant % (ENCODINGS.length + 1)];
  const bytes = encoding === undefined ? Buffer.from(content) : encoding[1](Buffer.from(content));
  const headers = ['Content-Type', contentType, ...(encoding === undefined ? [] : ['Content-Encoding', encoding[0]])];
  const chunked = variant % 2 === 1;
  return {
    headers: [...VENDOR_HEADERS, ...headers, ...WITHHELD_HEADERS],
    body: chunked ? inThree(bytes) : bytes,
  };
}

function inThree(bytes: Buffer): Buffer[] {
  const third = Math.ceil(bytes.length / 3);
  return [0, 1, 2].map((at) => bytes.subarray(at * third, (at + 1) * third)).filter(({ length }) => length > 0);
}

/** What every list, object and event of a vendor can be read from. */
export const SAMPLE_OBJECT = JSON.stringify({
  id: 'obj_1',
  object: 'sample',
  type: 'sample',
  name: 'Grüße, 世界 🙂',
  data: [{ id: 'obj_2', embedding: [0.5, -1] }],
  has_more: false,
  usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
});
