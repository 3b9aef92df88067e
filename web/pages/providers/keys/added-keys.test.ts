import { expect, it } from 'vitest';
import type { AddedKey } from '../../../../src/admin/contract.ts';
import { mergeReports, savableAnyway, sayOutcome, sayReport } from './added-keys.ts';

function key(masked: string, about: Partial<AddedKey> = {}): AddedKey {
  return { label: null, masked, outcome: 'added', detail: null, validity: 'valid', id: masked, ...about };
}
const refused = key('…3', { outcome: 'invalid', validity: 'invalid', detail: 'The provider refused it.', id: null });
const misspelt = key('…4', { outcome: 'invalid', validity: null, detail: 'It holds a space.', id: null });
const report = [key('…1'), key('…2', { outcome: 'duplicate', detail: 'team-a' }), refused, misspelt];

it('counts what was new, double and invalid', () => {
  expect(sayReport(report)).toBe('1 new, 1 double, 2 invalid');
  expect(sayReport([])).toBe('No key was found in it');
});

it('says what came of each', () => {
  expect(report.map(sayOutcome)).toEqual([
    'added; the provider knows it',
    'is there already: team-a',
    'The provider refused it.',
    'It holds a space.',
  ]);
  expect(sayOutcome(key('…5', { validity: 'exhausted' }))).toContain('without quota');
  expect(sayOutcome(key('…5', { validity: null }))).toBe('added, untested');
});

it('offers to save what the provider refused, never what cannot be a key', () => {
  expect(savableAnyway(report)).toEqual([refused]);
});

it('shows, after saving anyway, what was saved the second time and all else as it was', () => {
  const double = { outcome: 'duplicate' } as const;
  const saved = key('…3', { label: 'a name it was given when it was saved', validity: null });
  const again = [key('…1', double), key('…2', double), saved, misspelt];
  expect(mergeReports(report, again)).toEqual([report[0], report[1], saved, misspelt]);
});
