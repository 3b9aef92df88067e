import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { LoggedRequest } from './request-log.ts';

/** More than any vendor accepts; what exceeds it is hashed and forgotten. */
const MOST_BODY_BYTES = 256 * 1_024 * 1_024;

/** Reads to the end, noting length and SHA-256 in the log. Rejects when the client leaves before. */
export async function readBody(req: IncomingMessage, entry: LoggedRequest): Promise<Buffer> {
  const hash = createHash('sha256');
  const chunks: Buffer[] = [];
  for await (const piece of req) {
    const chunk = piece as Buffer;
    hash.update(chunk);
    entry.bodyBytes += chunk.length;
    if (entry.bodyBytes <= MOST_BODY_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  }
  entry.bodySha256 = hash.digest('hex');
  entry.rawTrailers = req.rawTrailers;
  return Buffer.concat(chunks);
}
