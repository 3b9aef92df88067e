import { describe, expect, it } from 'vitest';
import { RotatoError } from '../errors.ts';
import { mergePatch } from './merge-patch.ts';

describe('a merge patch', () => {
  // The cases of RFC 7396, appendix A, in which both sides are objects.
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j and %j make %j', (target, patch, expected) => {
    expect(mergePatch(target, patch)).toEqual(expected);
  });

  it('changes neither side', () => {
    const target = { a: { b: 1 } };
    const patch = { a: { c: 2 } };
    mergePatch(target, patch);
    expect([target, patch]).toEqual([{ a: { b: 1 } }, { a: { c: 2 } }]);
  });

  it.each([
    ['a list', '[1]'],
    ['a text', '"a"'],
    ['nothing', 'null'],
    ['a prototype', '{ "__proto__": { "polluted": true } }'],
    ['a prototype within', '{ "groups": { "__proto__": { "polluted": true } } }'],
    ['too deep a nest', `${'{"a":'.repeat(20)}1${'}'.repeat(20)}`],
  ])('that is %s is refused', (_, text) => {
    expect(() => mergePatch({ groups: {} }, JSON.parse(text))).toThrow(RotatoError);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});
