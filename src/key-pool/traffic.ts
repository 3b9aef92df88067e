import type { Dimension } from '../model/limit.ts';
import type { Passage } from './gate.ts';
import { amountOf, type Need } from './need.ts';

/**
 * What was sent, and what the provider is known to have counted, so that an announcement, which speaks of some instant
 * between a request's departure and its answer, can be told apart from what was under way meanwhile.
 */
export class Traffic {
  readonly #entered = new Tally();
  readonly #counted = new Tally();

  enter(passage: Passage): void {
    this.#entered.add(passage);
  }

  /** An answer of whatever kind has come: the provider has counted this request, or never will. */
  count(passage: Passage): void {
    this.#counted.add(passage);
  }

  /** Everything that may have been uncounted at some instant between `mark`, taken when a request left, and now. */
  uncountedSince(mark: TrafficMark, dimension: Dimension): number {
    return this.#entered.of(dimension) - mark.of(dimension);
  }

  /** What is under way, and so may be missing from any announcement heard by now. */
  uncounted(dimension: Dimension): number {
    return this.#entered.of(dimension) - this.#counted.of(dimension);
  }

  /** What had been counted for certain, to be remembered with a request that leaves now. */
  mark(): TrafficMark {
    return this.#counted.copy();
  }
}

export interface TrafficMark {
  of(dimension: Dimension): number;
}

/** A sum of needs is one itself. */
class Tally implements TrafficMark, Need {
  requests = 0;
  inputTokens = 0;
  outputTokens = 0;
  readonly reserve = 0;

  add({ need }: Passage): void {
    this.requests += need.requests;
    this.inputTokens += need.inputTokens;
    this.outputTokens += need.outputTokens;
  }

  copy(): Tally {
    const copy = new Tally();
    copy.requests = this.requests;
    copy.inputTokens = this.inputTokens;
    copy.outputTokens = this.outputTokens;
    return copy;
  }

  of(dimension: Dimension): number {
    return amountOf(this, dimension);
  }
}
