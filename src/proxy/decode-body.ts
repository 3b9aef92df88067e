import type { Transform } from 'node:stream';
import { promisify } from 'node:util';
import {
  brotliDecompress,
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
  gunzip,
  inflate,
  zstdDecompress,
} from 'node:zlib';

/** Longer chains exist only to burn CPU (CVE-2026-22036). */
const MOST_ENCODINGS = 2;

/**
 * A decoded side copy of a body, or of its beginning, for our own eyes; what is relayed is never touched. Null where
 * it cannot be decoded. The result is at most `maxBytes` long, however well the input was compressed.
 */
export async function decodeBody(
  body: Buffer,
  contentEncoding: string | null,
  maxBytes: number,
): Promise<Buffer | null> {
  const encodings = listEncodings(contentEncoding);
  if (encodings === null) return null;
  let decoded: Buffer | null = body;
  for (const encoding of encodings.reverse()) {
    decoded = await decodeOnce(decoded, encoding, maxBytes);
    if (decoded === null) return null;
  }
  return decoded.subarray(0, maxBytes);
}

/** The encodings in the order they were applied; empty for none, null where there are too many. */
export function listEncodings(contentEncoding: string | null): string[] | null {
  if (contentEncoding === null) return [];
  const encodings = contentEncoding
    .split(',')
    .map((encoding) => encoding.trim().toLowerCase())
    .filter((encoding) => encoding !== '' && encoding !== 'identity');
  return encodings.length > MOST_ENCODINGS ? null : encodings;
}

/** A decoder for one encoding as a stream; null for one we do not know. */
export function decoderFor(encoding: string): Transform | null {
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
    case 'deflate':
      return createInflate({ finishFlush: constants.Z_SYNC_FLUSH });
    case 'br':
      return createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH });
    case 'zstd':
      return createZstdDecompress({ finishFlush: constants.ZSTD_e_flush });
    default:
      return null;
  }
}

const ONE_SHOT = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
} as const;

async function decodeOnce(body: Buffer, encoding: string, maxBytes: number): Promise<Buffer | null> {
  if (!Object.hasOwn(ONE_SHOT, encoding)) return null;
  const decode = ONE_SHOT[encoding as keyof typeof ONE_SHOT] as (
    body: Buffer,
    options: { maxOutputLength: number; finishFlush: number },
  ) => Promise<Buffer>;
  const finishFlush =
    encoding === 'br'
      ? constants.BROTLI_OPERATION_FLUSH
      : encoding === 'zstd'
        ? constants.ZSTD_e_flush
        : constants.Z_SYNC_FLUSH;
  try {
    return await decode(body, { maxOutputLength: maxBytes, finishFlush });
  } catch {
    // Damaged, or larger than we care to look at: the body is relayed as it is and simply not understood.
    return null;
  }
}
