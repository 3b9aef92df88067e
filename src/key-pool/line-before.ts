import type { Demand } from '../model/demand.ts';
import type { Booking } from './fair-queue.ts';
import { isServedBy, type Line, servedAt } from './forecast.ts';
import type { Need } from './need.ts';
import type { Roster } from './roster.ts';
import { ableScope, callerScope } from './scope.ts';
import type { Seat } from './seat.ts';

/** Who asks, and where. */
export interface Asker {
  readonly roster: Roster;
  readonly demand: Demand;
  readonly need: Need;
  readonly now: number;
}

/** The line that a demand stands at the end of, with so many ahead, and what it and those ahead need. */
export function lineBefore(asker: Asker, { ahead, needs }: { ahead: number; needs: readonly Need[] }): Line {
  const { roster, now } = asker;
  // They are told a time that allows for lateness, and may be late.
  const turnaroundMs = 2 * roster.queue.punctuality.latenessMs;
  return { ...prospects(asker, ahead), ahead, need: meanNeed(needs), turnaroundMs, now };
}

/**
 * The instant at which there is room for a demand and, beside it, for all booked places that are due before it; `now`
 * when there is. A place that is not taken up lapses, so that it delays nobody by more than that.
 */
export function roomBeside(due: readonly Booking[], asker: Asker): number {
  if (due.length === 0) return asker.now;
  const needs = [asker.need, ...due.map(({ need }) => need)];
  const line = lineBefore(asker, { ahead: due.length, needs });
  if (isServedBy(line, asker.now)) return asker.now;
  const firstLapse = Math.min(...due.map(({ lapsesAt }) => lapsesAt));
  return Math.min(firstLapse, servedAt(line, firstLapse - asker.now) ?? firstLapse);
}

/**
 * The seats that matter to someone with so many ahead. Of thousands, those that come back first serve a short line;
 * for a long one an even sample stands for all.
 */
function prospects(asker: Asker, ahead: number): { seats: readonly Seat[]; times: number } {
  const { roster, demand } = asker;
  const scope = ableScope(roster, asker, callerScope(roster, demand));
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

function meanNeed(needs: readonly Need[]): Need {
  const mean = (figure: (need: Need) => number) => needs.reduce((sum, need) => sum + figure(need), 0) / needs.length;
  return {
    requests: 1,
    inputTokens: mean(({ inputTokens }) => inputTokens),
    outputTokens: mean(({ outputTokens }) => outputTokens),
    reserve: (needs[0] as Need).reserve,
  };
}

const MOST_LOOKED_AT = 256;
