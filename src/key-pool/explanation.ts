import type { Decision } from './lease.ts';
import type { Need } from './need.ts';
import type { Roster } from './roster.ts';
import type { Seat } from './seat.ts';

const MOST_GROUPS = 8;

/** Why this key, and which groups were passed over because they had no room. */
export function explainChoice(roster: Roster, need: Need, chosen: Seat, why: string): Decision {
  const out = roster.seats.length - roster.openSeats;
  if (out === 0) return { chosen: why, passedOver: NOBODY, more: 0 };
  return { chosen: why, ...passedOver(roster.shutGroups(), need, chosen.key.group, roster.now()) };
}

/** Why nobody: every group in scope with its reason. */
export function explainRefusal(seats: Iterable<Seat>, need: Need, why: string, now: number): Decision {
  return { chosen: why, ...passedOver(onePerGroup(seats), need, null, now) };
}

function passedOver(seats: Iterable<Seat>, need: Need, except: unknown, now: number): Omit<Decision, 'chosen'> {
  const reasons: string[] = [];
  let more = 0;
  for (const seat of seats) {
    if (seat.key.group === except) continue;
    if (reasons.length < MOST_GROUPS) reasons.push(`${seat.group}: ${seat.obstacle(need, now)}`);
    else more++;
  }
  return { passedOver: reasons, more };
}

function* onePerGroup(seats: Iterable<Seat>): Generator<Seat> {
  const seen = new Set<unknown>();
  for (const seat of seats) {
    if (seen.has(seat.key.group)) continue;
    seen.add(seat.key.group);
    yield seat;
  }
}

const NOBODY: readonly string[] = [];
