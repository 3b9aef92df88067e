import type { Breaker } from './breaker.ts';
import { FairQueue } from './fair-queue.ts';
import { MinHeap } from './min-heap.ts';
import type { Need } from './need.ts';
import { OpenSet } from './open-set.ts';
import type { PooledKey } from './pooled-key.ts';
import { Seat, type SeatHolder } from './seat.ts';
import type { TokenEstimator } from './token-estimator.ts';
import type { Waiter } from './waiter.ts';

interface Closing {
  readonly seat: Seat;
  readonly until: number;
}

/** What one look round a roster found. */
export interface Offer {
  /** Seats that can take the demand now, at most as many as were asked for. */
  readonly seats: readonly Seat[];
  /** Of those looked at that cannot, the one that can first, and when. */
  readonly next: Seat | null;
  readonly nextAt: number;
}

interface Look extends Offer {
  readonly need: Need;
  readonly admits: ((seat: Seat) => boolean) | null;
  readonly most: number;
  readonly now: number;
  readonly seats: Seat[];
  next: Seat | null;
  nextAt: number;
}

/** Only an event can tell. */
const NOBODY_KNOWS = Number.POSITIVE_INFINITY;

/**
 * Who may serve one model class of one provider. Seats found full leave the open set until the instant at which they
 * may have room, so that the cost of a choice does not grow with the number of keys that rest.
 */
export class Roster implements SeatHolder {
  readonly modelClass: string;
  readonly breaker: Breaker;
  readonly estimator: TokenEstimator;
  readonly queue = new FairQueue<Waiter>();
  readonly now: () => number;
  #seats: Seat[] = [];
  #byGroup = new Map<string, Seat[]>();
  #byKey = new Map<string, Seat>();
  #open = new OpenSet(0);
  #closings = new MinHeap<Closing>((one, other) => one.until < other.until);
  #cursor = 0;
  readonly #shutIn = new Map<string, number>();
  /** Whether some group was ever told that it may not use this model. */
  sawUnavailable = false;
  /** Whether some request was ever larger than a group's limit can admit. */
  sawTooLarge = false;
  /** Leases under way. */
  running = 0;
  lastUsedAt = 0;
  /** The next instant at which a waiter may be served. */
  wakeAt = Number.POSITIVE_INFINITY;

  constructor(modelClass: string, parts: { breaker: Breaker; estimator: TokenEstimator; now: () => number }) {
    this.modelClass = modelClass;
    this.breaker = parts.breaker;
    this.estimator = parts.estimator;
    this.now = parts.now;
  }

  get seats(): readonly Seat[] {
    return this.#seats;
  }

  /** How many configured groups have keys here. */
  get groups(): number {
    return this.#byGroup.size;
  }

  get openSeats(): number {
    return this.#open.size;
  }

  seatOf(keyId: string): Seat | undefined {
    return this.#byKey.get(keyId);
  }

  /** The seats of a configured group. */
  seatsOf(group: string): readonly Seat[] {
    return this.#byGroup.get(group) ?? [];
  }

