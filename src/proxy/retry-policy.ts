import type { Clock } from '../clock.ts';
import type { Outcome } from '../model/outcome.ts';
import type { StatusSet } from '../model/status-set.ts';
import type { Random } from '../random.ts';

/** What comes after an attempt. `relay` is the last word; `again` asks the pool for another key after the delay. */
export type Verdict = { readonly kind: 'relay' } | { readonly kind: 'again'; readonly delayMs: number };

const RELAY: Verdict = { kind: 'relay' };
const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 5_000;
/** Reading twice harms nobody; more often than this helps nobody. */
const SAFE_METHOD_RETRIES = 2;
const OVERLOADED_RETRIES = 1;

export interface RetryRules {
  readonly method: string;
  readonly rotateOn: StatusSet;
  readonly maxWalk: number;
  readonly retries: number;
  readonly budget: RetryBudget;
  readonly random: Random;
}

export interface AttemptFacts {
  readonly outcome: Outcome;
  /** Null when no answer came. */
  readonly status: number | null;
  /** The body can be sent once more. */
  readonly replayable: boolean;
  /** Every other group refused this model already. */
  readonly lastResort: boolean;
  /** It was too large for this group, and another one is known to admit it. */
  readonly fitsElsewhere: boolean;
}

/**
 * Decides, for one exchange, what may be sent again. Walking the pool after refusals and repeating after faults are
 * counted apart: a pool of twenty resting keys is not a broken provider.
 */
export class RetryPolicy {
  readonly #rules: RetryRules;
  #walked = 0;
  #retried = 0;
  #overloaded = 0;

  constructor(rules: RetryRules) {
    this.#rules = rules;
  }

  decide(facts: AttemptFacts): Verdict {
    if (!facts.replayable) return RELAY;
    const { outcome } = facts;
    switch (outcome.kind) {
      case 'served':
      case 'caller-left':
      case 'request-refused':
        return RELAY;
      case 'request-too-large':
        return facts.fitsElsewhere ? this.#walk() : RELAY;
      case 'rate-limited':
      case 'quota-exhausted':
      case 'key-rejected':
        return this.#walk();
      case 'model-unavailable':
        return facts.lastResort ? RELAY : this.#walk();
      case 'overloaded':
        return this.#consented(facts.status) ? this.#walk() : this.#retryOverloaded(outcome.waitMs);
      case 'not-sent':
        return this.#retry(this.#rules.retries);
      case 'uncertain':
        return this.#consented(facts.status) ? this.#walk() : this.#retryUncertain();
    }
  }

  /** Whoever names a status says that another key may be tried after it, done and billed or not. */
  #consented(status: number | null): boolean {
    return status !== null && this.#rules.rotateOn.has(status);
  }

  #walk(): Verdict {
    if (this.#walked >= this.#rules.maxWalk) return RELAY;
    this.#walked++;
    return { kind: 'again', delayMs: 0 };
  }

  #retryOverloaded(waitMs: number | null): Verdict {
    if (this.#overloaded >= OVERLOADED_RETRIES || !this.#rules.budget.take()) return RELAY;
    this.#overloaded++;
    return { kind: 'again', delayMs: waitMs ?? this.#backoff(this.#overloaded) };
  }

  /** May have been done and billed: sent again only for who reads. */
  #retryUncertain(): Verdict {
    const { method, retries } = this.#rules;
    const safe = method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
    return safe ? this.#retry(Math.min(retries, SAFE_METHOD_RETRIES)) : RELAY;
  }

  #retry(most: number): Verdict {
    if (this.#retried >= most || !this.#rules.budget.take()) return RELAY;
    this.#retried++;
    return { kind: 'again', delayMs: this.#backoff(this.#retried) };
  }

  /** Exponential with full jitter, so that callers who failed together do not come back together. */
  #backoff(nth: number): number {
    return this.#rules.random.next() * Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (nth - 1));
  }
}

const BUDGET_WINDOW_MS = 10_000;
const BUDGET_SHARE = 0.2;
const BUDGET_FLOOR = 3;

/** Repeating after faults is at most a fifth of the traffic, and never less than three in ten seconds. */
export class RetryBudget {
  readonly #clock: Clock;
  #windowStart = Number.NEGATIVE_INFINITY;
  #requests = 0;
  #retries = 0;
  #requestsBefore = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  countRequest(): void {
    this.#roll();
    this.#requests++;
  }

  take(): boolean {
    this.#roll();
    // Half of what came in the window before is counted in, so that a new window does not begin with nothing.
    const traffic = this.#requests + this.#requestsBefore / 2;
    if (this.#retries >= Math.max(BUDGET_FLOOR, traffic * BUDGET_SHARE)) return false;
    this.#retries++;
    return true;
  }

  #roll(): void {
    const now = this.#clock.now();
    const elapsed = now - this.#windowStart;
    if (elapsed < BUDGET_WINDOW_MS) return;
    this.#requestsBefore = elapsed < 2 * BUDGET_WINDOW_MS ? this.#requests : 0;
    this.#requests = 0;
    this.#retries = 0;
    this.#windowStart = now;
  }
}
