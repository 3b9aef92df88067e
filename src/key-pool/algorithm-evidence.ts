/** One announcement with everything that can tell algorithms apart. */
export interface WindowFact {
  readonly limit: number;
  readonly remaining: number;
  /** Until the window is whole again; null when not said. */
  readonly resetMs: number | null;
  /** When the request left and when its answer came: the figures are true for some instant between. */
  readonly sentAt: number;
  readonly receivedAt: number;
  /** The reset is a date or a duration in whole seconds. */
  readonly inSeconds: boolean;
}

export interface WindowGuess {
  readonly algorithm: 'refill' | 'sliding' | 'fixed';
  readonly periodMs: number;
  /** For a fixed window: the earliest and the latest instant at which a period may end, as far as is known. */
  readonly ends: readonly [from: number, to: number] | null;
}

/** Periods that providers limit by. */
const NATURAL_PERIODS_MS: readonly number[] = [1_000, 60_000, 3_600_000, 86_400_000, 30 * 86_400_000];

/**
 * Finds out from announcements how a window gives room back, and over which period where the headers do not say.
 * Each algorithm predicts when the window is whole again, given what is missing from it:
 *
 * - `refill`: `missing · period / limit`, because every unit takes its share of the period to come back;
 * - `sliding`: one period after the youngest charge, which is this very request;
 * - `fixed`: at an instant that stays put while requests come and go.
 *
 * Guesses that an announcement contradicts are struck out, and what is left of the most specific kind is believed.
 */
export class AlgorithmEvidence {
  #guesses: WindowGuess[] | null = null;
  readonly #periodMs: number | null;
  #facts = 0;

  constructor(periodMs: number | null) {
    this.#periodMs = periodMs;
  }

  /** What fits everything seen so far, the most specific first; null when nothing does. */
  get best(): WindowGuess | null {
    return this.#guesses?.[0] ?? null;
  }

  /** Whether the best guess is more than the first impression. */
  get isProven(): boolean {
    const best = this.best;
    return (
      best !== null && this.#facts > 1 && this.#guesses?.every(({ algorithm }) => algorithm === best.algorithm) === true
    );
  }

  add(fact: WindowFact): void {
    const { resetMs, limit, remaining } = fact;
    // A full window says nothing of how it came to be full.
    if (resetMs === null || remaining >= limit) return;
    this.#guesses ??= this.#allGuesses(fact);
    this.#facts++;
    // Most facts only say again what is known, so nothing is built anew.
    let kept = 0;
    for (const guess of this.#guesses) {
      const still = confront(guess, fact, resetMs);
      if (still !== null) this.#guesses[kept++] = still;
    }
    this.#guesses.length = kept;
  }

  /** A reset that comes to the very figure an algorithm predicts speaks for it; one that merely may be does not. */
  #allGuesses(fact: WindowFact): WindowGuess[] {
    const { limit, remaining } = fact;
    const resetMs = fact.resetMs ?? 0;
    const periods = this.#periodMs === null ? NATURAL_PERIODS_MS : [this.#periodMs];
    const of = (algorithm: WindowGuess['algorithm']) =>
      periods.map((periodMs): WindowGuess => ({ algorithm, periodMs, ends: null }));
    const all = [...of('refill'), ...of('sliding'), ...of('fixed')];
    const predicted = ({ algorithm, periodMs }: WindowGuess) => {
      if (algorithm === 'fixed') return false;
      const wholeMs = algorithm === 'sliding' ? periodMs : ((limit - remaining) * periodMs) / limit;
      // A second of rounding predicts nothing about what takes less than a second.
      return Math.abs(resetMs - wholeMs) <= wholeMs * 0.1 + (fact.inSeconds ? Math.min(1_000, wholeMs) : 0);
    };
    // A minute is likelier than a second, and taking a second for a minute is the safer mistake.
    const rank = (guess: WindowGuess) => (guess.periodMs >= LIKELY_PERIOD_MS ? 0 : 2) + (predicted(guess) ? 0 : 1);
    const guesses = all.sort((one, other) => rank(one) - rank(other));
    if (this.#periodMs === null) {
      // A period of no round length shows in the refill arithmetic only. The first fact always fits it, so it comes last.
      guesses.push({ algorithm: 'refill', periodMs: (resetMs * limit) / (limit - remaining), ends: null });
    }
    return guesses;
  }
}

/** The guess, more exact if possible, or null when the fact contradicts it. */
function confront(guess: WindowGuess, fact: WindowFact, resetMs: number): WindowGuess | null {
  const { periodMs } = guess;
  const { sentAt, receivedAt } = fact;
  const toleranceMs = fact.inSeconds ? 1_000 + SLACK_MS : Math.min(SLACK_MS, periodMs * SLACK);
  if (resetMs > periodMs + toleranceMs) return null;
  switch (guess.algorithm) {
    case 'refill': {
      // Remaining is a whole number, so up to one unit more may have been there.
      const missing = fact.limit - fact.remaining;
      const most = (missing * periodMs) / fact.limit;
      const least = (Math.max(0, missing - 1) * periodMs) / fact.limit;
      return resetMs <= most * (1 + SLACK) + toleranceMs && resetMs >= least * (1 - SLACK) - toleranceMs ? guess : null;
    }
    case 'sliding':
      return resetMs >= Math.max(periodMs / 2, periodMs * (1 - SLACK) - (receivedAt - sentAt) - toleranceMs)
        ? guess
        : null;
    case 'fixed': {
      const ends = [sentAt + resetMs - toleranceMs, receivedAt + resetMs + toleranceMs] as const;
      return guess.ends === null ? { ...guess, ends } : sharpen(guess, guess.ends, ends);
    }
  }
}

/** What both intervals allow for the end of a period, the older one carried forward by whole periods. */
function sharpen(
  guess: WindowGuess,
  known: readonly [number, number],
  seen: readonly [number, number],
): WindowGuess | null {
  const middle = ([from, to]: readonly [number, number]) => (from + to) / 2;
  const shiftMs = Math.round((middle(seen) - middle(known)) / guess.periodMs) * guess.periodMs;
  const from = Math.max(known[0] + shiftMs, seen[0]);
  const to = Math.min(known[1] + shiftMs, seen[1]);
  return from <= to ? { ...guess, ends: [from, to] } : null;
}

const LIKELY_PERIOD_MS = 60_000;
const SLACK = 0.03;
const SLACK_MS = 50;
