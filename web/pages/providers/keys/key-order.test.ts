import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { announceMove, applyMove, moveByDrop, moveByStep } from './key-order.ts';

const order = ['a', 'b', 'c', 'd'];
const items = order.map((id) => ({ id }));
const idsAfter = (move: ReturnType<typeof moveByStep>) =>
  (move === null ? items : applyMove(items, move)).map(({ id }) => id).join('');

describe('moving a key', () => {
  it.each([
    ['c', 'up', 'acbd'],
    ['b', 'down', 'acbd'],
    ['c', 'down', 'abdc'],
    ['c', 'first', 'cabd'],
    ['b', 'last', 'acdb'],
  ] as const)('%s %s gives %s', (id, direction, expected) => {
    expect(idsAfter(moveByStep(order, id, direction))).toBe(expected);
  });

  it.each([
    ['a', 'up'],
    ['a', 'first'],
    ['d', 'down'],
    ['d', 'last'],
    ['unknown', 'up'],
  ] as const)('%s %s is no move', (id, direction) => {
    expect(moveByStep(order, id, direction)).toBeNull();
  });

  it.each([
    ['a', 'c', 'upper', 'bacd'],
    ['a', 'c', 'lower', 'bcad'],
    ['d', 'a', 'upper', 'dabc'],
    ['a', 'd', 'lower', 'bcda'],
  ] as const)('%s dropped on %s, %s half, gives %s', (id, over, half, expected) => {
    expect(idsAfter(moveByDrop(order, id, { over, half }))).toBe(expected);
  });

  it('is none when it is dropped where it stands', () => {
    expect(moveByDrop(order, 'b', { over: 'a', half: 'lower' })).toBeNull();
    expect(moveByDrop(order, 'b', { over: 'c', half: 'upper' })).toBeNull();
    expect(moveByDrop(order, 'b', { over: 'b', half: 'upper' })).toBeNull();
  });

  it('loses and doubles nothing, and leaves the others as they were', () => {
    const scene = fc
      .uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 12 })
      .chain((ids) =>
        fc.record({
          ids: fc.constant(ids),
          id: fc.constantFrom(...ids),
          before: fc.option(fc.constantFrom(...ids)),
        }),
      );
    fc.assert(
      fc.property(scene, ({ ids, id, before }) => {
        const after = applyMove(
          ids.map((name) => ({ id: name })),
          { id, before },
        ).map((item) => item.id);
        expect(after.toSorted()).toEqual(ids.toSorted());
        expect(after.filter((other) => other !== id)).toEqual(ids.filter((other) => other !== id));
        if (before !== id) expect(after[after.indexOf(id) + 1] ?? null).toBe(before);
      }),
    );
  });

  it('is announced by where the key is now', () => {
    expect(announceMove('team-a', 1, 4)).toBe('team-a is now first of 4: it is used before all others.');
    expect(announceMove('team-a', 3, 4)).toBe('team-a is now number 3 of 4.');
    expect(announceMove('team-a', 4, 4)).toBe('team-a is now last of 4.');
  });
});
