import type { Clock, Timer } from '../clock.ts';
import type { Demand } from '../model/demand.ts';
import type { Provider } from '../model/provider.ts';
import type { Random } from '../random.ts';
import { type Asking, type Choice, type Chooser, chooseSeat } from './choose-seat.ts';
import { explainChoice } from './explanation.ts';
import { type Booking, type Place, standsBefore } from './fair-queue.ts';
import { GrantedLease, type LeaseKeeper } from './granted-lease.ts';
import type { Lease, Refusal } from './lease.ts';
import { roomBeside } from './line-before.ts';
import { MinHeap } from './min-heap.ts';
import { NOTHING } from './need.ts';
import type { PooledProvider } from './pooled-provider.ts';
import { callerLeft, queueFull, refuse } from './refusal.ts';
import type { Roster } from './roster.ts';
import { callerScopeName, scopeName } from './scope.ts';
import type { Seat } from './seat.ts';
import type { PoolSettings } from './settings.ts';
import { guarded, STRATEGIES } from './strategies.ts';
import type { Waiter } from './waiter.ts';

export interface DispatcherParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: PoolSettings;
  readonly keeper: LeaseKeeper;
  readonly warn: (provider: string, text: string) => void;
}

/** A waiter that does not fit now, and when it will, at which key. */
interface Blocked {
  readonly waiter: Waiter;
  readonly next: Seat | null;
  readonly nextAt: number;
}

