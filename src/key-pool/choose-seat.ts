import type { Demand } from '../model/demand.ts';
import type { Strategy } from '../model/strategy.ts';
import type { Random } from '../random.ts';
import { rendezvous } from './affinity.ts';
import { NEVER } from './gate.ts';
import type { Need } from './need.ts';
import type { Offer, Roster } from './roster.ts';
import { ableScope, callerScope, type Scope, untriedScope } from './scope.ts';
import type { Seat } from './seat.ts';
import type { PoolSettings } from './settings.ts';

export interface Chooser {
  readonly strategy: Strategy;
  readonly strategyName: string;
  readonly random: Random;
  readonly settings: PoolSettings;
}

export interface Asking {
  readonly demand: Demand;
  readonly need: Need;
  /** When it began to wait. */
  readonly since: number;
}

export type Choice =
  | { readonly seat: Seat; readonly why: string; readonly lastResort: boolean }
  /** Nothing now. `next` may take it first of those looked at; `nextAt` is no later than the first chance. */
  | { readonly seat: null; readonly next: Seat | null; readonly nextAt: number };

/** Which key serves this demand now: in scope, with every gate open, and by affinity or else by strategy. */
export function chooseSeat(roster: Roster, asking: Asking, chooser: Chooser): Choice {
  const { demand } = asking;
  const caller = callerScope(roster, demand);
  const scope = untriedScope(roster, demand, ableScope(roster, asking, caller));
  const isLast = (seat: Seat) => isLastResort(roster, { caller, demand }, seat);
  if (demand.affinity !== null) {
    const preferred = preferredSeat(roster, scope, asking, chooser);
    if (preferred?.seat) return { ...preferred, lastResort: isLast(preferred.seat) };
    if (preferred !== null) return preferred;
  }
  const offer = offerOf(roster, scope, asking.need, chooser);
  if (offer.seats.length === 0) {
    if ((scope.seats ?? roster.seats).length === 0) return { seat: null, next: null, nextAt: NEVER };
    return { seat: null, next: offer.next, nextAt: Math.min(offer.nextAt, roster.nextReopening) };
  }
  const seat = strategic(offer.seats, demand, chooser);
  const why = `${chooser.strategyName}: ${offer.seats.length === 1 ? 'the only one with room' : `of ${offer.seats.length} with room`}`;
  return { seat, why, lastResort: isLast(seat) };
}

function strategic(seats: readonly Seat[], demand: Demand, { strategy, random }: Chooser): Seat {
  return strategy(seats, demand, random) as Seat;
}

function offerOf(roster: Roster, scope: Scope, need: Need, { strategyName, settings }: Chooser): Offer {
  if (scope.seats === null) {
    return roster.offer(need, scope.admits, { most: settings.maxCandidates, fromFirst: strategyName === 'ordered' });
  }
  const now = roster.now();
  const seats: Seat[] = [];
  let next: Seat | null = null;
  let nextAt = Number.POSITIVE_INFINITY;
  for (const seat of scope.seats) {
    if (scope.admits !== null && !scope.admits(seat)) continue;
    const opensAt = seat.opensAt(need, now);
    if (opensAt <= now && seats.push(seat) >= settings.maxCandidates) break;
    if (opensAt > now && opensAt < nextAt) {
      next = seat;
      nextAt = opensAt;
    }
  }
  return { seats, next, nextAt };
}

/** The affine key if it has room or will have within the patience; null when another should serve. */
function preferredSeat(
  roster: Roster,
  scope: Scope,
  { demand, need, since }: Asking,
  { settings }: Chooser,
): Choice | null {
  const now = roster.now();
  const admitted = (scope.seats ?? roster.seats).filter(
    (seat) => (scope.admits === null || scope.admits(seat)) && isHealthy(seat, now),
  );
  const seat = rendezvous(demand.affinity ?? '', admitted);
  if (seat === null) return null;
  const opensAt = seat.opensAt(need, now);
  if (opensAt <= now) return { seat, why: 'affinity: the key this caller prefers', lastResort: false };
  const patience = since + settings.affinityPatienceMs;
  // When it opens only an event can tell, so that is waited for as well, but no longer than the patience.
  if ((opensAt > patience && opensAt !== Number.POSITIVE_INFINITY) || now >= patience) return null;
  return { seat: null, next: seat, nextAt: opensAt };
}

function isHealthy(seat: Seat, now: number): boolean {
  const { key, bucket } = seat;
  return key.usable && !key.standing.isOut(now) && !key.group.standing.isOut(now) && !bucket.standing.isOut(now);
}

/** Whether every other group may not use this model, so that what this one answers is the last word. */
function isLastResort(roster: Roster, { caller, demand }: { caller: Scope; demand: Demand }, chosen: Seat): boolean {
  if (!roster.sawUnavailable) return roster.groups === 1;
  const now = roster.now();
  return (caller.seats ?? roster.seats).every((seat) => {
    if (seat.key.group === chosen.key.group || !seat.key.usable) return true;
    return seat.bucket.unavailable.has(demand.model, now) || (caller.admits !== null && !caller.admits(seat));
  });
}
