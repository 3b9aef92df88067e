import { describe, expect, it } from 'vitest';
import { draftKey, type EditableKey, keyChange, keyProblems } from './key-draft.ts';

const key: EditableKey = {
  label: 'team-a',
  group: 'org-a',
  weight: 1,
  baseUrl: null,
  limits: [{ model: '*', rpm: 20 }],
};
const draft = draftKey(key);

describe('a key that is edited', () => {
  it('sends nothing when nothing was touched', () => {
    expect(keyChange(draft, key)).toEqual({});
    expect(keyProblems(draft, ['team-b'])).toEqual({});
  });

  it('sends what was touched, and null for what was taken away', () => {
    expect(keyChange({ ...draft, label: ' a ', group: '', weight: '2.5', limits: [] }, key)).toEqual({
      label: 'a',
      group: null,
      weight: 2.5,
      limits: [],
    });
  });

  it.each([
    ['label', { label: 'a\nb' }],
    ['label', { label: 'team-b' }],
    ['label', { label: '🥔' }],
    ['group', { group: '__proto__' }],
    ['weight', { weight: '0' }],
    ['weight', { weight: '' }],
    ['baseUrl', { baseUrl: 'ftp://x' }],
    ['limits.0.rpm', { limits: [{ model: '*', figures: { rpm: 'x' }, window: '' as const }] }],
  ])('says what is wrong with %s: %j', (field, part) => {
    expect(keyProblems({ ...draft, ...part }, ['team-b'])).toHaveProperty([field]);
  });
});
