import { asList, asRecord, parseCutJson } from './cut-json.ts';

/** A reply that lists more objects than this is remembered in part. */
const MOST_IDS = 200;
const LONGEST_ID = 256;

/** The parts of a path: without the query, an upload prefix or a version, decoded where it can be. */
export function pathSegments(path: string): readonly string[] {
  const query = path.indexOf('?');
  const end = query === -1 ? path.length : query;
  const segments: string[] = [];
  for (let from = 0; from < end; ) {
    const slash = path.indexOf('/', from);
    const to = slash === -1 || slash > end ? end : slash;
    const segment = path.slice(from, to);
    if (segment !== '' && (segments.length > 0 || !BEFORE_OBJECTS.test(segment))) segments.push(decodeSegment(segment));
    from = to + 1;
  }
  return segments;
}

const BEFORE_OBJECTS = /^(?:upload|openai|v\d+[a-z0-9]*)$/;

function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The strings under `fields` in the object an answer shows, in each one it lists, and in the response an event carries. */
export function idsUnder(body: string, fields: readonly string[], lists: readonly string[]): readonly string[] {
  const root = asRecord(parseCutJson(body));
  if (root === null) return [];
  const listed = lists.flatMap((name) => asList(root[name]).slice(0, MOST_IDS));
  const ids = new Set<string>();
  for (const shown of [root, root.response, root.interaction, root.file, root.conversation, ...listed]) {
    const object = asRecord(shown);
    for (const field of fields) {
      const id = object?.[field];
      if (typeof id === 'string' && id !== '' && id.length <= LONGEST_ID && ids.size < MOST_IDS) ids.add(id);
    }
  }
  return [...ids];
}
