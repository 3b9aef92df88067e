import type { Dimension, WindowAlgorithm } from '../model/limit.ts';
import { everyPeriod, FixedMeter, type Periods } from './fixed-meter.ts';
import { type Ending, type Gate, NEVER, type Passage, type Span } from './gate.ts';
import type { Meter } from './meter.ts';
import { amountOf, type Need, NOTHING } from './need.ts';
import { RefillMeter } from './refill-meter.ts';
import { SlidingMeter } from './sliding-meter.ts';
import { numberText, periodName } from './wording.ts';

/** Where a figure was learned: from the operator, from a reply's headers, from a refusal's text, or by trial. */
export type LimitSource = 'typed' | 'announced' | 'stated' | 'inferred';

export interface WindowShape {
  readonly dimension: Dimension;
  readonly periodMs: number;
  /** How much earlier than expected a request may reach the provider; see `arrivalSpread`. */
  readonly spreadMs: number;
  /** Null when nobody knows: it is then taken for `sliding` until announcements prove another. */
  readonly algorithm: WindowAlgorithm | null;
  /** The ends of calendar periods; only with the algorithm `calendar`. */
  readonly calendar: Periods | null;
}

/**
 * One limit of one bucket, group or key: so much of a dimension in so much time. What a lease reserves is held until
 * the request has left and then counted as of that instant; usage corrects it when the answer comes.
 */
export class RateWindow implements Gate {
  readonly dimension: Dimension;
  readonly periodMs: number;
  readonly spreadMs: number;
  readonly #figures: Partial<Record<LimitSource, number>> = {};
  #algorithm: WindowAlgorithm;
  #algorithmKnown: boolean;
  #meter: Meter;
  #limit: number;
  readonly openedAt: number;
  #held = 0;
  #pressedAt = Number.NEGATIVE_INFINITY;
  #successor: RateWindow | null = null;
  /** When the provider itself said that one request fits; null when it did not, or when that one was sent. */
  #promisedAt: number | null = null;

  constructor(shape: WindowShape, source: LimitSource, limit: number, now: number) {
    this.dimension = shape.dimension;
    this.periodMs = shape.periodMs;
    this.spreadMs = shape.spreadMs;
    this.#algorithmKnown = shape.algorithm !== null && !(shape.algorithm === 'calendar' && shape.calendar === null);
    // The boundaries of a fixed window are known only once a reply names one; sliding is safe against any.
    this.#algorithm = shape.algorithm === 'refill' ? 'refill' : shape.calendar === null ? 'sliding' : 'calendar';
    this.openedAt = now;
    this.#limit = limit;
    this.#figures[source] = limit;
    this.#meter = this.#open(shape.calendar, now);
  }

  /** "requests/min", "input tokens/day". */
  get name(): string {
    return `${this.dimension.replace('-', ' ')}/${periodName(this.periodMs)}`;
  }

  get limit(): number {
    return this.#limit;
  }

  get algorithm(): WindowAlgorithm {
    return this.#algorithm;
  }

  /** False while the algorithm is only the safe assumption. */
  get algorithmKnown(): boolean {
    return this.#algorithmKnown;
  }

