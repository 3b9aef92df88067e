import type { Lease } from '../key-pool/lease.ts';
import { HeaderList } from '../model/header-list.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Secret } from '../model/secret.ts';
import type { ProviderAdapter } from '../providers/provider-adapter.ts';
import { decodeBody } from './decode-body.ts';
import { readFirstEvent } from './event-stream.ts';
import type { Exchange, Reply } from './exchange.ts';
import type { Fault } from './fault.ts';
import { downstreamHeaders } from './headers.ts';
import { KeyMasker, maskKeysInForce } from './key-masker.ts';
import type { ObjectHomes } from './object-homes.ts';
import { withOwnAddresses } from './own-addresses.ts';
import { relay } from './relay.ts';
import { ReplySampler } from './reply-sampler.ts';
import type { RequestBody } from './request-body.ts';
import { joinTarget, type Route } from './route-request.ts';
import type { UpstreamClient } from './upstream-client.ts';
import type { UpstreamReply } from './upstream-reply.ts';

/** What all attempts of one exchange share. */
export interface AttemptParts {
  readonly exchange: Exchange;
  readonly to: Reply;
  readonly route: Route;
  readonly body: RequestBody;
  readonly adapter: ProviderAdapter;
  readonly upstream: UpstreamClient;
  readonly homes: ObjectHomes;
  /** Flat, in the caller's order, without any credential. */
  readonly headers: readonly string[];
  /** The caller named an organisation itself, so that a reply's organisation tells nothing about the key. */
  readonly organisationChosen: boolean;
  /** Keys an upstream must not quote back: those this exchange was sent with, and any other in force. */
  readonly sentSecrets: Secret[];
  readonly keysInForce: ReadonlySet<string>;
  readonly clientStallMs: number;
  /** Headers of ours on every reply, flat. */
  readonly replyHeaders: (lease: Lease) => string[];
}

/** How an attempt left things. `answer` and `fault` are both null when the caller has been served, whole or cut. */
export interface AttemptResult {
  readonly outcome: Outcome;
  /** An answer that was classified and kept, to be relayed should it be the last word. */
  readonly answer: KeptAnswer | null;
  readonly fault: Fault | null;
}

export interface KeptAnswer {
  readonly outcome: Outcome;
  /** Hands it to the caller. The headers given, flat, take the place of those that tell when to call again. */
  relay(retryHeaders: readonly string[] | null): Promise<Outcome>;
  discard(): void;
}

const CLASSIFIED_BYTES = 64 * 1024;
const CLASSIFY_ERROR_MS = 1_000;
const CLASSIFY_EVENT_MS = 2_000;
/** Usage stands at the ends; ids of objects may stand anywhere in the beginning of a list. */
const USAGE_HEAD_BYTES = 4 * 1024;

/**
 * One try with one key: send, wait for the head, classify, and relay unless `wanted` says that another try may follow.
 * The lease lives until the last byte was relayed and is settled here, once, whatever happens.
 */
export async function attempt(
  parts: AttemptParts,
  lease: Lease,
  mayTryAgain: (outcome: Outcome, status: number | null) => boolean,
): Promise<AttemptResult> {
  const { exchange, adapter, upstream } = parts;
  const startedAt = exchange.clock.now();
  exchange.attemptsStarted++;
  const reply = upstream.send(requestFor(parts, lease));
  let outcome: Outcome = { kind: 'caller-left' };
  let fault: Fault | null = null;
  try {
    fault = await reply.head;
    if (fault !== null) {
      outcome = fault.outcome;
      if (fault.refusal !== undefined) throw fault.refusal;
      return { outcome, answer: null, fault };
    }
    const organisation = parts.organisationChosen ? null : adapter.organisationOf(reply.headers);
    lease.observe(adapter.readLimits(reply.headers, exchange.clock.wallNow()), organisation);
    const judged = await judge(parts, reply);
    outcome = judged.outcome;
    if (outcome.kind !== 'served' && mayTryAgain(outcome, reply.status)) {
      return { outcome, answer: keep(parts, lease, { reply, ...judged }), fault: null };
    }
    if (outcome.kind === 'served') lease.accepted();
    outcome = await relayAnswer(parts, lease, { reply, ...judged }, null);
    return { outcome, answer: null, fault: null };
  } finally {
    lease.settle(outcome);
    exchange.attempts.push({
      keyLabel: lease.key.label,
      group: lease.group,
      status: reply.status === 0 ? null : reply.status,
      outcome: outcome.kind,
      reason: 'reason' in outcome ? outcome.reason : (fault?.message ?? ''),
      startedAt,
      durationMs: exchange.clock.now() - startedAt,
      chosen: lease.decision.chosen,
    });
  }
}

function requestFor(parts: AttemptParts, lease: Lease) {
  const { exchange, route, adapter, body } = parts;
  const url = lease.key.baseUrl ?? route.provider.baseUrl;
  const { secret } = lease.key;
  if (secret !== null) parts.sentSecrets.push(secret);
  const headers = secret === null ? [...parts.headers] : [...parts.headers, ...adapter.authorize(secret)];
  return {
    provider: route.provider,
    url,
    method: exchange.request.method ?? 'GET',
    target: joinTarget(url.path, route.path, adapter.besideVersion),
    headers,
    body: body.open(),
    signal: exchange.signal,
    onSent: () => lease.sent(),
  };
}

/** What was found out about an answer before its first byte may go on. */
interface Judgement {
  readonly outcome: Outcome;
  /** The whole body with keys hidden, where that needed decoding it; null where it passes as it came. */
  readonly replacement: Buffer | null;
}

