import type { Dimension, TypedLimit, WindowAlgorithm } from '../model/limit.ts';

/** One figure of a typed limit. */
export interface TypedWindow {
  readonly dimension: Dimension;
  readonly periodMs: number;
  readonly limit: number;
  readonly algorithm: WindowAlgorithm | null;
}

export interface TypedRules {
  /** One window over all models. */
  readonly overall: readonly TypedWindow[];
  readonly overallConcurrency: number | null;
  windowsOf(modelClass: string): readonly TypedWindow[];
  concurrencyOf(modelClass: string): number | null;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const FIGURES = [
  { name: 'rpm', dimension: 'requests', periodMs: MINUTE_MS },
  { name: 'rph', dimension: 'requests', periodMs: HOUR_MS },
  { name: 'rpd', dimension: 'requests', periodMs: DAY_MS },
  { name: 'tpm', dimension: 'tokens', periodMs: MINUTE_MS },
  { name: 'tpd', dimension: 'tokens', periodMs: DAY_MS },
  { name: 'itpm', dimension: 'input-tokens', periodMs: MINUTE_MS },
  { name: 'otpm', dimension: 'output-tokens', periodMs: MINUTE_MS },
] as const;

/** Beyond this a limit is no limit, and sums would lose units to rounding. */
const HIGHEST_LIMIT = 1e12;

/**
 * Takes an operator's limits apart. A figure that makes no sense is left out with one warning; a fraction becomes the
 * same rate in whole units: half a request a minute is one in two minutes.
 */
export function readTypedLimits(
  limits: readonly TypedLimit[],
  modelClassOf: (model: string) => string,
  warn: (text: string) => void,
): TypedRules {
  const entries = limits.map((typed) => ({
    model: typed.model === '*' || typed.model === 'each' ? typed.model : modelClassOf(typed.model),
    windows: windowsIn(typed, warn),
    concurrent: concurrencyIn(typed, warn),
  }));
  const ofClass = (modelClass: string) => entries.filter(({ model }) => model === 'each' || model === modelClass);
  const overall = entries.filter(({ model }) => model === '*');
  return {
    overall: overall.flatMap(({ windows }) => windows),
    overallConcurrency: lowest(overall.map(({ concurrent }) => concurrent)),
    windowsOf: (modelClass) => ofClass(modelClass).flatMap(({ windows }) => windows),
    concurrencyOf: (modelClass) => lowest(ofClass(modelClass).map(({ concurrent }) => concurrent)),
  };
}

function windowsIn(typed: TypedLimit, warn: (text: string) => void): TypedWindow[] {
  return FIGURES.flatMap(({ name, dimension, periodMs }): TypedWindow[] => {
    const figure = typed[name];
    if (figure === undefined) return [];
    if (!Number.isFinite(figure) || figure < 0) {
      warn(`the limit ${name}: ${figure} for ${typed.model} makes no sense and is ignored`);
      return [];
    }
    const algorithm = typed.window ?? null;
    if (figure > 0 && figure < 1) return [{ dimension, periodMs: periodMs / figure, limit: 1, algorithm }];
    return [{ dimension, periodMs, limit: Math.min(Math.floor(figure), HIGHEST_LIMIT), algorithm }];
  });
}

function concurrencyIn(typed: TypedLimit, warn: (text: string) => void): number | null {
  const { concurrent } = typed;
  if (concurrent === undefined) return null;
  if (Number.isFinite(concurrent) && concurrent >= 0) return Math.min(Math.ceil(concurrent), HIGHEST_LIMIT);
  warn(`the limit concurrent: ${concurrent} for ${typed.model} makes no sense and is ignored`);
  return null;
}

function lowest(figures: readonly (number | null)[]): number | null {
  const known = figures.filter((figure) => figure !== null);
  return known.length === 0 ? null : Math.min(...known);
}
