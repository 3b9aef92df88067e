/** One line of a `.env` file. */
export interface DotEnvEntry {
  readonly value: string;
  readonly line: number;
}

/**
 * The `.env` format of the original: `NAME=value`, the value being everything after the first `=`, without the white
 * space around it. Nothing in it is special: quotes, `#`, `$` and backslashes are part of the value. A line that
 * begins with `#`, or holds no `=`, says nothing. Of two lines for one name the later counts.
 */
export function parseDotEnv(text: string): ReadonlyMap<string, DotEnvEntry> {
  const entries = new Map<string, DotEnvEntry>();
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    const equals = line.indexOf('=');
    if (equals < 1 || line.startsWith('#')) continue;
    entries.set(line.slice(0, equals).trim(), { value: line.slice(equals + 1).trim(), line: index + 1 });
  }
  return entries;
}
