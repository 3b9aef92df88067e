import { expect, it } from 'vitest';
import { byGroupPlace, dotted, unplaced } from './field-paths.ts';

it('finds the field of the form that a problem of the API belongs to', () => {
  const problems = dotted({
    'groups.org-a.limits[0].rpm': 'More than 0.',
    'groups.org.a': 'Another name.',
    'timeouts.connect': 'A duration.',
  });
  expect(byGroupPlace(problems, [{ name: 'org.a' }, { name: 'org-a' }])).toEqual({
    'groups.1.limits.0.rpm': 'More than 0.',
    'groups.0.name': 'Another name.',
    'timeouts.connect': 'A duration.',
  });
});

it('keeps what has no field', () => {
  expect(unplaced({ '': 'All wrong.', odd: 'Unknown.', name: 'Taken.' }, (path) => path === 'name')).toEqual([
    'All wrong.',
    'odd: Unknown.',
  ]);
});
