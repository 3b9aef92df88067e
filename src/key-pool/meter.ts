import type { Span } from './gate.ts';

/**
 * How one window gives room back. A meter knows a limit, a period and what was taken; units are requests or tokens,
 * instants are monotonic milliseconds. Implementations: refill, sliding, fixed.
 */
export interface Meter {
  setLimit(limit: number, now: number): void;
  /** What could be taken at `now`; negative when more was taken than the limit allows. */
  left(now: number): number;
  /** The earliest instant at which `cost` fits if nothing else is taken; `now` when it fits, Infinity when it never can. */
  fitsAt(cost: number, now: number): number;
  take(cost: number, at: number): void;
  /** Changes by `delta` what was taken at `at`; dropped when that has left the window already. */
  correct(delta: number, at: number, now: number): void;
  /** What came back between two instants by the passing of time alone. */
  gain(from: number, to: number): number;
  /** Makes `left` true at `now`; raising forgets the oldest charges first, lowering adds one as of now. */
  setLeft(left: number, now: number): void;
  /**
   * How much can be taken in all up to `span.until` by one who takes, from `span.from` on, whatever is free; `held` is
   * about to be taken by others.
   */
  supply(now: number, span: Span, held: number): number;
  /** What still counts, oldest first: taken anew into an empty meter, it gives the same state. */
  charges(now: number): { readonly at: number; readonly cost: number }[];
  /** The instant at which everything taken so far has come back. */
  fullAt(now: number): number;
}

/** How far the instants of a provider's clock may lie behind ours; see `arrivalSpread` in the settings. */
export interface Spread {
  readonly periodMs: number;
  readonly spreadMs: number;
}
