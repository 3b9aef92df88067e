/**
 * A look at what was pasted, before it is sent: enough to say how many keys are in it and what stands out. The server
 * reads the text itself, and its word counts.
 */
export interface PastedPreview {
  readonly keys: readonly PastedKey[];
  /** Keys that stand in the text more than once, beyond the first. */
  readonly repeated: number;
  /** Entries that cannot be keys as they stand. */
  readonly doubtful: number;
}

export interface PastedKey {
  /** The end of it at most. */
  readonly masked: string;
  readonly label: string | null;
  /** Why it cannot be a key; null when nothing speaks against it. */
  readonly doubt: string | null;
  readonly isRepeated: boolean;
}

interface Found {
  readonly text: string;
  readonly label: string | null;
}

/** The keys themselves, for where more has to be said about them than the text does. */
export function findPastedKeys(text: string): readonly { readonly key: string; readonly label?: string }[] {
  return findKeys(text).map(({ text: key, label }) => ({ key, ...(label === null ? {} : { label }) }));
}

const LONGEST_KEY = 8192;

export function previewPastedKeys(text: string): PastedPreview {
  const seen = new Set<string>();
  const keys = findKeys(text).map(({ text: key, label }): PastedKey => {
    const isRepeated = seen.has(key);
    seen.add(key);
    return { masked: maskKey(key), label, doubt: doubtAbout(key), isRepeated };
  });
  return {
    keys,
    repeated: keys.filter(({ isRepeated }) => isRepeated).length,
    doubtful: keys.filter(({ doubt, isRepeated }) => doubt !== null && !isRepeated).length,
  };
}

/** At most the last four characters, and never more than a quarter of it. */
export function maskKey(key: string): string {
  const shown = Math.min(4, Math.floor(key.length / 4));
  return `…${shown === 0 ? '' : key.slice(-shown)}`;
}

function doubtAbout(key: string): string | null {
  if (/\s/.test(key)) return 'holds a space';
  if (!/^[\x21-\x7e]*$/.test(key)) return 'holds a character that cannot stand in a header';
  if (key.length > LONGEST_KEY) return `is longer than ${LONGEST_KEY / 1024} KB`;
  return /^(?:sk-)?(?:x{4,}|your[-_].*|\.{3}|<.*>|\*+)$/i.test(key) ? 'looks like a placeholder' : null;
}

function findKeys(text: string): readonly Found[] {
  const trimmed = text.trim();
  if (trimmed.startsWith('[') || trimmed.startsWith('{')) {
    const parsed = parseJson(trimmed);
    if (parsed !== undefined) return fromJson(parsed, null);
  }
  return trimmed.split(/\r?\n/).flatMap(fromLine);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON after all; it is read line by line, as text.
    return undefined;
  }
}

function fromJson(value: unknown, label: string | null): readonly Found[] {
  if (typeof value === 'string') return value === '' ? [] : [{ text: value, label }];
  if (Array.isArray(value)) return value.flatMap((entry) => fromJson(entry, null));
  if (typeof value !== 'object' || value === null) return [];
  const entry: Readonly<Record<string, unknown>> = { ...value };
  const key = entry.key ?? entry.apiKey ?? entry.api_key;
  if (typeof key === 'string') {
    return [{ text: key, label: typeof entry.label === 'string' ? entry.label : label }];
  }
  return Object.entries(entry).flatMap(([name, inner]) => fromJson(inner, Array.isArray(inner) ? null : name));
}

function fromLine(line: string): readonly Found[] {
  const text = line.trim().replace(/^-\s+/, '').replace(/,$/, '');
  if (text === '' || text.startsWith('#') || text.startsWith('//')) return [];
  const assignment = /^(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.+)$/.exec(text);
  if (assignment !== null) return split(assignment[2] ?? '').map((key) => ({ text: key, label: null }));
  const labelled = /^(["']?)([^"':=,;]{1,64})\1\s*:\s+(.+)$/.exec(text);
  const parts = split(labelled?.[3] ?? text);
  const label = parts.length === 1 ? (labelled?.[2]?.trim() ?? null) : null;
  return parts.map((key) => ({ text: key, label }));
}

function split(text: string): readonly string[] {
  return text
    .split(/[,;\t]/)
    .map((part) =>
      part
        .trim()
        .replace(/^(["'`])(.*)\1$/, '$2')
        .trim(),
    )
    .filter((part) => part !== '');
}
