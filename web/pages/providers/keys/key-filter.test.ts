import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type FilteredKey,
  filterKeys,
  isFiltered,
  type KeyFilter,
  NO_FILTER,
  nextSort,
  readKeyFilter,
  SORTS,
  STATES,
  showsOrderOfUse,
  writeKeyFilter,
} from './key-filter.ts';

function key(place: number, about: Partial<FilteredKey> = {}): FilteredKey {
  const id = `k${place}`;
  return {
    id,
    label: id,
    masked: '…0000',
    group: null,
    meteredIn: { name: id },
    place,
    state: { state: 'ready' },
    requests: 0,
    refusals: 0,
    lastUsedAt: null,
    ...about,
  };
}

const keys = [
  key(1, { label: 'team-10', requests: 5 }),
  key(2, { label: 'team-2', state: { state: 'cooling' }, meteredIn: { name: 'org-a' }, masked: '…f3a9' }),
  key(3, { label: 'spare', state: { state: 'rejected' }, requests: 9, lastUsedAt: 3 }),
];
const places = (filter: Partial<KeyFilter>) => filterKeys(keys, { ...NO_FILTER, ...filter }).map(({ place }) => place);

describe('filtering keys', () => {
  it('finds words in label, group and the end of the key', () => {
    expect(places({ text: 'TEAM' })).toEqual([1, 2]);
    expect(places({ text: 'team org-a' })).toEqual([2]);
    expect(places({ text: 'f3a9' })).toEqual([2]);
    expect(places({ text: 'nothing' })).toEqual([]);
  });

  it('keeps states and groups', () => {
    expect(places({ states: ['cooling', 'rejected'] })).toEqual([2, 3]);
    expect(places({ group: 'org-a' })).toEqual([2]);
  });

  it('sorts, names as people do', () => {
    expect(places({ sort: 'label' })).toEqual([3, 2, 1]);
    expect(places({ sort: 'requests', descending: true })).toEqual([3, 1, 2]);
    expect(places({ sort: 'lastUsed' })).toEqual([1, 2, 3]);
  });

  it('allows moving only while all keys stand in the order of use', () => {
    expect(showsOrderOfUse(NO_FILTER)).toBe(true);
    expect(showsOrderOfUse({ ...NO_FILTER, text: 'a' })).toBe(false);
    expect(showsOrderOfUse({ ...NO_FILTER, sort: 'label' })).toBe(false);
    expect(isFiltered({ ...NO_FILTER, text: '  ' })).toBe(false);
  });

  it('turns a column around at the second click and lets go of it at the third', () => {
    const once = nextSort(NO_FILTER, 'requests');
    expect(once).toMatchObject({ sort: 'requests', descending: true });
    const twice = nextSort(once, 'requests');
    expect(twice).toMatchObject({ sort: 'requests', descending: false });
    expect(nextSort(twice, 'requests')).toEqual(NO_FILTER);
  });
});

describe('a filter in the URL', () => {
  const filter: fc.Arbitrary<KeyFilter> = fc.record({
    text: fc.string({ maxLength: 20 }),
    states: fc.subarray([...STATES]),
    group: fc.option(fc.string({ minLength: 1, maxLength: 10 })),
    sort: fc.constantFrom(...SORTS),
    descending: fc.boolean(),
  });

  it('comes back as it was written, and leaves other parameters alone', () => {
    fc.assert(
      fc.property(filter, (given) => {
        const query = writeKeyFilter(given, 'tab=keys');
        expect(readKeyFilter(query)).toEqual(given);
        expect(new URLSearchParams(query).get('tab')).toBe('keys');
      }),
    );
  });

  it('is empty for no filter, and ignores what it does not know', () => {
    expect(writeKeyFilter(NO_FILTER, '')).toBe('');
    expect(readKeyFilter('state=ready,odd&sort=odd')).toEqual({ ...NO_FILTER, states: ['ready'] });
  });
});