  /** The source of the figure that binds. */
  get source(): LimitSource {
    const sources: readonly LimitSource[] = ['typed', 'announced', 'stated', 'inferred'];
    return sources.find((source) => this.#figures[source] === this.#limit) ?? 'inferred';
  }

  figure(source: LimitSource): number | null {
    return this.#figures[source] ?? null;
  }

  /** Whether anyone but the operator says something about it. */
  get learned(): boolean {
    return Object.keys(this.#figures).some((source) => source !== 'typed');
  }

  get hasFigures(): boolean {
    return Object.keys(this.#figures).length > 0;
  }

  learnedFigures(): Partial<Record<Exclude<LimitSource, 'typed'>, number>> {
    const { typed: _, ...learned } = this.#figures;
    return learned;
  }

  /** What still counts, with what is held for requests that have not left. */
  charges(now: number): { readonly at: number; readonly cost: number }[] {
    const charges = this.#meter.charges(now);
    return this.#held > 0 ? [...charges, { at: now, cost: this.#held }] : charges;
  }

  /** When the current period ends, where periods are fixed. */
  get endsAt(): number | null {
    return this.#meter instanceof FixedMeter ? this.#meter.endsAt : null;
  }

  /** The last instant at which a demand was held back by this window. */
  get pressedAt(): number {
    return this.#pressedAt;
  }

  get held(): number {
    return this.#held;
  }

  /** The figure of one source; the lowest of all binds, so the operator's is a ceiling. Null withdraws it. */
  setFigure(source: LimitSource, limit: number | null, now: number): void {
    if (limit === null) delete this.#figures[source];
    else this.#figures[source] = limit;
    const figures = Object.values(this.#figures);
    if (figures.length === 0) return;
    const lowest = Math.min(...figures);
    if (lowest === this.#limit) return;
    this.#limit = lowest;
    this.#meter.setLimit(lowest, now);
  }

  /** Room left at `now` by our own books. */
  left(now: number): number {
    return this.#meter.left(now) - this.#held;
  }

  /** What time alone gave back between two instants. */
  gain(from: number, to: number): number {
    return this.#meter.gain(from, to);
  }

  fullAt(now: number): number {
    return this.#meter.fullAt(now);
  }

  /** Makes `left` true at `now`, for everything that is not held for requests yet to be sent. */
  setLeft(left: number, now: number): void {
    this.#meter.setLeft(left + this.#held, now);
  }

  /** Counts so much more, which leaves at the instant given, and not with the passing of a whole period. */
  countUntil(leavesAt: number, cost: number, now: number): void {
    const late = { at: leavesAt - this.periodMs - this.spreadMs, cost };
    this.replay(
      [...this.#meter.charges(now), late].sort((one, other) => one.at - other.at),
      {},
      now,
    );
  }

  /** Begins with what another window has counted, which is the same limit from another source. */
  countAs(other: RateWindow, now: number): void {
    if (this.#algorithm === 'sliding') this.replay(other.charges(now), {}, now);
    else this.setLeft(this.#limit - other.#limit + other.left(now), now);
  }

  /** The provider was seen to give room back in this way. What is left stays left. */
  adopt(algorithm: WindowAlgorithm, now: number, periods: Periods | null): void {
    const left = this.#meter.left(now);
    this.#algorithmKnown = true;
    if (this.#meter instanceof FixedMeter && periods !== null) {
      this.#algorithm = algorithm;
      this.#meter.setPeriods(periods, now);
      return;
    }
    if (algorithm === this.#algorithm) return;
    this.#algorithm = algorithm;
    this.#meter = this.#open(periods, now);
    this.#meter.setLeft(left, now);
  }

  /** Counts anew what the record says was counted: the figure or the algorithm has changed under it. */
  replay(
    charges: readonly { readonly at: number; readonly cost: number }[],
    { endsAt, uncertainMs = 0 }: { readonly endsAt?: number; readonly uncertainMs?: number },
    now: number,
  ): void {
    const periods = endsAt === undefined ? null : everyPeriod(this.periodMs, endsAt, this.spreadMs);
    this.#meter = this.#open(periods, charges[0]?.at ?? now);
    // What left shortly before a boundary that may have been passed already counts for the later period.
    const laterMs = endsAt === undefined ? 0 : uncertainMs + this.spreadMs;
    for (const { at, cost } of charges) if (cost > 0) this.#meter.take(cost, Math.min(now, at + laterMs));
    this.#meter.left(now);
  }

  adoptKnown(algorithm: WindowAlgorithm, now: number, endsAt: number | undefined): void {
    if (algorithm === 'fixed' && endsAt === undefined) return;
    this.adopt(algorithm, now, endsAt === undefined ? null : everyPeriod(this.periodMs, endsAt, 0));
  }

  opensAt(need: Need, now: number): number {
    if (this.#successor !== null) return this.#successor.opensAt(need, now);
    const wanted = this.#wanted(need);
    if (wanted === 0) return now;
    if (this.#limit <= 0) return NEVER;
    if (this.#held + wanted <= this.#meter.left(now) + EPSILON) return now;
    this.#pressedAt = now;
    const at = this.#meter.fitsAt(Math.min(wanted + this.#held, Math.max(wanted, this.#limit)), now);
    // What is held for requests about to leave keeps the window shut until they have left, whatever the arithmetic.
    const computedAt = at > now ? at : now + this.periodMs;
    return this.#promisedAt === null ? computedAt : Math.max(now, Math.min(computedAt, this.#promisedAt));
  }

  /** The provider names the instant at which one request fits: sums that say later are wrong, for one request. */
  promise(at: number): void {
    this.#promisedAt = at;
  }

  /** When so many units fit. */
  opensFor(units: number, now: number): number {
    return this.#meter.fitsAt(Math.min(units + this.#held, Math.max(units, this.#limit)), now);
  }

  /** When nothing is left at the rate of the last period; null when time gives back as fast as it is taken. */
  runsOutAt(now: number): number | null {
    const left = this.left(now);
    const spentPerMs = (this.#limit - left) / this.periodMs;
    if (left <= 0 || spentPerMs <= 0) return null;
    const at = now + left / spentPerMs;
    return at < this.#meter.fullAt(now) ? at : null;
  }

  enter(passage: Passage): void {
    if (this.#successor !== null) {
      this.#successor.enter(passage);
      return;
    }
    this.#promisedAt = null;
    this.#held += this.#cost(passage.need);
  }

  sent(passage: Passage, now: number): void {
    if (this.#successor !== null) {
      this.#successor.sent(passage, now);
      return;
    }
    const cost = this.#cost(passage.need);
    this.#held -= cost;
    this.#meter.take(cost, now);
  }

  leave(passage: Passage, ending: Ending, now: number): void {
    if (this.#successor !== null) {
      this.#successor.leave(passage, ending, now);
      return;
    }
    const reserved = this.#cost(passage.need);
    const charged = ending.charge === null ? reserved : amountOf(ending.charge, this.dimension);
    if (passage.sentAt === null) {
      this.#held -= reserved;
      if (charged > 0) this.#meter.take(charged, now);
    } else if (passage.reconciled?.has(this) === true) {
      // What the announcement could not have counted yet is the rest of the answer.
      const { outputTokens } = ending.charge ?? passage.need;
      const rest = amountOf({ ...NOTHING, outputTokens: outputTokens - passage.need.outputTokens }, this.dimension);
      if (rest !== 0) this.#meter.correct(rest, passage.sentAt, now);
    } else if (charged !== reserved) {
      this.#meter.correct(charged - reserved, passage.sentAt, now);
    }
  }

  supply(need: Need, now: number, span: Span): number {
    if (this.#successor !== null) return this.#successor.supply(need, now, span);
    const cost = this.#cost(need);
    if (cost === 0) return Number.POSITIVE_INFINITY;
    const reserve = this.#reserve(need);
    const promised = this.#promisedAt !== null && this.#promisedAt <= span.until ? 1 : 0;
    return Math.max(promised, Math.floor((this.#meter.supply(now, span, this.#held) - reserve) / cost + EPSILON));
  }

  describe(now: number, wait: string): string {
    if (this.#limit === 0) return `${this.name}: the limit is 0`;
    const used = numberText(Math.max(0, this.#limit - this.left(now)));
    return `${this.name} full${wait} (${used} of ${numberText(this.#limit)})`;
  }

  /** Two groups turned out to be one: from now on the other window keeps the books, with the lower remainder. */
  moveInto(other: RateWindow, now: number): void {
    const left = Math.min(this.#meter.left(now) - this.#held, other.left(now));
    other.#held += this.#held;
    other.setLeft(left, now);
    this.#successor = other;
  }

  /** A need above the limit can only be an estimate gone wrong: it gets the whole window, and the provider judges. */
  #cost(need: Need): number {
    return Math.min(amountOf(need, this.dimension), this.#limit > 0 ? this.#limit : Number.POSITIVE_INFINITY);
  }

  #reserve(need: Need): number {
    return Math.floor(need.reserve * this.#limit);
  }

  #wanted(need: Need): number {
    const cost = this.#cost(need);
    return cost === 0 ? 0 : Math.min(cost + this.#reserve(need), Math.max(cost, this.#limit));
  }

  #open(periods: Periods | null, now: number): Meter {
    const spread = { periodMs: this.periodMs, spreadMs: this.spreadMs };
    switch (this.#algorithm) {
      case 'refill':
        return new RefillMeter(this.#limit, spread, now);
      case 'sliding':
        return new SlidingMeter(this.#limit, spread);
      case 'fixed':
      case 'calendar':
        return new FixedMeter(
          this.#limit,
          periods ?? everyPeriod(this.periodMs, now + this.periodMs, this.spreadMs),
          now,
        );
    }
  }
}

/** Sums of floats land a hair beside what they mean. */
const EPSILON = 1e-6;
