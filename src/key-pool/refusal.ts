import { explainRefusal } from './explanation.ts';
import { firstChance, firstToOpen, isServedBy, servedAt } from './forecast.ts';
import { NEVER } from './gate.ts';
import type { Refusal } from './lease.ts';
import { lineBefore } from './line-before.ts';
import type { PooledProvider } from './pooled-provider.ts';
import type { Roster } from './roster.ts';
import { callerScopeName } from './scope.ts';
import type { Seat } from './seat.ts';
import type { PoolSettings } from './settings.ts';
import type { Waiter } from './waiter.ts';

export interface Refusing {
  readonly roster: Roster;
  readonly waiter: Waiter;
  readonly provider: PooledProvider;
  readonly settings: PoolSettings;
  readonly now: number;
}

/** With no key in scope, or no time by the deadline at which one will serve: the refusal. Null when waiting is worth it. */
export function refuse(asked: Refusing, always: true): Refusal;
export function refuse(asked: Refusing, always: false): Refusal | null;
export function refuse(asked: Refusing, always: boolean): Refusal | null {
  const { roster, waiter, now, settings } = asked;
  const { demand, need } = waiter;
  const { waiters, bookings } = roster.queue.ahead(waiter, now);
  const ahead = waiters.length + bookings;
  const line = lineBefore({ roster, demand, need, now }, { ahead, needs: [need, ...waiters.map((one) => one.need)] });
  const { seats } = line;
  if (seats.length === 0) return noKeys(asked);
  const first = firstToOpen(seats, need, now);
  if (first.at === NEVER) return unusable(asked, seats, first.seat);
  const whenever = first.at === Number.POSITIVE_INFINITY;
  if (!always && (whenever || (first.at <= demand.deadline && isServedBy(line, demand.deadline)))) return null;
  if (seats.every((seat) => isOutWithoutDate(seat, now))) return unusable(asked, seats, first.seat);
  const forecast = servedAt(line, settings.longestRestMs);
  const dueAt = forecast === null ? null : firstChance(line, forecast);
  // Where it depends on others coming in time, they are allowed to be late.
  const at = forecast === null || forecast === dueAt ? forecast : forecast + roster.queue.punctuality.latenessMs;
  if (dueAt !== null && at !== null) book(asked, dueAt, at);
  return {
    kind: 'refusal',
    reason: 'full',
    retryAfterMs: at === null ? null : Math.max(1, Math.ceil(at - now)),
    binding: first.seat === null ? '' : `${first.seat.groupLabel}: ${first.seat.obstacle(need, now)}`,
    group: first.seat?.groupLabel ?? null,
    modelClass: roster.modelClass,
    decision: explainRefusal(seats, need, `nobody has room by the deadline; ${ahead} are ahead`, now),
  };
}

/** The place is kept in the arithmetic, so that the next one refused is told a later time. */
function book({ roster, waiter, settings }: Refusing, dueAt: number, toldAt: number): void {
  if (roster.queue.bookings >= settings.maxBookings) return;
  const { client, lane, turn, ticket, need, demand } = waiter;
  const lapsesAt = toldAt + settings.bookingLapseMs;
  const keptFrom = dueAt - settings.bookingLapseMs;
  const scope = callerScopeName(demand);
  roster.queue.book({ client, lane, turn, ticket, booked: true, keptFrom, dueAt, toldAt, lapsesAt, need, scope });
}

function isOutWithoutDate(seat: Seat, now: number): boolean {
  const standings = [seat.key.standing, seat.key.group.standing, seat.bucket.standing];
  return standings.some((standing) => standing.isOut(now) && standing.undated);
}

function noKeys({ roster, waiter, provider }: Refusing): Refusal {
  const { groups, homeGroup } = waiter.demand;
  const whose =
    homeGroup !== null ? ` in group ${homeGroup}` : groups !== null ? ' in the groups this client may use' : '';
  return {
    ...nothing(roster.modelClass),
    reason: 'no-keys',
    binding: `${provider.name}: no enabled key${whose}`,
  };
}

function unusable({ roster, waiter, provider, now }: Refusing, seats: readonly Seat[], first: Seat | null): Refusal {
  return {
    ...nothing(roster.modelClass),
    reason: 'no-usable-keys',
    binding: first === null ? provider.name : `${first.groupLabel}: ${first.obstacle(waiter.need, now)}`,
    decision: explainRefusal(seats, waiter.need, 'no key can be used', now),
  };
}

export function callerLeft(modelClass: string): Refusal {
  return { ...nothing(modelClass), reason: 'caller-left', binding: 'the caller left' };
}

export function queueFull(modelClass: string, waiting: number): Refusal {
  return { ...nothing(modelClass), reason: 'queue-full', binding: `${waiting} requests are waiting already` };
}

export function unknownProvider(name: string): Refusal {
  return { ...nothing('unknown'), reason: 'no-keys', binding: `${name}: no enabled key` };
}

function nothing(modelClass: string): Refusal {
  return {
    kind: 'refusal',
    reason: 'no-keys',
    retryAfterMs: null,
    binding: '',
    group: null,
    modelClass,
    decision: { chosen: 'nobody', passedOver: [], more: 0 },
  };
}
