import { expect, it } from 'vitest';
import { windowWords } from './window-words.ts';

it.each([
  ['org-a: requests/min', 'requests/min', null],
  ['org-a, gpt-4o: tokens/min', 'tokens/min', 'gpt-4o'],
  ['org-a, ft:gpt-4o: tokens/min', 'tokens/min', 'ft:gpt-4o'],
  ['other: requests/day', 'requests/day', 'other'],
  ['requests/min', 'requests/min', null],
])('%s counts %s of %s', (name, counts, model) => {
  expect(windowWords(name, ['org-a', 'team-a'])).toEqual({ counts, model });
});
