/** Every limit and every assumption of the pool, named. Durations in milliseconds. */
export interface PoolSettings {
  /** Demands waiting in the pool, all providers together; beyond, they are refused. */
  readonly maxWaiters: number;
  /** Places promised to refused callers, kept at the same time. */
  readonly maxBookings: number;
  /** How long after its time a promised place is kept for the caller who was told it. */
  readonly bookingLapseMs: number;
  /** Keys offered to a strategy. */
  readonly maxCandidates: number;
  /** Model classes told apart per provider; further models share one class. */
  readonly maxModelClasses: number;
  /** The share of each window that batch work leaves to interactive callers. */
  readonly interactiveReserve: number;
  /** How long a demand with an affinity waits for its preferred key before it takes another. */
  readonly affinityPatienceMs: number;
  /**
   * Spread of the time a request takes to reach the provider, as a share of a window's period: a slot freed by our
   * clock is used this much later, so that it is free by the provider's clock as well.
   */
  readonly arrivalSpread: number;
  readonly arrivalSpreadMaxMs: number;
  /** How long a provider takes to refuse, until one refusal was timed. */
  readonly refusalTimeMs: number;
  /** A request not refused for this many refusal times counts as accepted. */
  readonly silenceFactor: number;
  /** Requests a bucket of unknown limit may have unacknowledged at first. */
  readonly initialWindow: number;
  /** A refused key that cannot be validated for free is tried again after this. */
  readonly secondStrikeMs: number;
  /** First wait before a rejected key is tried again; doubles. */
  readonly rejectedRetryMs: number;
  readonly rejectedRetryMaxMs: number;
  /** First wait before quota that ran out with no date is probed; doubles. */
  readonly exhaustedProbeMs: number;
  readonly exhaustedProbeMaxMs: number;
  /** How long a group that may not use a model, or admits no requests so large, is left alone with them. */
  readonly unavailableMs: number;
  /** No deadline learned from an upstream lies further ahead than this. */
  readonly longestRestMs: number;
  /** Back-off of an overloaded provider: first ceiling, and the ceiling of an outage as young as ten times this. */
  readonly overloadFirstMs: number;
  readonly overloadSoonMs: number;
  readonly overloadMaxMs: number;
  /** This many groups rejecting their keys within `suspicionMs`, and none serving, is the provider's fault. */
  readonly suspiciousGroups: number;
  readonly suspicionMs: number;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export const DEFAULT_SETTINGS: PoolSettings = {
  maxWaiters: 10_000,
  maxBookings: 10_000,
  bookingLapseMs: 2 * SECOND_MS,
  maxCandidates: 32,
  maxModelClasses: 256,
  interactiveReserve: 0.2,
  affinityPatienceMs: 2 * SECOND_MS,
  arrivalSpread: 0.01,
  arrivalSpreadMaxMs: SECOND_MS,
  refusalTimeMs: SECOND_MS,
  silenceFactor: 3,
  initialWindow: 2,
  secondStrikeMs: 10 * SECOND_MS,
  rejectedRetryMs: 10 * MINUTE_MS,
  rejectedRetryMaxMs: DAY_MS,
  exhaustedProbeMs: 15 * MINUTE_MS,
  exhaustedProbeMaxMs: 6 * HOUR_MS,
  unavailableMs: HOUR_MS,
  longestRestMs: 32 * DAY_MS,
  overloadFirstMs: SECOND_MS,
  overloadSoonMs: 5 * SECOND_MS,
  overloadMaxMs: 30 * SECOND_MS,
  suspiciousGroups: 3,
  suspicionMs: 5 * SECOND_MS,
};

/** A wait that an upstream stated, within reason: a reading of years is a reading error, and no key is lost by one. */
export function boundedWait(waitMs: number, longestMs: number): number {
  return Number.isFinite(waitMs) ? Math.min(Math.max(0, waitMs), longestMs) : longestMs;
}