/**
 * Gives leases, now or when there is room. There is one queue, and a key is bound to a demand only at the moment of
 * the lease. One timer stands for the whole pool, at the next instant at which anything can change.
 */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #waitingAt = new Map<Roster, PooledProvider>();
  readonly #deadlines = new MinHeap<Waiter>((one, other) => one.demand.deadline < other.demand.deadline);
  readonly #choosers = new WeakMap<Provider, Chooser>();
  #waiting = 0;
  #tickets = 0;
  #timer: { readonly at: number; readonly timer: Timer } | null = null;
  #closed = false;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
  }

  get waiting(): number {
    return this.#waiting;
  }

  acquire(demand: Demand, provider: PooledProvider): Promise<Lease | Refusal> {
    const roster = provider.roster(demand.model);
    const now = this.#parts.clock.now();
    const need = roster.estimator.needOf(demand.tokens, this.#reserveOf(demand));
    if (demand.signal.aborted) return Promise.resolve(callerLeft(roster.modelClass));
    if (roster.queue.waiting === 0) {
      roster.reopenDue(now);
      const asking = { demand, need, since: now };
      const choice = chooseSeat(roster, asking, this.#chooser(provider));
      if (choice.seat !== null && this.#passesBookings(roster, asking)) {
        return Promise.resolve(this.#grant(provider, roster, { asking, choice, now }));
      }
    }
    return new Promise((answer) => this.#enqueue({ demand, need, provider, roster, answer }));
  }

  /** Something changed at this provider: whoever can be served is, and whoever no longer can be is told. */
  serve(provider: PooledProvider): void {
    for (const [roster, owner] of this.#waitingAt) if (owner === provider) this.#serveRoster(provider, roster);
    this.#arm();
  }

  /** Refuses everyone who waits. */
  close(): void {
    this.#closed = true;
    for (const [roster, provider] of this.#waitingAt) {
      for (const waiter of roster.queue.inOrder()) this.#refuse(provider, roster, waiter);
    }
    this.#timer?.timer.cancel();
    this.#timer = null;
  }

  #enqueue(asked: {
    demand: Demand;
    need: Waiter['need'];
    provider: PooledProvider;
    roster: Roster;
    answer: Waiter['answer'];
  }): void {
    const { demand, need, provider, roster, answer } = asked;
    const now = this.#parts.clock.now();
    const { client, priority: lane, signal } = demand;
    const place = roster.queue.placeOf({ client, lane, ticket: ++this.#tickets }, now);
    roster.queue.takeUp(place, now);
    const { turn, ticket, booked } = place;
    const scope = scopeName(demand);
    const waiter: Waiter = {
      demand,
      need,
      client,
      lane,
      turn,
      ticket,
      booked,
      scope,
      since: now,
      answer,
      answered: false,
      release: () => {},
    };
    const refusal = this.#refusalOnArrival(provider, roster, waiter);
    if (refusal !== null) {
      answer(refusal);
      return;
    }
    const leave = () => this.#leave(provider, roster, waiter);
    signal.addEventListener('abort', leave, { once: true });
    waiter.release = () => signal.removeEventListener('abort', leave);
    roster.queue.add(waiter);
    this.#waiting++;
    this.#deadlines.push(waiter);
    this.#waitingAt.set(roster, provider);
    this.#serveRoster(provider, roster);
    this.#arm();
  }

  #serveRoster(provider: PooledProvider, roster: Roster): void {
    const now = this.#parts.clock.now();
    roster.reopenDue(now);
    const blocked = new Map<string, Blocked>();
    const due = roster.queue.bookings === 0 ? [] : roster.queue.due(now);
    roster.wakeAt = Number.POSITIVE_INFINITY;
    for (const waiter of roster.queue.inOrder()) {
      const before = blocked.get(waiter.scope);
      if (before !== undefined && asksAsMuch(waiter, before.waiter)) continue;
      const choice = chooseSeat(roster, waiter, this.#chooser(provider));
      const roomAt = choice.seat === null ? now : roomBeside(dueBefore(due, waiter, now), { roster, ...waiter, now });
      if (roomAt > now) {
        roster.wakeAt = Math.min(roster.wakeAt, roomAt);
        if (before === undefined) blocked.set(waiter.scope, { waiter, next: null, nextAt: roomAt });
        continue;
      }
      if (choice.seat !== null) {
        if (this.#delays(choice.seat, waiter, blocked)) continue;
        this.#remove(roster, waiter);
        roster.queue.served(waiter);
        waiter.answer(this.#grant(provider, roster, { asking: waiter, choice, now }));
        continue;
      }
      roster.wakeAt = Math.min(roster.wakeAt, this.#wakeAt(waiter, choice.nextAt));
      if (before === undefined) blocked.set(waiter.scope, { waiter, next: choice.next, nextAt: choice.nextAt });
    }
    this.#tellTheHopeless(provider, roster, blocked, now);
    if (roster.queue.waiting === 0) this.#waitingAt.delete(roster);
  }

  /** Whether there is room for one that arrives, beside the booked places that are due; its own is then taken up. */
  #passesBookings(roster: Roster, { demand, need, since: now }: Asking): boolean {
    if (roster.queue.bookings === 0) return true;
    const { client, priority: lane } = demand;
    const place = roster.queue.placeOf({ client, lane, ticket: this.#tickets + 1 }, now);
    const due = dueBefore(roster.queue.due(now), { ...place, demand }, now);
    if (roomBeside(due, { roster, demand, need, now }) > now) return false;
    roster.queue.takeUp(place, now);
    return true;
  }

  /** Whoever can no longer be served by the deadline is told so now, not at the deadline. */
  #tellTheHopeless(provider: PooledProvider, roster: Roster, blocked: ReadonlyMap<string, Blocked>, now: number): void {
    if (blocked.size === 0) return;
    for (const waiter of roster.queue.inOrder()) {
      const { nextAt } = blocked.get(waiter.scope) ?? { nextAt: now };
      if (Number.isFinite(nextAt) && nextAt > waiter.demand.deadline) {
        const refusal = this.#refusalAtOnce(provider, roster, waiter);
        if (refusal === null) continue;
        this.#remove(roster, waiter);
        waiter.answer(refusal);
      }
    }
  }

  /**
   * Whether a lease at this seat would make one that stands before wait longer than computed: then the room is kept
   * for the one before.
   */
  #delays(seat: Seat, waiter: Waiter, blocked: ReadonlyMap<string, Blocked>): boolean {
    const now = this.#parts.clock.now();
    for (const { waiter: before, next, nextAt } of blocked.values()) {
      if (next === null || next.key.group !== seat.key.group || !Number.isFinite(nextAt)) continue;
      const trial = { need: waiter.need, enteredAt: now, sentAt: null, reconciled: null };
      const windows = seat.windows();
      for (const window of windows) window.enter(trial);
      const then = next.opensAt(before.need, now);
      for (const window of windows) window.leave(trial, { verdict: 'unknown', charge: NOTHING }, now);
      if (then > nextAt + TOLERANCE_MS) return true;
    }
    return false;
  }

  #grant(
    provider: PooledProvider,
    roster: Roster,
    { asking, choice, now }: { asking: Asking; choice: Extract<Choice, { why: string }>; now: number },
  ): GrantedLease {
    const { seat, why, lastResort } = choice;
    const decision = explainChoice(roster, asking.need, seat, why);
    const lease = new GrantedLease(
      {
        seat,
        provider,
        roster,
        need: asking.need,
        demand: asking.demand,
        enteredAt: now,
        waitedMs: now - asking.since,
        lastResort,
        decision,
      },
      this.#parts.keeper,
    );
    lease.enter(now);
    provider.choose(seat.key, now);
    roster.chosen(seat);
    roster.running++;
    roster.lastUsedAt = now;
    seat.bucket.running++;
    seat.bucket.lastUsedAt = now;
    seat.bucket.traffic.enter(lease);
    return lease;
  }

  #refusalOnArrival(provider: PooledProvider, roster: Roster, waiter: Waiter): Refusal | null {
    if (this.#closed) return callerLeft(roster.modelClass);
    if (this.#waiting >= this.#parts.settings.maxWaiters) return queueFull(roster.modelClass, this.#waiting);
    return this.#refusalAtOnce(provider, roster, waiter);
  }

  #refusalAtOnce(provider: PooledProvider, roster: Roster, waiter: Waiter): Refusal | null {
    return refuse({ roster, waiter, provider, settings: this.#parts.settings, now: this.#parts.clock.now() }, false);
  }

  #refuse(provider: PooledProvider, roster: Roster, waiter: Waiter): void {
    if (waiter.answered) return;
    this.#remove(roster, waiter);
    const now = this.#parts.clock.now();
    waiter.answer(refuse({ roster, waiter, provider, settings: this.#parts.settings, now }, true));
  }

  #leave(provider: PooledProvider, roster: Roster, waiter: Waiter): void {
    if (waiter.answered) return;
    this.#remove(roster, waiter);
    waiter.answer(callerLeft(roster.modelClass));
    // Its place may have been kept from others.
    this.serve(provider);
  }

  #remove(roster: Roster, waiter: Waiter): void {
    waiter.answered = true;
    waiter.release();
    roster.queue.remove(waiter);
    this.#waiting--;
  }

  #wakeAt(waiter: Waiter, nextAt: number): number {
    if (waiter.demand.affinity === null) return nextAt;
    const patience = waiter.since + this.#parts.settings.affinityPatienceMs;
    return patience > this.#parts.clock.now() ? Math.min(nextAt, patience) : nextAt;
  }

  #reserveOf({ priority }: Demand): number {
    return priority === 'batch' ? this.#parts.settings.interactiveReserve : 0;
  }

  #chooser(provider: PooledProvider): Chooser {
    const known = this.#choosers.get(provider.config);
    if (known !== undefined) return known;
    const chooser = this.#openChooser(provider);
    this.#choosers.set(provider.config, chooser);
    return chooser;
  }

  #openChooser(provider: PooledProvider): Chooser {
    const { random, settings, warn } = this.#parts;
    const { strategy: name, customStrategy: own } = provider.config;
    if (own === undefined) return { strategy: STRATEGIES[name], strategyName: name, random, settings };
    const strategy = guarded(own, (fault) =>
      warn(provider.name, `its own strategy ${fault}; round-robin chooses instead`),
    );
    return { strategy, strategyName: 'custom', random, settings };
  }

  #arm(): void {
    let at = Number.POSITIVE_INFINITY;
    for (const roster of this.#waitingAt.keys()) at = Math.min(at, roster.wakeAt);
    for (let first = this.#deadlines.peek(); first?.answered === true; first = this.#deadlines.peek())
      this.#deadlines.pop();
    at = Math.min(at, this.#deadlines.peek()?.demand.deadline ?? at);
    if (this.#timer !== null && this.#timer.at === at) return;
    this.#timer?.timer.cancel();
    this.#timer = null;
    if (this.#waiting === 0 || !Number.isFinite(at)) return;
    const { clock } = this.#parts;
    this.#timer = { at, timer: clock.setTimer(Math.max(0, at - clock.now()), () => this.#tick()) };
  }

  #tick(): void {
    this.#timer = null;
    const now = this.#parts.clock.now();
    for (const [roster, provider] of this.#waitingAt) if (roster.wakeAt <= now) this.#serveRoster(provider, roster);
    for (
      let first = this.#deadlines.peek();
      first !== undefined && first.demand.deadline <= now;
      first = this.#deadlines.peek()
    ) {
      this.#deadlines.pop();
      if (!first.answered) this.#expire(first);
    }
    this.#arm();
  }

  #expire(waiter: Waiter): void {
    for (const [roster, provider] of this.#waitingAt) {
      if (!roster.queue.holds(waiter)) continue;
      this.#refuse(provider, roster, waiter);
      if (roster.queue.waiting === 0) this.#waitingAt.delete(roster);
      return;
    }
  }
}

/** Of the booked places that are due, those that come before and may take the same keys. */
function dueBefore(due: readonly Booking[], place: Place & { readonly demand: Demand }, now: number): Booking[] {
  if (due.length === 0) return [];
  const scope = callerScopeName(place.demand);
  return due.filter((booking) => booking.scope === scope && standsBefore(booking, place, now));
}

function asksAsMuch({ need }: Waiter, { need: other }: Waiter): boolean {
  return (
    need.inputTokens >= other.inputTokens && need.outputTokens >= other.outputTokens && need.reserve >= other.reserve
  );
}

/** Forecasts move by rounding; a millisecond is no delay. */
const TOLERANCE_MS = 1;
