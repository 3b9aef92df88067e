import type { Demand } from '../model/demand.ts';
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
  const { roster, waiter, now, settings } = asked;
  const { demand, need } = waiter;
  const { waiters, bookings } = roster.queue.ahead(waiter, now);
  const ahead = waiters.length + bookings;
  const { seats, times } = prospects(roster, demand, ahead);
  if (seats.length === 0) return noKeys(asked);
  const first = firstToOpen(seats, need, now);
  if (first.at === NEVER) return unusable(asked, seats, first.seat);
  const line: Line = { seats, times, ahead, need: meanNeed([waiter, ...waiters]), now };
  const whenever = first.at === Number.POSITIVE_INFINITY;
  if (!always && (whenever || (first.at <= demand.deadline && isServedBy(line, demand.deadline)))) return null;
  if (seats.every((seat) => isOutWithoutDate(seat, now))) return unusable(asked, seats, first.seat);
  const at = servedAt(line, settings.longestRestMs);
  if (at !== null) book(asked, at);
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

/**
 * The seats that matter to someone with so many ahead. Of thousands, those that come back first serve a short line;
 * for a long one an even sample stands for all.
 */
function prospects(roster: Roster, demand: Demand, ahead: number): { seats: readonly Seat[]; times: number } {
  const scope = callerScope(roster, demand);
  const inScope = (seat: Seat) => seat.key.usable && (scope.admits === null || scope.admits(seat));
  const all = scope.seats ?? roster.seats;
  if (all.length <= 2 * MOST_LOOKED_AT || scope.admits !== null) return { seats: all.filter(inScope), times: 1 };
  if (ahead < MOST_LOOKED_AT) {
    const seats = roster.soonest(MOST_LOOKED_AT).filter(inScope);
    if (seats.length > ahead) return { seats, times: 1 };
  }
  const stride = Math.floor(all.length / MOST_LOOKED_AT);
  const sample = all.filter((seat, at) => at % stride === 0 && inScope(seat));
  return { seats: sample.length > 0 ? sample : all.filter(inScope), times: sample.length > 0 ? stride : 1 };
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

const MOST_LOOKED_AT = 256;
