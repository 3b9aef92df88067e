import { RotatoError } from '../errors.ts';
import type { StateView } from '../key-pool/pool-view.ts';
import type { EffectiveKey, EffectiveProvider } from './effective-settings.ts';
import type { KeyViewer } from './key-view.ts';
import type { KeyView } from './views.ts';

export interface KeyQuery {
  /** In a label, a group or the end of a key, in any case. */
  readonly q?: string | undefined;
  readonly state?: StateView['state'] | undefined;
  /** Of the page before. */
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface KeyPage {
  readonly items: readonly KeyView[];
  /** Of all pages. */
  readonly total: number;
  /** Absent on the last page. */
  readonly cursor?: string;
}

interface Placed {
  readonly key: EffectiveKey;
  readonly place: number;
}

/** Of thousands of keys only those of the page are put together: the thread that relays does this. */
export function readKeyPage({ keys }: EffectiveProvider, viewer: KeyViewer, query: KeyQuery): KeyPage {
  const { cursor, limit, state } = query;
  const text = (query.q ?? '').toLowerCase();
  const matching = keys
    .map((key, at) => ({ key, place: at + 1 }))
    .filter(({ key }) => text === '' || viewer.isFoundBy(key, text))
    .filter(({ key }) => state === undefined || viewer.state(key).state === state);
  const from = cursor === undefined ? 0 : startAfter(matching, cursor);
  const page = matching.slice(from, from + limit);
  const last = page.at(-1);
  const more = last !== undefined && from + page.length < matching.length;
  return {
    items: page.map(({ key, place }) => viewer.view(key, place)),
    total: matching.length,
    ...(more && { cursor: `${last.place}.${last.key.id}` }),
  };
}

/** A cursor names the key it stands behind, and its place in case that key is gone. */
function startAfter(keys: readonly Placed[], cursor: string): number {
  const { place, id } = /^(?<place>\d{1,9})\.(?<id>.+)$/.exec(cursor)?.groups ?? {};
  if (place === undefined) throw new RotatoError('bad-request', 'This cursor is not one of an answer before.');
  const at = keys.findIndex(({ key }) => key.id === id);
  if (at !== -1) return at + 1;
  const next = keys.findIndex((placed) => placed.place >= Number(place));
  return next === -1 ? keys.length : next;
}
