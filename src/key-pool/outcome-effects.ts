import type { Clock } from '../clock.ts';
import type { ExhaustedUntil, Outcome } from '../model/outcome.ts';
import { nextMidnight, nextMonth } from './calendar.ts';
import type { Ending } from './gate.ts';
import type { GrantedLease } from './granted-lease.ts';
import { learnAcceptance, learnRefusal } from './limit-learner.ts';
import { amountOf, type Need, NOTHING } from './need.ts';
import type { PoolEvent } from './pool-events.ts';
import type { PooledProvider } from './pooled-provider.ts';
import type { Roster } from './roster.ts';
import { boundedWait, type PoolSettings } from './settings.ts';
import type { Standing } from './standing.ts';

/** Everything an outcome may touch. */
export interface Settlement {
  readonly lease: GrantedLease;
  readonly provider: PooledProvider;
  readonly roster: Roster;
  readonly clock: Clock;
  readonly settings: PoolSettings;
  readonly now: number;
  readonly tell: (event: PoolEvent) => void;
  /** A key was refused: strikes are counted elsewhere. */
  readonly strike: (settlement: Settlement, reason: string) => void;
}

type Of<K extends Outcome['kind']> = Extract<Outcome, { kind: K }>;

/** What one outcome does to the pool, and how the gates are to book it: table 10 of the provider reference. */
export function settleOutcome(settlement: Settlement, outcome: Outcome): Ending {
  const { lease, provider, roster, now } = settlement;
  const { key } = lease.seat;
  switch (outcome.kind) {
    case 'served':
      return served(settlement, outcome);
    case 'rate-limited':
      key.probation.prove();
      learnRefusal(settlement, outcome);
      return { verdict: 'refused', charge: refusedCharge(settlement) };
    case 'request-too-large':
      key.probation.prove();
      roster.sawTooLarge = true;
      lease.seat.bucket.ceiling.refused(amountOf(lease.need, 'tokens'), {
        named: outcome.ceiling,
        until: now + settlement.settings.unavailableMs,
      });
      return { verdict: 'unknown', charge: refusedCharge(settlement) };
    case 'quota-exhausted':
      key.probation.prove();
      exhausted(settlement, outcome);
      return { verdict: 'refused', charge: NOTHING };
    case 'key-rejected':
      rejected(settlement, outcome);
      return { verdict: 'refused', charge: NOTHING };
    case 'model-unavailable':
      key.probation.prove();
      roster.sawUnavailable = true;
      lease.seat.bucket.unavailable.note(lease.demand.model, {
        since: now,
        until: now + settlement.settings.unavailableMs,
        reason: outcome.reason,
      });
      return { verdict: 'refused', charge: refusedCharge(settlement) };
    case 'overloaded':
      overloaded(settlement, outcome);
      return { verdict: 'unknown', charge: NOTHING };
    case 'not-sent':
      return { verdict: 'unknown', charge: NOTHING };
    case 'uncertain':
      // Nobody knows whether it was done and counted, so the reservation stands.
      return { verdict: 'unknown', charge: null };
    case 'request-refused':
      key.probation.prove();
      provider.lastAcceptedAt = now;
      return { verdict: 'accepted', charge: { ...NOTHING, requests: 1 } };
    case 'caller-left':
      return { verdict: 'unknown', charge: lease.sentAt === null ? NOTHING : null };
  }
}

/** The head of a success, or its end where no head was told: everyone who learns from an acceptance does so now. */
export function learnPassing(lease: GrantedLease, provider: PooledProvider, now: number): void {
  lease.seat.key.lastSuccessAt = now;
  provider.lastAcceptedAt = now;
  lease.seat.bucket.unavailable.forget(lease.demand.model);
  lease.seat.bucket.ceiling.accepted(amountOf(lease.need, 'tokens'));
  learnAcceptance(lease, provider, now);
  lease.pass(now);
}

function served({ lease, provider, roster, now }: Settlement, { usage }: Of<'served'>): Ending {
  if (lease.isPassed) lease.seat.key.lastSuccessAt = now;
  else learnPassing(lease, provider, now);
  if (usage !== null) roster.estimator.learn(lease.demand.tokens, usage);
  return { verdict: 'accepted', charge: roster.estimator.chargeOf(lease.need, usage) };
}

/** Some providers count refused requests against the limit as well; none counts their tokens. */
function refusedCharge({ provider }: Settlement): Need {
  return provider.config.traits.refusalsCount ? { ...NOTHING, requests: 1 } : NOTHING;
}

function exhausted(settlement: Settlement, { scope, until, reason }: Of<'quota-exhausted'>): void {
  const { lease, provider, now, tell } = settlement;
  const { key, bucket } = lease.seat;
  const standing = scope === 'key' ? key.standing : scope === 'group' ? key.group.standing : bucket.standing;
  const waitMs = exhaustedFor(settlement, until);
  const backAt = now + (waitMs ?? probeAfter(settlement, standing));
  // A date may be off by the provider's clock, so even then one request goes first.
  standing.set({ kind: 'exhausted', until: backAt, reason, probe: true, undated: waitMs === null }, now);
  tell({ kind: 'quota-exhausted', provider: provider.name, group: key.group.name, reason, backInMs: waitMs });
}

/** Bounded: a reading of years is a reading error, and no key may be lost by one. Null when there is no date. */
function exhaustedFor({ clock, settings }: Settlement, until: ExhaustedUntil): number | null {
  const wall = clock.wallNow();
  switch (until.kind) {
    case 'in':
      return boundedWait(until.waitMs, settings.longestRestMs);
    case 'next-midnight':
      return nextMidnight(wall, until.timeZone) - wall;
    case 'next-month':
      return nextMonth(wall) - wall;
    case 'unknown':
      return null;
  }
}

function probeAfter({ settings }: Settlement, standing: Standing): number {
  return Math.min(settings.exhaustedProbeMaxMs, settings.exhaustedProbeMs * 2 ** Math.min(10, standing.setbacks));
}

function rejected(settlement: Settlement, { scope, reason }: Of<'key-rejected'>): void {
  const { lease, provider, now, settings, tell } = settlement;
  const { key } = lease.seat;
  if (scope === 'key') {
    settlement.strike(settlement, reason);
    return;
  }
  const { standing } = key.group;
  const retryMs = Math.min(
    settings.rejectedRetryMaxMs,
    settings.rejectedRetryMs * 2 ** Math.min(10, standing.setbacks),
  );
  standing.set({ kind: 'rejected', until: now + retryMs, reason, probe: true, undated: true }, now);
  tell({ kind: 'key-rejected', provider: provider.name, keyId: key.id, reason });
}

function overloaded({ lease, provider, roster, now, tell }: Settlement, { waitMs, reason }: Of<'overloaded'>): void {
  const wasTripped = roster.breaker.tripped;
  const bounded = waitMs === null ? null : boundedWait(waitMs, LONGEST_OVERLOAD_MS);
  roster.breaker.overloaded(lease, now, { waitMs: bounded, reason });
  if (!wasTripped && roster.breaker.tripped) {
    tell({ kind: 'provider-overloaded', provider: provider.name, modelClass: roster.modelClass, reason });
  }
}

const LONGEST_OVERLOAD_MS = 300_000;
