/** One field of what two people edited at the same time. */
export interface ChangedField {
  /** Dotted: `timeouts.connect`. */
  readonly path: string;
  /** When the editing began. */
  readonly was: string;
  /** What somebody else made of it. */
  readonly theirs: string;
  /** What would be saved; null where this field was not edited here. */
  readonly mine: string | null;
}

/** What somebody else changed between the moment an edit began and now, field by field, beside what was typed here. */
export function changedFields(base: unknown, current: unknown, mine: unknown): readonly ChangedField[] {
  const [was, theirs, typed] = [flatten(base), flatten(current), flatten(mine)];
  const paths = [...new Set([...was.keys(), ...theirs.keys()])];
  return paths.flatMap((path): ChangedField[] => {
    const before = was.get(path) ?? NOTHING;
    const now = theirs.get(path) ?? NOTHING;
    return before === now ? [] : [{ path, was: before, theirs: now, mine: typed.get(path) ?? null }];
  });
}

const NOTHING = '—';

function flatten(value: unknown, path = ''): ReadonlyMap<string, string> {
  if (isRecord(value)) {
    const entries = Object.entries(value).flatMap(([name, inner]) => [
      ...flatten(inner, path === '' ? name : `${path}.${name}`),
    ]);
    return new Map(entries);
  }
  return path === '' ? new Map() : new Map([[path, describe(value)]]);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  if (value === null || value === undefined || value === '') return NOTHING;
  if (Array.isArray(value)) return value.length === 0 ? NOTHING : value.map(describe).join(', ');
  if (isRecord(value)) {
    return Object.entries(value)
      .map(([name, inner]) => `${name} ${describe(inner)}`)
      .join(' ');
  }
  return String(value);
}
