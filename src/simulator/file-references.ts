import { type Call, VendorRefusal } from './endpoint.ts';
import { isRecord } from './json-sample.ts';

const DEEPEST = 64;

/** A prompt that names a file another organisation stores fails as one that names no file at all. */
export function requireFiles({ organisation }: Call, body: unknown): void {
  for (const id of fileIdsIn(body, 0)) {
    if (organisation.find('file', id) === null) throw new VendorRefusal('not-yours', id);
  }
}

/** OpenAI and Anthropic say `file_id`, Gemini gives the address of the file. */
function fileIdsIn(value: unknown, depth: number): string[] {
  if (depth > DEEPEST) return [];
  if (Array.isArray(value)) return value.flatMap((item) => fileIdsIn(item, depth + 1));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([field, inner]) => {
    if (field === 'file_id' && typeof inner === 'string') return [inner];
    const named = field === 'fileUri' && typeof inner === 'string' ? /files\/(?<id>[^/]+)$/.exec(inner) : null;
    return named?.groups?.id === undefined ? fileIdsIn(inner, depth + 1) : [named.groups.id];
  });
}
