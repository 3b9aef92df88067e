import type { Random } from '../random.ts';
import type { Ending, Gate, Passage, Span } from './gate.ts';
import type { RefusalTiming } from './refusal-timing.ts';
import type { PoolSettings } from './settings.ts';

/**
 * Stands before one model class of one provider. An overloaded provider blames no key; after a second overload in a
 * row everyone waits, exponentially longer each time and with full jitter. Then one real request goes first, and the
 * others follow, spread out, when it was accepted.
 */
export class Breaker implements Gate {
  readonly #settings: PoolSettings;
  readonly #timing: RefusalTiming;
  readonly #random: Random;
  #faults = 0;
  #outageSince = 0;
  #trippedAt: number | null = null;
  #until = Number.NEGATIVE_INFINITY;
  #probe: Passage | null = null;
  #reason = '';
  /** After a recovery, until when those who waited follow one by one. */
  #spreadUntil = Number.NEGATIVE_INFINITY;
  #nextAt = Number.NEGATIVE_INFINITY;
  #stateSeen = 'closed';

  constructor(settings: PoolSettings, timing: RefusalTiming, random: Random) {
    this.#settings = settings;
    this.#timing = timing;
    this.#random = random;
  }

  get tripped(): boolean {
    return this.#trippedAt !== null;
  }

  get until(): number {
    return this.#until;
  }

  get reason(): string {
    return this.#reason;
  }

  /** The provider has no capacity for anyone. A single such answer is forgiven: the retry elsewhere may succeed. */
  overloaded(passage: Passage, now: number, fault: { waitMs: number | null; reason: string }): void {
    // What was under way when the breaker tripped tells nothing new.
    if (this.#trippedAt !== null && passage.enteredAt <= this.#trippedAt) return;
    if (this.#faults === 0) this.#outageSince = now;
    this.#faults++;
    if (this.#faults > 1) this.trip(now, fault);
  }

  trip(now: number, { waitMs, reason }: { waitMs: number | null; reason: string }): void {
    const { overloadFirstMs, overloadSoonMs, overloadMaxMs } = this.#settings;
    if (this.#trippedAt === null && this.#faults === 0) this.#outageSince = now;
    // A short outage is noticed to be over within seconds; of one that has lasted, a tenth of its age is soon enough.
    const soon = Math.min(overloadSoonMs, overloadFirstMs * 2 ** Math.min(20, Math.max(0, this.#faults - 2)));
    const ceiling = Math.min(overloadMaxMs, Math.max(soon, (now - this.#outageSince) / 10));
    this.#trippedAt = now;
    this.#until = now + Math.min(Math.max(waitMs ?? 0, this.#random.next() * ceiling), this.#settings.longestRestMs);
    this.#reason = reason;
    this.#probe = null;
  }

  /** Whether it has opened or closed since this was last asked: seats of other groups wait for that. */
  changed(): boolean {
    const changed = this.#stateSeen !== this.#state;
    this.#stateSeen = this.#state;
    return changed;
  }

  clear(): void {
    this.#trippedAt = null;
    this.#faults = 0;
    this.#probe = null;
  }

  opensAt(_need: unknown, now: number): number {
    if (this.#trippedAt === null) return now < this.#spreadUntil ? Math.max(now, this.#nextAt) : now;
    if (now < this.#until) return this.#until;
    if (this.#probe === null) return now;
    const acknowledgedAt = this.#timing.acknowledgedAt(this.#probe);
    if (acknowledgedAt > now) return acknowledgedAt;
    this.#recover(now);
    return Math.max(now, this.#nextAt);
  }

  enter(passage: Passage, now: number): void {
    if (this.#trippedAt !== null && this.#probe === null) this.#probe = passage;
    if (now < this.#spreadUntil) this.#nextAt = now + this.#jitterMs();
  }

  sent(): void {}

  accepted(passage: Passage, now: number): void {
    if (this.#trippedAt === null) this.#faults = 0;
    else if (this.#probe === passage || passage.enteredAt > this.#trippedAt) this.#recover(now);
  }

  leave(passage: Passage, ending: Ending, now: number): void {
    // A refusal for the caller's own rate is an answer too: the provider is there.
    if (ending.verdict === 'refused') this.accepted(passage, now);
    if (this.#probe === passage) this.#probe = null;
  }

  supply(_need: unknown, now: number, { until }: Span): number {
    return this.opensAt(null, now) <= until ? Number.POSITIVE_INFINITY : 0;
  }

  describe(now: number, wait: string): string {
    return `provider overloaded${now < this.#until ? wait : ', one request is trying it'}: ${this.#reason}`;
  }

  get #state(): string {
    return this.#trippedAt === null ? 'closed' : this.#probe === null ? `open ${this.#trippedAt}` : 'probing';
  }

  #recover(now: number): void {
    this.clear();
    this.#spreadUntil = now + this.#timing.usualMs;
    this.#nextAt = now + this.#jitterMs();
  }

  #jitterMs(): number {
    return (this.#random.next() * this.#timing.usualMs) / 8;
  }
}
