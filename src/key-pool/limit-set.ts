import type { Dimension } from '../model/limit.ts';
import { ConcurrencyGauge } from './concurrency-gauge.ts';
import type { Gate } from './gate.ts';
import type { LimitSource, RateWindow } from './rate-window.ts';
import type { TypedWindow } from './typed-limits.ts';

/** Opens a window of the right algorithm; the provider knows which that is. */
export type OpenWindow = (typed: TypedWindow) => RateWindow;

/** The rate windows and the concurrency cap that belong to one thing: a group, a bucket, a key, a key's model class. */
export class LimitSet {
  #windows: readonly RateWindow[];
  #gauge: ConcurrencyGauge | null;
  #gates: readonly Gate[];

  constructor(windows: readonly RateWindow[], concurrency: number | null) {
    this.#windows = mergeEqual(windows);
    this.#gauge = concurrency === null ? null : new ConcurrencyGauge(concurrency);
    this.#gates = this.#assemble();
  }

  get windows(): readonly RateWindow[] {
    return this.#windows;
  }

  get gauge(): ConcurrencyGauge | null {
    return this.#gauge;
  }

  /** Replaced whole whenever it changes: a lease leaves through the gates it entered by. */
  get gates(): readonly Gate[] {
    return this.#gates;
  }

  window(dimension: Dimension, periodMs: number): RateWindow | undefined {
    return this.#windows.find((window) => window.dimension === dimension && window.periodMs === periodMs);
  }

  add(window: RateWindow): void {
    this.#windows = [...this.#windows, window];
    this.#gates = this.#assemble();
  }

  /** One source takes its figure back; a window that nobody else speaks for goes. */
  withdraw(window: RateWindow, source: LimitSource, now: number): void {
    window.setFigure(source, null, now);
    if (window.hasFigures) return;
    this.#windows = this.#windows.filter((one) => one !== window);
    this.#gates = this.#assemble();
  }

  /** Another set turned out to limit the same thing. */
  absorb(other: LimitSet, now: number): void {
    for (const window of other.#windows) {
      const own = this.window(window.dimension, window.periodMs);
      if (own === undefined) this.#windows = [...this.#windows, window];
      else window.moveInto(own, now);
    }
    if (other.#gauge !== null) {
      if (this.#gauge === null) this.#gauge = other.#gauge;
      else other.#gauge.moveInto(this.#gauge);
    }
    this.#gates = this.#assemble();
  }

  /** Limits were edited. What was counted against the old figures counts against the new ones; what was learned stays. */
  retype(
    typed: readonly TypedWindow[],
    concurrency: number | null,
    { open, now }: { open: OpenWindow; now: number },
  ): void {
    const same = (window: RateWindow) => (one: TypedWindow) =>
      one.dimension === window.dimension && one.periodMs === window.periodMs;
    const kept = this.#windows.filter((window) => {
      const figures = typed.filter(same(window)).map(({ limit }) => limit);
      if (figures.length === 0 && !window.learned) return false;
      window.setFigure('typed', figures.length === 0 ? null : Math.min(...figures), now);
      return true;
    });
    const added = typed.filter((one) => !this.#windows.some((window) => same(window)(one)));
    this.#windows = [...kept, ...mergeEqual(added.map(open))];
    // A gauge once made is kept, so that leases under way are not forgotten.
    if (this.#gauge !== null) this.#gauge.setCap(concurrency ?? Number.POSITIVE_INFINITY);
    else if (concurrency !== null) this.#gauge = new ConcurrencyGauge(concurrency);
    this.#gates = this.#assemble();
  }

  #assemble(): readonly Gate[] {
    return this.#gauge === null ? this.#windows : [...this.#windows, this.#gauge];
  }
}

/** Two figures for the same dimension and period are one window, and the lower binds. */
function mergeEqual(windows: readonly RateWindow[]): RateWindow[] {
  const merged: RateWindow[] = [];
  for (const window of windows) {
    const at = merged.findIndex((one) => one.dimension === window.dimension && one.periodMs === window.periodMs);
    if (at < 0) merged.push(window);
    else if (window.limit < (merged[at] as RateWindow).limit) merged[at] = window;
  }
  return merged;
}
