import type { TypedLimit } from '../../../src/admin/contract.ts';

/** A limit as it is being typed: figures are texts until they are sent. */
export interface LimitDraft {
  readonly model: string;
  readonly figures: Readonly<Partial<Record<Figure, string>>>;
  /** Empty where the provider's way of giving room back is left to be found out. */
  readonly window: '' | LimitWindow;
}

export type LimitWindow = NonNullable<TypedLimit['window']>;

export const FIGURES = ['rpm', 'rph', 'rpd', 'tpm', 'tpd', 'itpm', 'otpm', 'concurrent'] as const;
export type Figure = (typeof FIGURES)[number];

export const FIGURE_NAMES: Readonly<Record<Figure, string>> = {
  rpm: 'Requests per minute',
  rph: 'Requests per hour',
  rpd: 'Requests per day',
  tpm: 'Tokens per minute',
  tpd: 'Tokens per day',
  itpm: 'Input tokens per minute',
  otpm: 'Output tokens per minute',
  concurrent: 'At the same time',
};

export const EMPTY_LIMIT: LimitDraft = { model: '*', figures: {}, window: '' };

export function draftLimit(limit: TypedLimit): LimitDraft {
  const figures: Partial<Record<Figure, string>> = {};
  for (const figure of FIGURES) {
    const value = limit[figure];
    if (value !== undefined) figures[figure] = String(value);
  }
  return { model: limit.model, figures, window: limit.window ?? '' };
}

export function limitFromDraft({ model, figures, window }: LimitDraft): TypedLimit {
  const typed = FIGURES.flatMap((figure) => {
    const text = figures[figure]?.trim() ?? '';
    return text === '' ? [] : [[figure, readFigure(text)] as const];
  });
  return { model: model.trim(), ...Object.fromEntries(typed), ...(window === '' ? {} : { window }) };
}

/** What is wrong with a limit, by the name of the field; empty when it can be sent. */
export function limitProblems({ model, figures }: LimitDraft): Readonly<Record<string, string>> {
  const problems: Record<string, string> = {};
  if (model.trim() === '')
    problems.model = 'Name a model, * for all of them together, or each for one limit per model.';
  let typed = 0;
  for (const figure of FIGURES) {
    const text = figures[figure]?.trim() ?? '';
    if (text === '') continue;
    typed++;
    if (readFigure(text) === null) problems[figure] = 'A whole number from 1.';
  }
  if (typed === 0) problems.limit = 'Type at least one figure, or remove this limit.';
  return problems;
}

/** `40000`, `40,000`, `40 000`, `40k` and `1.5M`, as vendors write them on their pages. Null for anything else. */
export function readFigure(text: string): number | null {
  const match = /^(\d[\d, _]*(?:\.\d+)?)\s*([kKmM]?)$/.exec(text.trim());
  if (match === null) return null;
  const scale = { '': 1, k: 1000, m: 1_000_000 }[(match[2] ?? '').toLowerCase()] ?? 1;
  const value = Number((match[1] ?? '').replace(/[, _]/g, '')) * scale;
  return Number.isInteger(value) && value >= 1 && value <= 1e12 ? value : null;
}