  /** The keys of the provider, in order; those that sat here before keep their seats. */
  seat(keys: readonly PooledKey[]): void {
    const before = new Map(this.#seats.map((seat) => [seat.key, seat]));
    for (const seat of this.#seats) seat.key.group.shut.delete(seat);
    this.#seats = keys.map((key, order) => {
      const seat = before.get(key) ?? new Seat(key, order, this);
      seat.order = order;
      seat.shutUntil = null;
      return seat;
    });
    this.#shutIn.clear();
    this.#byGroup = Map.groupBy(this.#seats, ({ key }) => key.config.group);
    this.#byKey = new Map(this.#seats.map((seat) => [seat.key.id, seat]));
    this.#open = new OpenSet(keys.length);
    for (const { order } of this.#seats) this.#open.add(order);
    this.#closings = new MinHeap<Closing>((one, other) => one.until < other.until);
    this.#cursor = 0;
  }

  /** Seats whose time has come are looked at again. */
  reopenDue(now: number): void {
    for (let top = this.#closings.peek(); top !== undefined && top.until <= now; top = this.#closings.peek()) {
      this.#closings.pop();
      if (top.seat.shutUntil === top.until) this.reopen(top.seat);
    }
  }

  reopen(seat: Seat): void {
    if (seat.shutUntil === null) return;
    seat.shutUntil = null;
    seat.key.group.shut.delete(seat);
    this.#open.add(seat.order);
    this.#countShut(seat, -1);
  }

  /** Groups of which at least one key is out. */
  get shutGroupCount(): number {
    return this.#shutIn.size;
  }

  /** The first instant at which a seat that is out may come back. */
  get nextReopening(): number {
    return this.#closings.peek()?.until ?? Number.POSITIVE_INFINITY;
  }

  /** Looks at open seats, from the one after the last choice or from the first, until enough can take the demand. */
  offer(need: Need, admits: ((seat: Seat) => boolean) | null, limits: { most: number; fromFirst: boolean }): Offer {
    const look: Look = {
      need,
      admits,
      most: limits.most,
      now: this.now(),
      seats: [],
      next: null,
      nextAt: NOBODY_KNOWS,
    };
    const start = limits.fromFirst ? 0 : this.#cursor;
    this.#lookAt(look, start, this.#seats.length);
    if (look.seats.length < look.most) this.#lookAt(look, 0, start);
    return look;
  }

  #lookAt(look: Look, from: number, end: number): void {
    const { need, admits, now } = look;
    for (let at = this.#open.next(from); at >= 0 && at < end; at = this.#open.next(at + 1)) {
      const seat = this.#seats[at] as Seat;
      if (admits !== null && !admits(seat)) continue;
      const opensAt = seat.opensAt(need, now);
      if (opensAt <= now) {
        look.seats.push(seat);
        if (look.seats.length >= look.most) return;
        continue;
      }
      if (opensAt < look.nextAt) {
        look.next = seat;
        look.nextAt = opensAt;
      }
      const opensAtAll = seat.opensAtAll(now);
      if (opensAtAll > now) this.#shut(seat, opensAtAll);
    }
  }

  /** Seats that are open, then those that come back soonest, at most so many. */
  soonest(most: number): Seat[] {
    const seats: Seat[] = [];
    for (let at = this.#open.next(0); at >= 0 && seats.length < most; at = this.#open.next(at + 1)) {
      seats.push(this.#seats[at] as Seat);
    }
    const closings = this.#closings.least(most - seats.length, ({ seat, until }) => seat.shutUntil === until);
    return [...seats, ...closings.map(({ seat }) => seat)];
  }

  chosen(seat: Seat): void {
    this.#cursor = seat.order + 1 < this.#seats.length ? seat.order + 1 : 0;
  }

  /** Seats that are out, in order, at most one per group. */
  *shutGroups(): Generator<Seat> {
    const seen = new Set<unknown>();
    const end = this.#seats.length;
    for (let at = this.#open.nextAbsent(0, end); at >= 0; at = this.#open.nextAbsent(at + 1, end)) {
      const seat = this.#seats[at] as Seat;
      if (seen.has(seat.key.group)) continue;
      seen.add(seat.key.group);
      yield seat;
    }
  }

  #shut(seat: Seat, until: number): void {
    seat.shutUntil = until;
    seat.key.group.shut.add(seat);
    this.#open.delete(seat.order);
    this.#countShut(seat, 1);
    if (Number.isFinite(until)) this.#closings.push({ seat, until });
    // Seats that come back early leave their entries behind; they are swept before they are many.
    if (this.#closings.size > 2 * this.#seats.length + 64) this.#sweep();
  }

  /** By the configured group, which does not change while a seat is out. */
  #countShut({ key }: Seat, change: 1 | -1): void {
    const { group } = key.config;
    const count = (this.#shutIn.get(group) ?? 0) + change;
    if (count > 0) this.#shutIn.set(group, count);
    else this.#shutIn.delete(group);
  }

  #sweep(): void {
    this.#closings = new MinHeap<Closing>((one, other) => one.until < other.until);
    for (const seat of this.#seats) {
      const { shutUntil } = seat;
      if (shutUntil !== null && Number.isFinite(shutUntil)) this.#closings.push({ seat, until: shutUntil });
    }
  }
}