const SERVED: Outcome = { kind: 'served', usage: null };

async function judge(parts: AttemptParts, reply: UpstreamReply): Promise<Judgement> {
  if (reply.status >= 400) return judgeRefusal(parts, reply);
  const { adapter } = parts;
  if (reply.status === 200 && adapter.errorsInStream && isEventStream(reply)) {
    const first = await firstEvent(parts, reply);
    const outcome = first === null ? null : adapter.classifyEvent(first.event, first.data);
    return { outcome: outcome ?? SERVED, replacement: null };
  }
  return { outcome: SERVED, replacement: null };
}

async function judgeRefusal(parts: AttemptParts, reply: UpstreamReply): Promise<Judgement> {
  const { adapter, exchange } = parts;
  const raw = await peek(parts, reply, { ms: CLASSIFY_ERROR_MS, enough: async () => false });
  const encoding = reply.headers.get('content-encoding');
  const decoded = encoding === null ? raw : await decodeBody(raw, encoding, CLASSIFIED_BYTES);
  const outcome = adapter.classify({
    status: reply.status,
    headers: reply.headers,
    body: (decoded ?? raw).toString('utf8'),
    receivedAt: exchange.clock.wallNow(),
  });
  if (!reply.ended || decoded === null) return { outcome, replacement: null };
  const masked = maskKeysInForce(hideSentKeys(parts, decoded), parts.keysInForce);
  return { outcome, replacement: masked.equals(decoded) ? null : masked };
}

function hideSentKeys(parts: AttemptParts, body: Buffer): Buffer {
  const masker = maskerFor(parts, { errorEventsOnly: false });
  const masked = masker.push(body);
  const rest = masker.flush();
  return rest.length === 0 ? masked : Buffer.concat([masked, rest]);
}

async function firstEvent(parts: AttemptParts, reply: UpstreamReply) {
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

/** An answer that was judged and not relayed yet. */
interface JudgedReply extends Judgement {
  readonly reply: UpstreamReply;
}

function keep(parts: AttemptParts, lease: Lease, judged: JudgedReply): KeptAnswer {
  return {
    outcome: judged.outcome,
    relay: (retryHeaders) => relayAnswer(parts, lease, judged, retryHeaders),
    discard: () => judged.reply.abort(new Error('Another answer took the place of this one.')),
  };
}

async function relayAnswer(
  parts: AttemptParts,
  lease: Lease,
  judged: JudgedReply,
  retryHeaders: readonly string[] | null,
): Promise<Outcome> {
  const { exchange, to, adapter } = parts;
  const { reply, outcome } = judged;
  const headers = withOwnAddresses(parts, lease, downstreamHeaders(reply.headers));
  if (reply.status < 300 && createsObjects(parts)) {
    rememberHomes(parts, lease, adapter.homedObjects.idsInHeaders(reply.headers));
  }
  const own = [...(retryHeaders ?? []), ...parts.replyHeaders(lease)];
  if (judged.replacement !== null)
    return sendReplacement(parts, judged, [...withoutRetry(headers, retryHeaders), ...own]);
  const events = isEventStream(reply);
  const sampler = samplerFor(parts, reply);
  const end = await relay(exchange, to, reply, {
    headers: [...withoutRetry(headers, retryHeaders), ...own],
    masker: events || reply.status >= 400 ? maskerFor(parts, { errorEventsOnly: reply.status < 400 }) : null,
    sampler,
    streamError: events && takesAWord(reply) ? (message) => adapter.renderStreamError(message) : null,
    clientStallMs: parts.clientStallMs,
  });
  if (end !== null) {
    exchange.end(end.end, end.message);
    return outcome.kind === 'served' ? end.outcome : outcome;
  }
  exchange.end('served');
  if (outcome.kind !== 'served') return outcome;
  const learning = learnFrom(parts, lease, sampler);
  if (createsObjects(parts)) parts.homes.expect(parts.route.provider.name, learning);
  return learning;
}

/** What the ends of a served answer tell: its usage, the objects it showed, an error that came in the middle. */
async function learnFrom(parts: AttemptParts, lease: Lease, sampler: ReplySampler | null): Promise<Outcome> {
  const { exchange, adapter } = parts;
  const sample = (await sampler?.finish()) ?? null;
  if (sample === null) return SERVED;
  if (createsObjects(parts)) rememberHomes(parts, lease, adapter.homedObjects.idsIn(sample.head));
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

function samplerFor(parts: AttemptParts, reply: UpstreamReply): ReplySampler | null {
  if (reply.status >= 300) return null;
  const contentType = reply.headers.get('content-type') ?? '';
  if (!contentType.includes('json') && !contentType.startsWith('text/event-stream')) return null;
  const headBytes = createsObjects(parts) ? CLASSIFIED_BYTES : USAGE_HEAD_BYTES;
  return new ReplySampler(contentType, reply.headers.get('content-encoding'), headBytes);
}

function createsObjects({ exchange, adapter, route }: AttemptParts): boolean {
  return adapter.homedObjects.creates(exchange.request.method ?? 'GET', route.path);
}

function maskerFor(parts: AttemptParts, options: { errorEventsOnly: boolean }): KeyMasker {
  const keys = parts.sentSecrets.map((secret) => Buffer.from(secret.reveal(), 'latin1'));
  return new KeyMasker(keys, options);
}

function isEventStream({ headers }: UpstreamReply): boolean {
  return headers.get('content-type')?.startsWith('text/event-stream') ?? false;
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
