import { type Clock, sleep } from '../clock.ts';
import { RotatoError } from '../errors.ts';
import type { KeyPool } from '../key-pool/key-pool.ts';
import type { Lease, Refusal } from '../key-pool/lease.ts';
import type { Demand, TriedKey } from '../model/demand.ts';
import { type AttemptResult, attempt, type KeptAnswer } from './attempt.ts';
import type { AttemptParts } from './attempt-parts.ts';
import { type RefusalFacts, retryHeaders } from './error-reply.ts';
import type { Fault } from './fault.ts';
import type { RetryPolicy, Verdict } from './retry-policy.ts';

/** Everything one exchange asks of the pool but what it has tried so far. */
export type DemandOnce = Omit<Demand, 'tried'>;

export interface ForwardParts extends AttemptParts {
  readonly pool: KeyPool;
  readonly clock: Clock;
  readonly policy: RetryPolicy;
  readonly demand: DemandOnce;
}

/** A refusal of the pool or a fault of the upstream, to be told to the caller in its own wire. */
export class NotServedError extends RotatoError {
  readonly facts: RefusalFacts | null;

  constructor(error: RotatoError, facts: RefusalFacts | null) {
    super(error.code, error.message, { cause: error });
    this.facts = facts;
  }
}

/** What the exchange has to say for itself should the pool give it no further key. */
interface SoFar {
  answer: KeptAnswer | null;
  fault: Fault | null;
}

/**
 * Asks the pool for a key and tries it, until an answer was relayed or nothing more may be tried. Returns when the
 * caller has its last word, and throws when that word must be ours.
 */
export async function forward(parts: ForwardParts): Promise<void> {
  const soFar: SoFar = { answer: null, fault: null };
  try {
    await tryKeys(parts, soFar);
  } catch (error) {
    // The last word is ours: an answer that was kept, and holds its connection, is of no use any more.
    soFar.answer?.discard();
    throw error;
  }
}

async function tryKeys(parts: ForwardParts, soFar: SoFar): Promise<void> {
  const { exchange, pool, demand, clock, body } = parts;
  const tried: TriedKey[] = [];
  for (;;) {
    exchange.enter('queueing');
    const grant = await pool.acquire({ ...demand, tried });
    if (grant.kind === 'refusal') return lastWord(parts, soFar, grant);
    exchange.waitMs += grant.waitedMs;
    // What was kept of the body may have been given up while this exchange waited.
    if (tried.length > 0 && !body.replayable) {
      grant.settle({ kind: 'not-sent', reason: 'the body can no longer be sent again' });
      return lastWord(parts, soFar, null);
    }
    tried.push({ keyId: grant.key.id, group: grant.group });
    const { verdict, result } = await tryOnce(parts, grant);
    if (result.answer === null && result.fault === null) return soFar.answer?.discard();
    if (result.answer !== null) {
      soFar.answer?.discard();
      soFar.answer = result.answer;
    }
    soFar.fault = result.fault;
    if (verdict.kind === 'relay' || !(await backOff(parts, verdict.delayMs, clock))) {
      return lastWord(parts, soFar, null);
    }
  }
}

async function tryOnce(parts: ForwardParts, lease: Lease): Promise<{ verdict: Verdict; result: AttemptResult }> {
  const { exchange, policy, body } = parts;
  exchange.enter('attempt');
  let verdict: Verdict = { kind: 'relay' };
  const decide = (outcome: AttemptResult['outcome'], status: number | null) => {
    const fitsElsewhere = outcome.kind === 'request-too-large' && lease.fitsElsewhere(outcome.ceiling);
    const { lastResort } = lease;
    verdict = policy.decide({ outcome, status, replayable: body.replayable, lastResort, fitsElsewhere });
    return verdict.kind === 'again';
  };
  const result = await attempt(parts, lease, decide);
  if (result.fault !== null) decide(result.outcome, null);
  return { verdict, result };
}

/** Sleeps without holding a lease. False when the caller's patience or the caller itself ends before. */
async function backOff({ exchange, demand }: ForwardParts, delayMs: number, clock: Clock): Promise<boolean> {
  if (exchange.signal.aborted) return false;
  // Going on at once waits for nobody: the caller's patience is for queueing and back-off, and both ask for it.
  if (delayMs === 0) return true;
  if (clock.now() + delayMs > demand.deadline) return false;
  exchange.enter('back-off');
  const before = clock.now();
  await sleep(clock, delayMs, exchange.signal);
  exchange.waitMs += clock.now() - before;
  return !exchange.signal.aborted;
}

/** If an upstream has answered, its last answer stands, with the pool's own time to come back where it was a rate limit. */
async function lastWord({ exchange, route }: ForwardParts, soFar: SoFar, refusal: Refusal | null): Promise<void> {
  if (exchange.signal.aborted) {
    soFar.answer?.discard();
    return;
  }
  exchange.enter('answering');
  const { answer, fault } = soFar;
  // After a fault that may have been billed, an older "not done" must not invite the caller to send it all again.
  if (answer !== null && fault?.outcome.kind !== 'uncertain') {
    const limited = answer.outcome.kind === 'rate-limited' && refusal !== null && refusal.retryAfterMs !== null;
    await answer.relay(limited ? retryHeaders(exchange, 429, refusal.retryAfterMs) : null);
    return;
  }
  if (fault !== null) {
    exchange.end(fault.end, fault.message);
    throw new NotServedError(faultError(route.provider.name, fault), null);
  }
  if (refusal !== null) throw refusalError(route.provider.name, refusal);
}

export function faultError(provider: string, fault: Fault): RotatoError {
  const timedOut = fault.end === 'first_byte_timeout';
  return new RotatoError(timedOut ? 'upstream-timeout' : 'upstream-unreachable', `${provider}: ${fault.message}`);
}

export function refusalError(provider: string, refusal: Refusal): NotServedError {
  const facts: RefusalFacts = {
    retryAfterMs: refusal.retryAfterMs,
    details: {
      provider,
      model: refusal.modelClass,
      limit: refusal.binding,
      ...(refusal.group !== null && { group: refusal.group }),
    },
  };
  switch (refusal.reason) {
    case 'no-keys':
      return new NotServedError(
        new RotatoError('provider-unavailable', `${provider} has no enabled key that this client may use. Add one.`),
        facts,
      );
    case 'no-usable-keys':
      return new NotServedError(
        new RotatoError('provider-unavailable', `No key of ${provider} can be used: ${refusal.binding}.`),
        facts,
      );
    case 'full':
    case 'queue-full':
    case 'caller-left':
      return new NotServedError(new RotatoError('rate-limited', waitSentence(provider, refusal)), facts);
  }
}

function waitSentence(provider: string, { binding, retryAfterMs }: Refusal): string {
  const when = retryAfterMs === null ? '' : ` The next room is in ${Math.ceil(retryAfterMs / 100) / 10} s.`;
  return `All keys of ${provider} are resting: ${binding}.${when}`;
}
