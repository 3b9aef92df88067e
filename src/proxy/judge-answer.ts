import type { Outcome } from '../model/outcome.ts';
import type { AttemptParts } from './attempt-parts.ts';
import { decodeBody } from './decode-body.ts';
import { type FirstEvent, readFirstEvent } from './event-stream.ts';
import { maskerOf, maskKeysInForce } from './key-masker.ts';
import type { UpstreamReply } from './upstream-reply.ts';

/** What was found out about an answer before its first byte may go on. */
export interface Judgement {
  readonly outcome: Outcome;
  /** The organisation the answer says it was metered under; null where it does not say. */
  readonly organisation: string | null;
  /** The whole body with keys hidden, where that changed it; null where it passes as it came. */
  readonly replacement: Buffer | null;
}

export const SERVED: Outcome = { kind: 'served', usage: null };

const CLASSIFIED_BYTES = 64 * 1024;
const CLASSIFY_ERROR_MS = 1_000;
const CLASSIFY_EVENT_MS = 2_000;

/** Whether an answer must be looked into before it may go on; every other one is served, whatever it says. */
export function needsALook({ adapter }: AttemptParts, reply: UpstreamReply): boolean {
  return reply.status >= 400 || (reply.status === 200 && adapter.errorsInStream && isEventStream(reply));
}

/** Looks into the beginning of an answer and puts it back. */
export function judgeAnswer(parts: AttemptParts, reply: UpstreamReply): Promise<Judgement> {
  return reply.status >= 400 ? judgeRefusal(parts, reply) : judgeStream(parts, reply);
}

export function isEventStream({ headers }: UpstreamReply): boolean {
  return headers.get('content-type')?.startsWith('text/event-stream') ?? false;
}

async function judgeRefusal(parts: AttemptParts, reply: UpstreamReply): Promise<Judgement> {
  const { adapter, exchange } = parts;
  const raw = await peek(parts, reply, { ms: CLASSIFY_ERROR_MS, enough: async () => false });
  const encoding = reply.headers.get('content-encoding');
  const decoded = encoding === null ? raw : await decodeBody(raw, encoding, CLASSIFIED_BYTES);
  // Keys are hidden first: what is classified is what ends up in logs.
  const masked = maskKeysInForce(hideSentKeys(parts, decoded ?? raw), parts.keysInForce);
  const body = masked.toString('utf8');
  const { status, headers } = reply;
  return {
    outcome: adapter.classify({ status, headers, body, receivedAt: exchange.clock.wallNow() }),
    organisation: adapter.organisationOf(headers, body),
    replacement: reply.ended && decoded !== null && !masked.equals(decoded) ? masked : null,
  };
}

function hideSentKeys({ sentSecrets }: AttemptParts, body: Buffer): Buffer {
  return maskerOf(sentSecrets, { errorEventsOnly: false }).maskWhole(body);
}

async function judgeStream(parts: AttemptParts, reply: UpstreamReply): Promise<Judgement> {
  const { adapter } = parts;
  const first = await firstEvent(parts, reply);
  const outcome = first === null ? null : adapter.classifyEvent(first.event, first.data);
  return { outcome: outcome ?? SERVED, organisation: adapter.organisationOf(reply.headers), replacement: null };
}

async function firstEvent(parts: AttemptParts, reply: UpstreamReply): Promise<FirstEvent | null> {
  const encoding = reply.headers.get('content-encoding');
  const read = async (bytes: Buffer) => {
    const decoded = encoding === null ? bytes : await decodeBody(bytes, encoding, CLASSIFIED_BYTES);
    return readFirstEvent((decoded ?? bytes).toString('utf8'));
  };
  const enough = async (bytes: Buffer) => (await read(bytes)) !== null;
  return read(await peek(parts, reply, { ms: CLASSIFY_EVENT_MS, enough }));
}

interface PeekUntil {
  readonly ms: number;
  readonly enough: (bytes: Buffer) => Promise<boolean>;
}

/** The beginning of a body, put back afterwards: until it ends, is enough, reaches 64 KB, or time is up. */
function peek({ exchange }: AttemptParts, reply: UpstreamReply, until: PeekUntil): Promise<Buffer> {
  return new Promise((resolve) => {
    const seen: Buffer[] = [];
    let length = 0;
    let done = false;
    let looking = false;
    const finish = () => {
      if (done) return;
      done = true;
      timer.cancel();
      reply.detach(seen);
      resolve(Buffer.concat(seen, length));
    };
    const look = async () => {
      looking = true;
      for (let lookedAt = 0; lookedAt < length && !done; ) {
        // Once for all that comes in one turn: chunks of one byte must not cost a look each.
        await Promise.resolve();
        lookedAt = length;
        if (await until.enough(seen.length === 1 ? (seen[0] as Buffer) : Buffer.concat(seen, length))) finish();
      }
      looking = false;
    };
    const timer = exchange.clock.setTimer(until.ms, finish);
    reply.attach({
      data(chunk) {
        seen.push(chunk);
        length += chunk.length;
        if (length >= CLASSIFIED_BYTES) finish();
        else if (!looking) void look();
        return !done;
      },
      end: finish,
      fail: finish,
    });
  });
}
