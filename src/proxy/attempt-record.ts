import type { Lease } from '../key-pool/lease.ts';
import type { AttemptRecord } from '../model/exchange.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Exchange } from './exchange.ts';

/** What is known of an attempt that is over. Instants are on the clock. */
export interface EndedAttempt {
  readonly outcome: Outcome;
  /** What went wrong, where the outcome does not say. */
  readonly fault: string | null;
  readonly status: number | null;
  readonly startedAt: number;
  /** When the head of the answer was there; null when none came. */
  readonly headAt: number | null;
}

export function recordAttempt(exchange: Exchange, lease: Lease, ended: EndedAttempt): AttemptRecord {
  const { outcome, fault, status, startedAt, headAt } = ended;
  return {
    keyId: lease.key.id,
    keyLabel: lease.key.label,
    group: lease.groupLabel,
    status,
    outcome: outcome.kind,
    reason: 'reason' in outcome ? outcome.reason : (fault ?? ''),
    startedAt: exchange.dateOf(startedAt),
    waitedMs: lease.waitedMs,
    firstByteMs: headAt === null ? null : headAt - startedAt,
    durationMs: exchange.clock.now() - startedAt,
    chosen: lease.decision.chosen,
    passedOver: lease.decision.passedOver,
    morePassedOver: lease.decision.more,
  };
}
