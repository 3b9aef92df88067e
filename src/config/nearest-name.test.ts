import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearestName } from './nearest-name.ts';

describe('the nearest name', () => {
  it.each([
    ['stratgy', 'strategy'],
    ['Strategy', 'strategy'],
    ['rotate_on', 'rotateOn'],
    ['maxwait', 'maxWait'],
    ['timeout', 'timeouts'],
    ['baseURL', 'baseUrl'],
    ['kyes', 'keys'],
    ['kesy', 'keys'],
  ])('of %s is %s', (written, meant) => {
    expect(nearestName(written, ['preset', 'strategy', 'rotateOn', 'maxWait', 'timeouts', 'baseUrl', 'keys'])).toBe(
      meant,
    );
  });

  it.each(['zebra', 'x', '', 'telemetry'])('of %j is none, because nothing is near', (written) => {
    expect(nearestName(written, ['preset', 'strategy', 'keys'])).toBeNull();
  });

  it('takes no time over a hostile name', () => {
    expect(nearestName('a'.repeat(1e6), ['strategy'])).toBeNull();
  });
});

describe('the edit distance', () => {
  const word = fc.string({ maxLength: 12 });

  it('is 0 exactly between equal words, the same both ways, and at most the longer length', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance === 0).toBe(a === b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });

  it('counts one for each letter inserted, removed, replaced or swapped', () => {
    expect([
      editDistance('port', 'ports'),
      editDistance('port', 'pot'),
      editDistance('port', 'part'),
      editDistance('port', 'prot'),
    ]).toEqual([1, 1, 1, 1]);
  });
});
