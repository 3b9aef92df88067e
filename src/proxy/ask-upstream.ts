import type { HeaderList } from '../model/header-list.ts';
import { decodeBody } from './decode-body.ts';
import type { UpstreamClient, UpstreamRequest } from './upstream-client.ts';

/** A short answer to a question of our own, read whole. */
export interface ShortAnswer {
  readonly status: number;
  readonly headers: HeaderList;
  /** Decoded, and cut where it was longer than what was to be read of it. */
  readonly body: string;
}

const MOST_BODY_BYTES = 64 * 1024;

/** Sends a request of our own making, by the same way and rules as callers' requests; null when no answer came. */
export async function askUpstream(
  client: UpstreamClient,
  request: UpstreamRequest,
  mostBytes = MOST_BODY_BYTES,
): Promise<ShortAnswer | null> {
  const reply = client.send(request);
  if ((await reply.head) !== null) return null;
  const raw = await new Promise<Buffer | null>((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = () => resolve(Buffer.concat(chunks, length).subarray(0, mostBytes));
    reply.attach({
      data(chunk) {
        chunks.push(chunk);
        length += chunk.length;
        if (length < mostBytes) return true;
        finish();
        reply.abort(new Error('The rest of the answer is not needed.'));
        return false;
      },
      end: finish,
      fail: () => resolve(null),
    });
  });
  if (raw === null) return null;
  const decoded = await decodeBody(raw, reply.headers.get('content-encoding'), mostBytes);
  return { status: reply.status, headers: reply.headers, body: (decoded ?? raw).toString('utf8') };
}
