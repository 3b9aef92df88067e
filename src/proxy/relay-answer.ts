import type { Lease } from '../key-pool/lease.ts';
import { HeaderList } from '../model/header-list.ts';
import type { Outcome } from '../model/outcome.ts';
import type { ReplySample } from '../providers/provider-adapter.ts';
import type { AttemptParts } from './attempt-parts.ts';
import { downstreamHeaders } from './headers.ts';
import { isEventStream, type Judgement, SERVED } from './judge-answer.ts';
import { maskerOf } from './key-masker.ts';
import { withOwnAddresses } from './own-addresses.ts';
import { relay } from './relay.ts';
import { ReplySampler } from './reply-sampler.ts';
import type { UpstreamReply } from './upstream-reply.ts';

/** An answer that was judged and not relayed yet. */
export interface JudgedReply extends Judgement {
  readonly reply: UpstreamReply;
}

/** Usage stands at the ends; ids of objects may stand anywhere in the beginning of a list. */
const USAGE_HEAD_BYTES = 4 * 1024;
const LIST_HEAD_BYTES = 64 * 1024;

/**
 * Hands a judged answer to the caller, whole or visibly cut, and says what the attempt came to. The headers given, flat,
 * take the place of those that tell when to call again.
 */
export async function relayAnswer(
  parts: AttemptParts,
  lease: Lease,
  judged: JudgedReply,
  retryHeaders: readonly string[] | null,
): Promise<Outcome> {
  const { exchange, to, adapter } = parts;
  const { reply, outcome } = judged;
  const headers = withOwnAddresses(parts, lease, downstreamHeaders(reply.headers));
  const showsObjects = reply.status < 300 && createsObjects(parts);
  if (showsObjects) rememberHomes(parts, lease, adapter.homedObjects.idsInHeaders(reply.headers));
  const allHeaders = withoutRetry(headers, retryHeaders);
  if (retryHeaders !== null) allHeaders.push(...retryHeaders);
  allHeaders.push(...parts.replyHeaders(lease));
  if (judged.replacement !== null) return sendReplacement(parts, judged, allHeaders);
  const events = isEventStream(reply);
  const sampler = samplerFor(reply, showsObjects);
  const masked = events || reply.status >= 400;
  const end = await relay(exchange, to, reply, {
    headers: allHeaders,
    masker: masked ? maskerOf(parts.sentSecrets, { errorEventsOnly: reply.status < 400 }) : null,
    sampler,
    streamError: events && takesAWord(reply) ? adapter.renderStreamError : null,
    clientStallMs: parts.clientStallMs,
  });
  if (end !== null) {
    exchange.end(end.end, end.message);
    return outcome.kind === 'served' ? end.outcome : outcome;
  }
  exchange.end('served');
  if (outcome.kind !== 'served' || sampler === null) return outcome;
  const sample = sampler.finish();
  if (!(sample instanceof Promise)) return learnFrom(parts, lease, sample, showsObjects);
  const learning = sample.then((decoded) => learnFrom(parts, lease, decoded, showsObjects));
  if (showsObjects) parts.homes.expect(parts.route.provider.name, learning);
  return learning;
}

/** What the ends of a served answer tell: its usage, and the objects it showed. */
function learnFrom(parts: AttemptParts, lease: Lease, sample: ReplySample | null, showsObjects: boolean): Outcome {
  const { exchange, adapter } = parts;
  if (sample === null) return SERVED;
  if (showsObjects) rememberHomes(parts, lease, adapter.homedObjects.idsIn(sample.head));
  const usage = adapter.readUsage(sample);
  exchange.usage = usage;
  return { kind: 'served', usage };
}

function rememberHomes({ homes, route }: AttemptParts, { group }: Lease, ids: readonly string[]): void {
  for (const id of ids) homes.remember({ provider: route.provider.name, id, group });
}

/** The error body of which a key was cut out is sent decoded and whole, with a length that is true. */
function sendReplacement({ exchange, to }: AttemptParts, judged: JudgedReply, headers: string[]): Outcome {
  const body = judged.replacement ?? Buffer.alloc(0);
  exchange.status = judged.reply.status;
  exchange.firstByteAt = exchange.clock.now();
  exchange.bytesOut += body.length;
  to.sendDate = false;
  const framed = without(headers, ['content-encoding', 'content-length']);
  to.writeHead(judged.reply.status, judged.reply.statusText, [...framed, 'content-length', String(body.length)]);
  to.end(body);
  exchange.end('served');
  return judged.outcome;
}

function samplerFor({ status, headers }: UpstreamReply, showsObjects: boolean): ReplySampler | null {
  if (status >= 300) return null;
  const contentType = headers.get('content-type') ?? '';
  if (!contentType.includes('json') && !contentType.startsWith('text/event-stream')) return null;
  return new ReplySampler(
    contentType,
    headers.get('content-encoding'),
    showsObjects ? LIST_HEAD_BYTES : USAGE_HEAD_BYTES,
  );
}

function createsObjects({ exchange, adapter, route }: AttemptParts): boolean {
  return adapter.homedObjects.creates(exchange.request.method ?? 'GET', route.path);
}

/** Whether bytes of ours may follow a broken body: not among compressed ones, and not to fill up a length. */
function takesAWord({ headers }: UpstreamReply): boolean {
  return headers.get('content-encoding') === null && headers.get('content-length') === null;
}

const RETRY_HEADERS = ['retry-after', 'retry-after-ms', 'x-should-retry'];

function withoutRetry(headers: string[], replacedBy: readonly string[] | null): string[] {
  return replacedBy === null ? headers : without(headers, RETRY_HEADERS);
}

function without(raw: readonly string[], names: readonly string[]): string[] {
  const kept: string[] = [];
  new HeaderList(raw).forEach((name, value, spelled) => {
    if (!names.includes(name)) kept.push(spelled, value);
  });
  return kept;
}
