import type { Lease } from '../key-pool/lease.ts';
import type { Outcome } from '../model/outcome.ts';
import type { AttemptParts } from './attempt-parts.ts';
import { recordAttempt } from './attempt-record.ts';
import type { Fault } from './fault.ts';
import { type Judgement, judgeAnswer, needsALook, SERVED } from './judge-answer.ts';
import { type JudgedReply, relayAnswer } from './relay-answer.ts';
import { joinTarget } from './route-request.ts';
import type { UpstreamReply } from './upstream-reply.ts';

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

/**
 * One try with one key: send, wait for the head, classify, and relay unless `mayTryAgain` says that another try may
 * follow. The lease lives until the last byte was relayed and is settled here, once, whatever happens.
 */
export async function attempt(
  parts: AttemptParts,
  lease: Lease,
  mayTryAgain: (outcome: Outcome, status: number | null) => boolean,
): Promise<AttemptResult> {
  const { exchange, adapter, upstream } = parts;
  const startedAt = exchange.clock.now();
  exchange.attemptsStarted++;
  let headAt: number | null = null;
  const reply = upstream.send(requestFor(parts, lease));
  let outcome: Outcome = { kind: 'caller-left' };
  let fault: Fault | null = null;
  try {
    fault = await reply.head;
    if (fault === null) headAt = exchange.clock.now();
    if (fault !== null) {
      outcome = fault.outcome;
      if (fault.refusal !== undefined) throw fault.refusal;
      return { outcome, answer: null, fault };
    }
    const judged = needsALook(parts, reply) ? await judgeAnswer(parts, reply) : servedAtOnce(parts, reply);
    const organisation = parts.organisationChosen ? null : judged.organisation;
    lease.observe(adapter.readLimits(reply.headers, exchange.clock.wallNow()), organisation);
    outcome = judged.outcome;
    if (outcome.kind !== 'served' && mayTryAgain(outcome, reply.status)) {
      return { outcome, answer: keep(parts, lease, { reply, ...judged }), fault: null };
    }
    if (outcome.kind === 'served') lease.accepted();
    outcome = await relayAnswer(parts, lease, { reply, ...judged }, null);
    return { outcome, answer: null, fault: null };
  } finally {
    lease.settle(outcome);
    const status = reply.status === 0 ? null : reply.status;
    const ended = { outcome, fault: fault?.message ?? null, status, startedAt, headAt };
    exchange.attempts.push(recordAttempt(exchange, lease, ended));
  }
}

function requestFor(parts: AttemptParts, lease: Lease) {
  const { exchange, route, adapter, body } = parts;
  const url = lease.key.baseUrl ?? route.provider.baseUrl;
  const { secret } = lease.key;
  if (secret !== null) parts.sentSecrets.push(secret);
  const headers = secret === null ? parts.headers.slice() : parts.headers.concat(adapter.authorize(secret));
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

function servedAtOnce({ adapter }: AttemptParts, { headers }: UpstreamReply): Judgement {
  return { outcome: SERVED, organisation: adapter.organisationOf(headers), replacement: null };
}

function keep(parts: AttemptParts, lease: Lease, judged: JudgedReply): KeptAnswer {
  return {
    outcome: judged.outcome,
    relay: (retryHeaders) => relayAnswer(parts, lease, judged, retryHeaders),
    discard: () => judged.reply.abort(new Error('Another answer took the place of this one.')),
  };
}
