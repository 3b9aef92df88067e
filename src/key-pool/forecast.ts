import { NEVER, supplyOf } from './gate.ts';
import type { MeteredGroup } from './metered-group.ts';
import type { Need } from './need.ts';
import type { Seat } from './seat.ts';

/** A queue to be served, and who serves it. */
export interface Line {
  readonly seats: readonly Seat[];
  /** The seats stand for so many times their number. */
  readonly times: number;
  /** What one request takes, on average over those ahead. */
  readonly need: Need;
  /** How many are served before the one that asks. */
  readonly ahead: number;
  /** See `Horizon`. */
  readonly turnaroundMs: number;
  readonly now: number;
}

/** Whether the line is served, and the one that asks as well, by then. */
export function isServedBy(line: Line, until: number): boolean {
  const wanted = (line.ahead + 1) / line.times;
  const horizon = { until, turnaroundMs: line.turnaroundMs };
  let served = 0;
  const shared = new Map<MeteredGroup, number>();
  for (const seat of line.seats) {
    // A group's windows are shared by its keys: what one of them takes, the others cannot.
    const { group } = seat.key;
    const left = shared.get(group) ?? supplyOf(group.gates(seat.bucket), line.need, line.now, horizon);
    const taken = Math.min(left, seat.supply(line.need, line.now, horizon));
    shared.set(group, left - taken);
    served += taken;
    if (served >= wanted) return true;
  }
  return false;
}

/**
 * The instant at which the one that asks will be served: the least at which the supply of all keys covers the line.
 * Null when no time within `horizonMs` is enough.
 */
export function servedAt(line: Line, horizonMs: number): number | null {
  let before = line.now;
  let stepMs = FIRST_STEP_MS;
  let after = before + stepMs;
  while (!isServedBy(line, after)) {
    if (stepMs > horizonMs) return null;
    before = after;
    stepMs *= 2;
    after = line.now + stepMs;
  }
  while (after - before > PRECISION_MS) {
    const middle = (before + after) / 2;
    if (isServedBy(line, middle)) after = middle;
    else before = middle;
  }
  return after;
}

/** When one that is told `at` could be served already if everyone before came the moment there was room. */
export function firstChance(line: Line, at: number): number {
  const prompt = { ...line, turnaroundMs: 0 };
  return isServedBy(prompt, at - 2 * PRECISION_MS) ? (servedAt(prompt, at - line.now) ?? at) : at;
}

/** The first seat that opens for `need`, and when. */
export function firstToOpen(seats: Iterable<Seat>, need: Need, now: number): { seat: Seat | null; at: number } {
  let first: Seat | null = null;
  let at = Number.POSITIVE_INFINITY;
  for (const seat of seats) {
    const opensAt = seat.opensAt(need, now);
    if (first !== null && opensAt >= at) continue;
    first = seat;
    at = opensAt;
  }
  return { seat: first, at: first === null ? NEVER : at };
}

const FIRST_STEP_MS = 64;
const PRECISION_MS = 1;
