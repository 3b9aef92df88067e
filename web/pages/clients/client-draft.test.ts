import { describe, expect, it } from 'vitest';
import {
  clientChange,
  clientInput,
  clientProblems,
  draftClient,
  NEW_CLIENT,
  newClientInput,
  sayScope,
} from './client-draft.ts';

const shown = { name: 'my-app', providers: ['openai'], groups: null };

describe('a client', () => {
  it('may call everything unless it is limited', () => {
    expect(newClientInput({ ...NEW_CLIENT, name: ' my-app ' })).toEqual({ name: 'my-app' });
    expect(newClientInput(draftClient(shown))).toEqual({ name: 'my-app', providers: ['openai'] });
    expect(clientInput({ ...draftClient(shown), groups: ['left over'] })).toEqual(shown);
  });

  it('sends what was changed, and null for a limit that was taken away', () => {
    expect(clientChange(draftClient(shown), shown)).toEqual({});
    expect(clientChange({ ...draftClient(shown), limitsProviders: false }, shown)).toEqual({ providers: null });
  });

  it.each([
    ['name', { name: '' }],
    ['name', { name: 'taken' }],
    ['name', { name: 'a\nb' }],
    ['name', { name: '__proto__' }],
    ['providers', { limitsProviders: true, providers: [] }],
    ['groups', { limitsGroups: true }],
  ])('says what is wrong with %s: %j', (field, part) => {
    expect(clientProblems({ ...NEW_CLIENT, name: 'ok', ...part }, ['taken'])).toHaveProperty(field);
  });

  it('says what it may call', () => {
    expect(sayScope({ providers: null, groups: null })).toBe('everything');
    expect(sayScope({ providers: ['openai', 'groq'], groups: ['org-a'] })).toBe('openai and groq, from org-a');
    expect(sayScope({ providers: [], groups: null })).toBe('nothing');
  });
});
