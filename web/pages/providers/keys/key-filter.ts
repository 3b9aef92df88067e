import type { KeyState, KeyView } from '../../../../src/admin/contract.ts';

export const SORTS = ['place', 'label', 'group', 'state', 'requests', 'refusals', 'lastUsed'] as const;
export type KeySort = (typeof SORTS)[number];

/** From those that can be used to those that are set aside for good. */
export const STATES = [
  'ready',
  'cooling',
  'exhausted',
  'unavailable',
  'rejected',
  'draining',
  'disabled',
] as const satisfies readonly KeyState[];

/** Which keys the table shows, and in which order. All of it stands in the URL, so that a view can be handed on. */
export interface KeyFilter {
  readonly text: string;
  /** Empty for all. */
  readonly states: readonly KeyState[];
  readonly group: string | null;
  readonly sort: KeySort;
  readonly descending: boolean;
}

/** What the filter reads of a key. */
export type FilteredKey = Pick<
  KeyView,
  'id' | 'label' | 'masked' | 'group' | 'place' | 'requests' | 'refusals' | 'lastUsedAt'
> & {
  readonly meteredIn: { readonly name: string };
  readonly state: { readonly state: KeyState };
};

export const NO_FILTER: KeyFilter = { text: '', states: [], group: null, sort: 'place', descending: false };

/** Unknown words in a URL are left aside: it may have been written by hand, or by a later version. */
export function readKeyFilter(query: string): KeyFilter {
  const parameters = new URLSearchParams(query);
  const states = (parameters.get('state') ?? '').split(',');
  const sorted = parameters.get('sort') ?? '';
  const sort = SORTS.find((name) => name === sorted.replace(/^-/, '')) ?? 'place';
  return {
    text: parameters.get('q') ?? '',
    states: STATES.filter((state) => states.includes(state)),
    group: parameters.get('group'),
    sort,
    descending: sorted === `-${sort}`,
  };
}

/** Into a query that may hold parameters of others, which are kept. Empty when nothing is left to say. */
export function writeKeyFilter(filter: KeyFilter, query: string): string {
  const parameters = new URLSearchParams(query);
  setOrDelete(parameters, 'q', filter.text);
  setOrDelete(parameters, 'state', filter.states.join(','));
  setOrDelete(parameters, 'group', filter.group ?? '');
  const isPlain = filter.sort === 'place' && !filter.descending;
  setOrDelete(parameters, 'sort', isPlain ? '' : `${filter.descending ? '-' : ''}${filter.sort}`);
  return parameters.toString();
}

function setOrDelete(parameters: URLSearchParams, name: string, value: string): void {
  if (value === '') parameters.delete(name);
  else parameters.set(name, value);
}

export function isFiltered({ text, states, group }: KeyFilter): boolean {
  return text.trim() !== '' || states.length > 0 || group !== null;
}

/** Rows can be moved only while the table shows all keys, in the order in which they are used. */
export function showsOrderOfUse(filter: KeyFilter): boolean {
  return !isFiltered(filter) && filter.sort === 'place' && !filter.descending;
}

export function filterKeys<Key extends FilteredKey>(keys: readonly Key[], filter: KeyFilter): readonly Key[] {
  const words = filter.text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const kept = keys.filter(
    (key) =>
      (filter.states.length === 0 || filter.states.includes(key.state.state)) &&
      (filter.group === null || key.meteredIn.name === filter.group) &&
      words.every((word) => isFoundIn(key, word)),
  );
  const compare = COMPARISONS[filter.sort];
  const sign = filter.descending ? -1 : 1;
  return kept.sort((left, right) => sign * compare(left, right) || left.place - right.place);
}

function isFoundIn(key: FilteredKey, word: string): boolean {
  return [key.label, key.masked, key.group ?? '', key.meteredIn.name].some((text) => text.toLowerCase().includes(word));
}

type Comparison = (left: FilteredKey, right: FilteredKey) => number;

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

const COMPARISONS: Readonly<Record<KeySort, Comparison>> = {
  place: (left, right) => left.place - right.place,
  label: (left, right) => collator.compare(left.label, right.label),
  group: (left, right) => collator.compare(left.meteredIn.name, right.meteredIn.name),
  state: (left, right) => STATES.indexOf(left.state.state) - STATES.indexOf(right.state.state),
  requests: (left, right) => left.requests - right.requests,
  refusals: (left, right) => left.refusals - right.refusals,
  lastUsed: (left, right) => (left.lastUsedAt ?? 0) - (right.lastUsedAt ?? 0),
};

/** Figures are looked at from the largest; names and places from the first. Clicking again turns it around. */
export function nextSort(filter: KeyFilter, sort: KeySort): KeyFilter {
  const startsDescending = sort === 'requests' || sort === 'refusals' || sort === 'lastUsed';
  if (filter.sort !== sort) return { ...filter, sort, descending: startsDescending };
  if (filter.descending === startsDescending) return { ...filter, descending: !startsDescending };
  return { ...filter, sort: 'place', descending: false };
}
