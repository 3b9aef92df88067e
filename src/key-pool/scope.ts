import type { Demand } from '../model/demand.ts';
import { amountOf, type Need } from './need.ts';
import type { Roster } from './roster.ts';
import type { Seat } from './seat.ts';

/** Which keys may serve a demand, by the caller's rights and by what the exchange has tried. */
export interface Scope {
  /** Null when every key may. */
  readonly admits: ((seat: Seat) => boolean) | null;
  /** The seats it comes down to, where that is cheaper to walk than the roster; null for the whole roster. */
  readonly seats: readonly Seat[] | null;
}

/** Equal for demands that the same keys can serve. */
export function scopeName({ groups, homeGroup, tried, affinity }: Demand): string {
  if (groups === null && homeGroup === null && tried.length === 0 && affinity === null) return '';
  return JSON.stringify([groups, homeGroup, tried, affinity]);
}

/** The same for what a caller may use, whatever its exchange has tried. */
export function callerScopeName({ groups, homeGroup }: Demand): string {
  return groups === null && homeGroup === null ? '' : JSON.stringify([groups, homeGroup]);
}

/**
 * Scope of the caller: its client key's groups, and the one group that holds an object the request names. A lease is
 * never given outside it.
 */
export function callerScope(roster: Roster, { groups, homeGroup }: Demand): Scope {
  if (groups === null && homeGroup === null) return { admits: null, seats: null };
  const inClientScope = (seat: Seat) => groups === null || groups.includes(seat.key.config.group);
  if (homeGroup === null) {
    return { admits: inClientScope, seats: groups === null ? null : groups.flatMap((group) => roster.seatsOf(group)) };
  }
  // Keys found to belong to the same organisation hold the same objects.
  const atHome = (seat: Seat) => seat.key.config.group === homeGroup || seat.key.group.name === homeGroup;
  const admits = (seat: Seat) => atHome(seat) && inClientScope(seat);
  return { admits, seats: roster.seats.filter(admits) };
}

/** A demand with the tokens it is estimated at. */
export interface Sized {
  readonly demand: Demand;
  readonly need: Need;
}

/**
 * Without the groups that may not use the model, and those whose limit is below the size of the request. When that is
 * every one of them, they are all asked all the same: the upstream's own answer tells the caller more than ours could.
 * An exchange that has that answer already goes on only to a group that is known to admit more.
 */
export function ableScope(roster: Roster, { demand, need }: Sized, caller: Scope): Scope {
  if (!roster.sawUnavailable && !roster.sawTooLarge) return caller;
  const now = roster.now();
  const tokens = amountOf(need, 'tokens');
  const able = (seat: Seat) =>
    (caller.admits === null || caller.admits(seat)) &&
    !seat.bucket.unavailable.has(demand.model, now) &&
    !seat.bucket.ceiling.excludes(tokens, now);
  const first = demand.tried
    .map(({ keyId }) => roster.seatOf(keyId))
    .find((seat) => seat?.bucket.ceiling.excludes(tokens, now) === true);
  if (first !== undefined) {
    const seats = (caller.seats ?? roster.seats).filter(
      (seat) => able(seat) && admitsMore(seat, { than: first, ceiling: null }),
    );
    return { admits: (seat) => seats.includes(seat), seats };
  }
  const isAble = (caller.seats ?? roster.seats).some((seat) => seat.key.usable && able(seat));
  return isAble ? { admits: able, seats: caller.seats?.filter(able) ?? null } : caller;
}

/** Whether the caller may use another group that is known to admit larger requests. */
export function isLargerKnown(roster: Roster, demand: Demand, smaller: Smaller): boolean {
  const { admits, seats } = callerScope(roster, demand);
  return (seats ?? roster.seats).some(
    (seat) => seat.key.usable && (admits === null || admits(seat)) && admitsMore(seat, smaller),
  );
}

/** A seat that refused a request for its size, and the limit it named. */
interface Smaller {
  readonly than: Seat;
  readonly ceiling: number | null;
}

function admitsMore(seat: Seat, { than, ceiling }: Smaller): boolean {
  const limit = ceiling ?? than.ceiling;
  return limit !== null && seat.key.group !== than.key.group && seat.ceiling !== null && seat.ceiling > limit;
}

/**
 * Without the groups this exchange has tried: a group is tried once a pass. A key that turned out to be at fault
 * itself does not speak for its siblings. When nothing else in scope can serve by the deadline, the pass begins anew.
 */
export function untriedScope(roster: Roster, demand: Demand, caller: Scope): Scope {
  if (demand.tried.length === 0) return caller;
  const now = roster.now();
  const triedKeys = new Set(demand.tried.map(({ keyId }) => keyId));
  const atFault = new Set<string>();
  for (const id of triedKeys) if (roster.seatOf(id)?.key.standing.isOut(now) === true) atFault.add(id);
  const triedGroups = new Set(demand.tried.filter(({ keyId }) => !atFault.has(keyId)).map(({ group }) => group));
  const untried = (seat: Seat) =>
    (caller.admits === null || caller.admits(seat)) &&
    !triedGroups.has(seat.key.group.name) &&
    !atFault.has(seat.key.id);
  const canServe = (seat: Seat) => {
    if (!untried(seat)) return false;
    const opensAt = seat.opensAtAll(now);
    return opensAt <= demand.deadline || opensAt === Number.POSITIVE_INFINITY;
  };
  const rest = caller.seats ?? roster.seats;
  if (!rest.some(canServe)) return caller;
  return { admits: untried, seats: caller.seats?.filter(untried) ?? null };
}
