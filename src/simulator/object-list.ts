import type { StoredObject } from './organisation.ts';

const DEFAULT_PAGE = 10_000;

/** One page as OpenAI and Anthropic show it, `after` and `after_id` being the last id the caller has seen. */
export function listPage(objects: readonly StoredObject[], query: URLSearchParams): Record<string, unknown> {
  const after = query.get('after') ?? query.get('after_id');
  const from = after === null ? 0 : objects.findIndex(({ id }) => id === after) + 1;
  const limit = Number(query.get('limit') ?? DEFAULT_PAGE);
  const page = objects.slice(from, from + limit);
  return {
    object: 'list',
    data: page.map(({ view }) => view),
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
    has_more: from + limit < objects.length,
  };
}
