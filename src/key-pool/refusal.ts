import { explainRefusal } from './explanation.ts';
import { firstToOpen, isServedBy, type Line, servedAt } from './forecast.ts';
import { NEVER } from './gate.ts';
import type { Refusal } from './lease.ts';
import type { Need } from './need.ts';
import type { PooledProvider } from './pooled-provider.ts';
import type { Roster } from './roster.ts';
import { callerScope } from './scope.ts';
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
  const { roster, waiter, provider, now, settings } = asked;
  const { demand, need } = waiter;
  const scope = callerScope(roster, demand);
  const seats = (scope.seats ?? roster.seats).filter(
    (seat) => seat.key.usable && (scope.admits === null || scope.admits(seat)),
  );
  if (seats.length === 0) return noKeys(asked);
  const first = firstToOpen(seats, need, now);
  if (first.at >= NEVER && first.at !== Number.POSITIVE_INFINITY) return unusable(asked, seats, first.seat);
  const line = lineBefore(asked, seats);
  const untilDeadline =
    first.at === Number.POSITIVE_INFINITY || (first.at <= demand.deadline && isServedBy(line, demand.deadline));
  if (!always && untilDeadline) return null;
  if (seats.every((seat) => isOutWithoutDate(seat, now))) return unusable(asked, seats, first.seat);
  const at = servedAt(line, settings.longestRestMs);
  if (at !== null) book(asked, at);
  const group = first.seat?.group ?? null;
  return {
    kind: 'refusal',
    reason: 'full',
    retryAfterMs: at === null ? null : Math.max(1, Math.ceil(at - now)),
    binding: first.seat === null ? provider.name : `${group}: ${first.seat.obstacle(need, now)}`,
    group,
    modelClass: roster.modelClass,
    decision: explainRefusal(seats, need, `nobody has room by the deadline; ${line.ahead} are ahead`, now),
  };
}

/** Everyone who is served before: waiters and booked places, who may need more or less than this one. */
function lineBefore({ roster, waiter, now }: Refusing, seats: readonly Seat[]): Line {
  const { waiters, bookings } = roster.queue.ahead(waiter, now);
  return { seats, ahead: waiters.length + bookings, need: meanNeed([waiter, ...waiters]), now };
}

function meanNeed(waiters: readonly Waiter[]): Need {
  const mean = (figure: (need: Need) => number) =>
    waiters.reduce((sum, { need }) => sum + figure(need), 0) / waiters.length;
  return {
    requests: 1,
    inputTokens: mean(({ inputTokens }) => inputTokens),
    outputTokens: mean(({ outputTokens }) => outputTokens),
    reserve: (waiters[0] as Waiter).need.reserve,
  };
}

/** The place is kept in the arithmetic, so that the next one refused is told a later time. It holds no capacity. */
function book({ roster, waiter, settings }: Refusing, at: number): void {
  if (roster.queue.bookings >= settings.maxBookings) return;
  const { client, lane, turn, ticket } = waiter;
  roster.queue.book({ client, lane, turn, ticket, at, lapsesAt: at + settings.bookingLapseMs });
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
    binding: first === null ? provider.name : `${first.group}: ${first.obstacle(waiter.need, now)}`,
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
