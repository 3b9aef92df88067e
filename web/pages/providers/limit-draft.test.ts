import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TypedLimit } from '../../../src/admin/contract.ts';
import { draftLimit, FIGURES, limitFromDraft, limitProblems, readFigure } from './limit-draft.ts';

describe('a limit as it is typed', () => {
  it.each([
    ['20', 20],
    ['40,000', 40_000],
    ['40 000', 40_000],
    ['40k', 40_000],
    ['1.5M', 1_500_000],
    ['0', null],
    ['-1', null],
    ['1.5', null],
    ['many', null],
    ['', null],
  ])('%j is %j', (text, value) => {
    expect(readFigure(text)).toBe(value);
  });

  it('comes back as it was', () => {
    const limit = fc.record(
      {
        model: fc.constantFrom('*', 'each', 'gpt-4o'),
        ...Object.fromEntries(FIGURES.map((figure) => [figure, fc.integer({ min: 1, max: 1e12 })])),
        window: fc.constantFrom('refill', 'sliding', 'fixed'),
      },
      { requiredKeys: ['model'] },
    );
    fc.assert(
      fc.property(limit, (given) => {
        expect(limitFromDraft(draftLimit(given as TypedLimit))).toEqual(given);
      }),
    );
  });

  it('asks for a model and a figure', () => {
    expect(limitProblems({ model: ' ', figures: {}, window: '' })).toHaveProperty('model');
    expect(limitProblems({ model: '*', figures: { rpm: ' ' }, window: '' })).toHaveProperty('limit');
    expect(limitProblems({ model: '*', figures: { rpm: '20' }, window: '' })).toEqual({});
  });
});
