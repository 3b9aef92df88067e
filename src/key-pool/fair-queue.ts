import type { Priority } from '../model/demand.ts';

/** Something that stands in line: a waiting demand, or the booked place of a caller who was refused and told a time. */
export interface Place {
  readonly client: string;
  readonly lane: Priority;
  /** Order of arrival in the whole pool. */
  readonly ticket: number;
  /** The client's fair turn; see FairQueue. */
  readonly turn: number;
}

export interface Booking extends Place {
  /** The time its caller was told. */
  readonly at: number;
  readonly lapsesAt: number;
}

/**
 * One line per model class, in the order of service: interactive before batch, clients in turn, each client's own in
 * the order of arrival. Turns are what deficit round robin would deal out, written down as numbers: a demand's turn is
 * one cost after the client's previous one, or after the line's own progress for a client who comes anew. So everyone
 * has a place that can be counted, and a place can be booked.
 */
export class FairQueue<W extends Place> {
  readonly #lanes: Record<Priority, Lane<W>> = { interactive: new Lane(), batch: new Lane() };

  /** Waiting demands, bookings not counted. */
  get waiting(): number {
    return this.#lanes.interactive.waiters.length + this.#lanes.batch.waiters.length;
  }

  get bookings(): number {
    return this.#lanes.interactive.bookings.length + this.#lanes.batch.bookings.length;
  }

  /** The place of a demand that arrives now; one booked by this client before is taken up. */
  place(arrival: { client: string; lane: Priority; ticket: number; cost: number }, now: number): Place {
    const lane = this.#lanes[arrival.lane];
    lane.dropLapsed(now);
    return lane.takeUpBooking(arrival.client, now) ?? { ...arrival, turn: lane.turnOf(arrival.client, arrival.cost) };
  }

  /** Who was told this time has come and was served at once: the place is not kept for another. */
  redeem(client: string, lane: Priority, now: number): void {
    if (this.bookings > 0) this.#lanes[lane].takeUpBooking(client, now);
  }

  /** Who stands before this place: demands and bookings. */
  ahead(place: Place, now: number): { readonly waiters: readonly W[]; readonly bookings: number } {
    const lane = this.#lanes[place.lane];
    for (const one of Object.values(this.#lanes)) one.dropLapsed(now);
    const waiters = lane.waiters.slice(0, position(lane.waiters, place));
    const bookings = position(lane.bookings, place);
    if (place.lane === 'interactive') return { waiters, bookings };
    const { interactive } = this.#lanes;
    return { waiters: [...interactive.waiters, ...waiters], bookings: bookings + interactive.bookings.length };
  }

  add(waiter: W): void {
    insert(this.#lanes[waiter.lane].waiters, waiter);
  }

  remove(waiter: W): void {
    const { waiters } = this.#lanes[waiter.lane];
    const at = waiters.indexOf(waiter, position(waiters, waiter));
    if (at >= 0) waiters.splice(at, 1);
  }

  holds(waiter: W): boolean {
    const { waiters } = this.#lanes[waiter.lane];
    return waiters.indexOf(waiter, position(waiters, waiter)) >= 0;
  }

  book(booking: Booking): void {
    const lane = this.#lanes[booking.lane];
    insert(lane.bookings, booking);
    lane.lapsesAt = Math.min(lane.lapsesAt, booking.lapsesAt);
  }

  /** The line has come this far. */
  served(place: Place): void {
    const lane = this.#lanes[place.lane];
    lane.progress = Math.max(lane.progress, place.turn);
  }

  /** In the order of service; a copy, so that it may be walked while waiters are served. */
  inOrder(): W[] {
    const { interactive, batch } = this.#lanes;
    return batch.waiters.length === 0 ? [...interactive.waiters] : [...interactive.waiters, ...batch.waiters];
  }
}

class Lane<W extends Place> {
  readonly waiters: W[] = [];
  bookings: Booking[] = [];
  /** The turn that was served last. */
  progress = 0;
  lapsesAt = Number.POSITIVE_INFINITY;

  turnOf(client: string, cost: number): number {
    const last = Math.max(lastTurn(this.waiters, client), lastTurn(this.bookings, client));
    return Math.max(this.progress, last) + cost;
  }

  /** Only one whose time has come: who arrives before was not told that time, or does not keep to it. */
  takeUpBooking(client: string, now: number): Booking | null {
    const at = this.bookings.findIndex((booking) => booking.client === client && booking.at <= now + ROUNDING_MS);
    return at < 0 ? null : (this.bookings.splice(at, 1)[0] ?? null);
  }

  dropLapsed(now: number): void {
    if (now < this.lapsesAt) return;
    this.bookings = this.bookings.filter(({ lapsesAt }) => lapsesAt > now);
    this.lapsesAt = this.bookings.reduce((least, { lapsesAt }) => Math.min(least, lapsesAt), Number.POSITIVE_INFINITY);
  }
}

/** Times are told in whole milliseconds. */
const ROUNDING_MS = 1;

function lastTurn(places: readonly Place[], client: string): number {
  for (let at = places.length - 1; at >= 0; at--) {
    const place = places[at] as Place;
    if (place.client === client) return place.turn;
  }
  return Number.NEGATIVE_INFINITY;
}

function precedes(one: Place, other: Place): boolean {
  return one.turn === other.turn ? one.ticket < other.ticket : one.turn < other.turn;
}

/** How many stand before `place`. */
function position(places: readonly Place[], place: Place): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (precedes(places[middle] as Place, place)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function insert<P extends Place>(places: P[], place: P): void {
  places.splice(position(places, place), 0, place);
}
