import { expect, it } from 'vitest';
import { changedFields } from './changed-fields.ts';

it('says field by field what somebody else changed, beside what was typed here', () => {
  const base = { maxWait: '30s', timeouts: { connect: '10s' }, rotateOn: [], groups: {} };
  const current = {
    maxWait: '5s',
    timeouts: { connect: '2s' },
    rotateOn: [500, '502+'],
    groups: { a: { limits: [] } },
  };
  expect(changedFields(base, current, { maxWait: '1m' })).toEqual([
    { path: 'maxWait', was: '30s', theirs: '5s', mine: '1m' },
    { path: 'timeouts.connect', was: '10s', theirs: '2s', mine: null },
    { path: 'rotateOn', was: '—', theirs: '500, 502+', mine: null },
  ]);
});

it('shows limits in words', () => {
  const limits = [{ model: '*', rpm: 20 }];
  expect(changedFields({ limits: [] }, { limits }, {})).toEqual([
    { path: 'limits', was: '—', theirs: 'model * rpm 20', mine: null },
  ]);
});
