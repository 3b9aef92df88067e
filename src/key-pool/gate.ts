import type { Need } from './need.ts';

/**
 * One condition that a request must meet before it may be sent. A key brings some, so do its quota group, its bucket
 * and its provider; a lease is given when all of them are open. Windows, concurrency, slow starts, rests after a
 * refusal and breakers are all gates.
 */
export interface Gate {
  /** The earliest instant at which `need` may pass; `now` or less when it may now, Infinity when only an event can tell, NEVER when no time helps. */
  opensAt(need: Need, now: number): number;
  /** A lease is given: the gate reserves what the request will take. */
  enter(passage: Passage, now: number): void;
  /** The request's last byte has left: `passage.sentAt` is set. */
  sent(passage: Passage, now: number): void;
  /** The provider let it through. Told once, as soon as that shows, and before `leave`; by some gates only. */
  accepted?(passage: Passage, now: number): void;
  leave(passage: Passage, ending: Ending, now: number): void;
  /** How many such requests can pass up to `span.until` by those who begin at `span.from`. */
  supply(need: Need, now: number, span: Span): number;
  /** A better guess than `opensAt` has, for forecasts only, of when it opens. */
  expectedAt?(now: number): number;
  /** Why it is closed: "requests/min full for 4.1 s (20 of 20)", where `wait` is " for 4.1 s" or empty. */
  describe(now: number, wait: string): string;
}

/** How far to look ahead. */
export interface Horizon {
  readonly until: number;
  /** How much later than it comes free a place is taken: those who were told a time come a little after it. */
  readonly turnaroundMs: number;
}

/** A stretch of time ahead. Before `from` another gate lets nobody pass, so nothing is taken then. */
export interface Span extends Horizon {
  readonly from: number;
}

/** One request on its way through the gates. */
export interface Passage {
  readonly need: Need;
  readonly enteredAt: number;
  /** Null until the last byte has left us. */
  sentAt: number | null;
  /** Gates whose books an announcement about this very request has put right. */
  readonly reconciled: { has(gate: Gate): boolean } | null;
}

/** An instant that never comes. It is less than Infinity, which stands for "when something happens". */
export const NEVER = Number.MAX_VALUE;

export interface Ending {
  /** Whether the provider's limits let the request through; `unknown` when its answer does not tell. */
  readonly verdict: 'accepted' | 'refused' | 'unknown';
  /** What the provider counts for it; null when nobody knows, and the reservation stands. */
  readonly charge: Need | null;
}

/** The instant at which every gate is open; what else happens meanwhile may move it. */
export function allOpenAt(gates: readonly Gate[], need: Need, now: number): number {
  let latest = now;
  for (const gate of gates) {
    const opens = gate.opensAt(need, now);
    if (opens > latest) latest = opens;
  }
  return latest;
}

/** The gate that stays closed longest, or null when all are open. */
export function bindingGate(gates: readonly Gate[], need: Need, now: number): Gate | null {
  let binding: Gate | null = null;
  let latest = now;
  for (const gate of gates) {
    const opens = gate.opensAt(need, now);
    if (opens > latest) {
      latest = opens;
      binding = gate;
    }
  }
  return binding;
}

/** How many such requests can pass all of the gates by then. */
export function supplyOf(gates: readonly Gate[], need: Need, now: number, horizon: Horizon): number {
  let from = now;
  for (const gate of gates) {
    const opens = gate.expectedAt?.(now) ?? gate.opensAt(need, now);
    if (opens > from && opens <= NEVER) from = opens;
  }
  if (from > horizon.until) return 0;
  const span = { ...horizon, from };
  let least = Number.POSITIVE_INFINITY;
  for (const gate of gates) {
    least = Math.min(least, gate.supply(need, now, span));
    if (least <= 0) return 0;
  }
  return least;
}
