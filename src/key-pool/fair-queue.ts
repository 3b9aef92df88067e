import type { Priority } from '../model/demand.ts';
import type { Need } from './need.ts';
import { Punctuality } from './punctuality.ts';

/** Something that stands in line: a waiting demand, or the booked place of a caller who was refused and told a time. */
export interface Place {
  readonly client: string;
  readonly lane: Priority;
  /** Order of arrival in the whole pool. */
  readonly ticket: number;
  /** The client's fair turn; see FairQueue. */
  readonly turn: number;
  /** Whether its caller was told a time before. */
  readonly booked: boolean;
}

export interface Booking extends Place {
  /** Until then it is a place in the arithmetic only. Room that comes a little earlier than foretold is kept for it. */
  readonly keptFrom: number;
  /** The first instant at which its caller may be here. */
  readonly dueAt: number;
  /** The time its caller was told. */
  readonly toldAt: number;
  readonly lapsesAt: number;
  readonly need: Need;
  /** Which keys it may take, by name; see `callerScopeName`. */
  readonly scope: string;
}

/**
 * One line per model class, in the order of service: interactive before batch, clients in turn, each client's own in
 * the order of arrival. Turns are what deficit round robin would deal out, written down as numbers: a demand's turn is
 * one cost after the client's previous one, or after the line's own progress for a client who comes anew. So everyone
 * has a place that can be counted, and a place can be booked.
 */
export class FairQueue<W extends Place> {
  readonly #lanes: Record<Priority, Lane<W>> = { interactive: new Lane(), batch: new Lane() };
  readonly punctuality = new Punctuality();

  /** Waiting demands, bookings not counted. */
  get waiting(): number {
    return this.#lanes.interactive.waiters.length + this.#lanes.batch.waiters.length;
  }

  get bookings(): number {
    return this.#lanes.interactive.bookings.length + this.#lanes.batch.bookings.length;
  }

  /** The place of a demand that arrives now: the one that this client booked, once its time has come, or a new one. */
  placeOf(arrival: { client: string; lane: Priority; ticket: number }, now: number): Place {
    const lane = this.#lanes[arrival.lane];
    this.#dropLapsed(lane, now);
    const booking = lane.bookings.find((one) => one.client === arrival.client && one.dueAt <= now + ROUNDING_MS);
    return booking ?? { ...arrival, turn: lane.turnOf(arrival.client), booked: false };
  }

  /** The caller of a booked place is here: it is kept for nobody any more. */
  takeUp(place: Place | Booking, now: number): void {
    if (!('toldAt' in place)) return;
    const lane = this.#lanes[place.lane];
    lane.bookings = lane.bookings.filter((booking) => booking !== place);
    this.served(place);
    this.punctuality.cameBack(now - place.toldAt);
  }

  /** Who stands before this place: demands and bookings. */
  ahead(place: Place, now: number): { readonly waiters: readonly W[]; readonly bookings: number } {
    const lane = this.#lanes[place.lane];
    for (const one of Object.values(this.#lanes)) this.#dropLapsed(one, now);
    const waiters = lane.waiters.slice(0, position(lane.waiters, place));
    const bookings = lane.bookings.filter((booking) => standsBefore(booking, place, now)).length;
    if (place.lane === 'interactive') return { waiters, bookings };
    const { interactive } = this.#lanes;
    return { waiters: [...interactive.waiters, ...waiters], bookings: bookings + interactive.bookings.length };
  }

  /** Booked places whose time has come, for which room is kept until they lapse; none where callers do not come back. */
  due(now: number): readonly Booking[] {
    const due: Booking[] = [];
    for (const lane of Object.values(this.#lanes)) {
      this.#dropLapsed(lane, now);
      if (!this.punctuality.mostComeBack) continue;
      for (const booking of lane.bookings) if (isKept(booking, now)) due.push(booking);
    }
    return due;
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

  #dropLapsed(lane: Lane<W>, now: number): void {
    for (let dropped = lane.dropLapsed(now); dropped > 0; dropped--) this.punctuality.stayedAway();
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

  turnOf(client: string): number {
    const last = Math.max(lastTurn(this.waiters, client), lastTurn(this.bookings, client));
    return Math.max(this.progress, last) + 1;
  }

  /** Returns how many. */
  dropLapsed(now: number): number {
    if (now < this.lapsesAt) return 0;
    const before = this.bookings.length;
    this.bookings = this.bookings.filter(({ lapsesAt }) => lapsesAt > now);
    this.lapsesAt = this.bookings.reduce((least, { lapsesAt }) => Math.min(least, lapsesAt), Number.POSITIVE_INFINITY);
    return before - this.bookings.length;
  }
}

/** Whether a booking comes before a place: by its turn; or because it is due, and the other came later and unannounced. */
export function standsBefore(booking: Booking, place: Place, now: number): boolean {
  if (booking === place) return false;
  if (booking.lane !== place.lane) return booking.lane === 'interactive';
  return precedes(booking, place) || (!place.booked && booking.ticket < place.ticket && isKept(booking, now));
}

function isKept({ keptFrom }: Booking, now: number): boolean {
  return keptFrom <= now + ROUNDING_MS;
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
