import { expect, it } from 'vitest';
import { saySharedQuota, sharedQuotas } from './shared-quotas.ts';

const key = (name: string, detected = false) => ({
  meteredIn: { name, sharedWith: [], sharedWithCount: 0, detected },
});

it('names the groups in which several keys spend one quota, the largest first', () => {
  const keys = [key('org-a'), key('alone'), key('org-b'), key('org-b', true), key('org-a'), key('org-a')];
  expect(sharedQuotas(keys)).toEqual([
    { group: 'org-a', count: 3, detected: false },
    { group: 'org-b', count: 2, detected: true },
  ]);
});

it('says plainly that extra keys add nothing', () => {
  expect(saySharedQuota({ group: 'org-a', count: 3, detected: false })).toBe(
    'These 3 keys share one quota (org-a): together they get no more through than one of them.',
  );
});
