import type { Gate, Passage, Span } from './gate.ts';
import type { RefusalTiming } from './refusal-timing.ts';

/** `cooling`: a short wait that the provider asked for. */
export type StandingKind = 'ready' | 'cooling' | 'exhausted' | 'rejected';

export interface Rest {
  readonly kind: Exclude<StandingKind, 'ready'>;
  /** Monotonic; always finite, so that every rest has a way back. */
  readonly until: number;
  readonly reason: string;
  /** After the rest one request goes first, and the others follow when it was accepted. */
  readonly probe: boolean;
  /** The instant is our own guess, not the provider's word. */
  readonly undated?: boolean;
}

/**
 * Whether a key, a quota group or a bucket may be used, why not, and until when. What rests comes back by itself: at
 * once when the provider named the time, through one probing request when it did not.
 */
export class Standing implements Gate {
  readonly #timing: RefusalTiming;
  #rest: Rest | null = null;
  #since = 0;
  #setAt = Number.NEGATIVE_INFINITY;
  #probing: Passage | null = null;
  #setbacks = 0;

  constructor(timing: RefusalTiming) {
    this.#timing = timing;
  }

  /** Refusals of the same kind in a row, without an acceptance between. */
  get setbacks(): number {
    return this.#setbacks;
  }

  get rest(): Rest | null {
    return this.#rest;
  }

  get since(): number {
    return this.#since;
  }

  kind(now: number): StandingKind {
    if (this.#rest === null) return 'ready';
    if (this.#rest.kind === 'cooling') return now < this.#rest.until ? 'cooling' : 'ready';
    return this.#rest.probe || now < this.#rest.until ? this.#rest.kind : 'ready';
  }

  /** Whether a rest began after this instant: what was under way by then tells nothing new. */
  restedSince(instant: number): boolean {
    return this.#rest !== null && this.#setAt >= instant;
  }

  /** Set aside in a way that no passing of a stated time will end by itself. */
  isOut(now: number): boolean {
    const kind = this.kind(now);
    return kind === 'rejected' || kind === 'exhausted';
  }

  get undated(): boolean {
    return this.#rest?.undated === true;
  }

  set(rest: Rest, now: number): void {
    const { kind, until } = rest;
    // Refusals of requests that were under way together do not escalate, nor shorten what was stated before.
    const renewed = this.#rest !== null && this.#rest.kind === kind && now >= this.#rest.until;
    const first = this.#rest === null || this.#rest.kind !== kind;
    if (first) this.#since = now;
    if (!first && !renewed && this.#rest !== null && until <= this.#rest.until) return;
    if (first) this.#setbacks = 1;
    else if (renewed) this.#setbacks++;
    this.#rest = rest;
    if (first || renewed) this.#setAt = now;
    this.#probing = null;
  }

  /** One more setback of the same kind, known to be a new one. */
  extend(rest: Rest, now: number): void {
    if (this.#rest?.kind !== rest.kind) this.#since = now;
    this.#setbacks = this.#rest?.kind === rest.kind ? this.#setbacks + 1 : 1;
    this.#rest = rest;
    this.#probing = null;
  }

  clear(): void {
    this.#rest = null;
    this.#probing = null;
    this.#setbacks = 0;
  }

  opensAt(_need: unknown, now: number): number {
    const rest = this.#rest;
    if (rest === null) return now;
    if (now < rest.until) return rest.until;
    if (!rest.probe || this.#probing === null) return now;
    const acknowledgedAt = this.#timing.acknowledgedAt(this.#probing);
    if (acknowledgedAt <= now) this.clear();
    return acknowledgedAt;
  }

  enter(passage: Passage): void {
    if (this.#rest?.probe === true && this.#probing === null) this.#probing = passage;
  }

  sent(): void {}

  accepted(passage: Passage, now: number): void {
    const rest = this.#rest;
    // Only what was sent after the rest ended speaks for the time after it.
    if (rest !== null && now >= rest.until && passage.enteredAt >= rest.until) this.clear();
  }

  leave(passage: Passage): void {
    if (this.#probing === passage) this.#probing = null;
  }

  supply(_need: unknown, now: number, { until }: Span): number {
    return this.opensAt(null, now) <= until ? Number.POSITIVE_INFINITY : 0;
  }

  describe(_now: number, wait: string): string {
    return this.#rest === null ? 'ready' : `${this.#rest.kind}${wait}: ${this.#rest.reason}`;
  }
}
