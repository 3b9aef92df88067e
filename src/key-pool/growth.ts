import type { RateWindow } from './rate-window.ts';

/**
 * Additive increase for limits that were only inferred: after full windows that pressed on the limit without a refusal,
 * a little more is tried. Each attempt that is refused doubles the number of windows before the next, so that a limit
 * which is what it seems costs ever fewer refusals.
 */
export class Growth {
  #calmWindows = 2;
  #lastAt = Number.NEGATIVE_INFINITY;
  #raised = false;

  accepted(window: RateWindow, now: number): void {
    const sinceMs = now - Math.max(this.#lastAt, window.openedAt);
    if (sinceMs < window.periodMs * this.#calmWindows || now - window.pressedAt > window.periodMs) return;
    window.setFigure('inferred', window.limit + Math.max(1, Math.floor(window.limit * STEP)), now);
    this.#lastAt = now;
    this.#raised = true;
  }

  refused(now: number): void {
    this.#lastAt = now;
    if (this.#raised) this.#calmWindows = Math.min(MOST_CALM_WINDOWS, this.#calmWindows * 2);
    this.#raised = false;
  }
}

const STEP = 0.02;
const MOST_CALM_WINDOWS = 64;
