import type { Decision } from './lease.ts';
import type { Need } from './need.ts';
import type { Roster } from './roster.ts';
import type { Seat } from './seat.ts';

const MOST_GROUPS = 8;

/** Why this key, and which groups were passed over because they had no room. */
export function explainChoice(roster: Roster, need: Need, chosen: Seat, why: string): Decision {
  if (roster.shutGroupCount === 0) return { chosen: why, passedOver: NOBODY, more: 0 };
  const passedOver: string[] = [];
  const now = roster.now();
  for (const seat of roster.shutGroups()) {
    if (seat.key.group === chosen.key.group) continue;
    passedOver.push(`${seat.groupLabel}: ${seat.obstacle(need, now)}`);
    // Among thousands of full keys, counting on would cost more than the choice.
    if (passedOver.length === MOST_GROUPS) break;
  }
  return { chosen: why, passedOver, more: Math.max(0, roster.shutGroupCount - passedOver.length) };
}

/** Why nobody: every group in scope with its reason. */
export function explainRefusal(seats: Iterable<Seat>, need: Need, why: string, now: number): Decision {
  const passedOver: string[] = [];
  let more = 0;
  for (const seat of onePerGroup(seats)) {
    if (passedOver.length < MOST_GROUPS) passedOver.push(`${seat.groupLabel}: ${seat.obstacle(need, now)}`);
    else more++;
  }
  return { chosen: why, passedOver, more };
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
