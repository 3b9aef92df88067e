/** One key found in what was pasted, or a piece of it that is none. */
export interface PastedKey {
  readonly key: string;
  /** What stood beside it: the name of a variable, a label before a colon, a column. Null where nothing did. */
  readonly label: string | null;
  readonly group: string | null;
  /** Why this cannot be a key; null when it can. */
  readonly problem: string | null;
}

/**
 * Finds keys in whatever people have them in: one a line, with commas, as JSON, as lines of `.env`, in quotes, with
 * labels, as headers, as a list of YAML. What cannot be a key is told and not dropped silently.
 */
export function readPastedKeys(text: string): PastedKey[] {
  const clean = text.replace(INVISIBLE, '').replace(/\r\n?/g, '\n').trim();
  return readJson(clean) ?? clean.split('\n').flatMap(readLine);
}

/** Byte order marks and zero-width characters come along when text is copied from web pages. */
const INVISIBLE = /[\u200b-\u200d\u2060\ufeff]/g;

const WORDS_FOR_KEY = ['key', 'apiKey', 'api_key', 'api-key', 'token', 'secret', 'value'];
const WORDS_FOR_LABEL = ['label', 'name', 'title', 'id'];

/** Null when it is no JSON, or none that could hold keys. */
function readJson(text: string): PastedKey[] | null {
  if (!/^[[{]/.test(text)) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? readValue(value, null) : null;
  } catch {
    return null;
  }
}

/** A list of keys, an object that is one key, or names with keys below them. */
function readValue(value: unknown, label: string | null): PastedKey[] {
  if (typeof value === 'string') return value.trim() === '' ? [] : [pasted(value.trim(), label)];
  if (Array.isArray(value)) return value.flatMap((item) => readValue(item, typeof item === 'string' ? null : label));
  if (typeof value !== 'object' || value === null) return [];
  const members = new Map<string, unknown>(Object.entries(value));
  const key = textUnder(members, WORDS_FOR_KEY);
  if (key !== null) {
    const group = textUnder(members, ['group']);
    return [pasted(key, textUnder(members, WORDS_FOR_LABEL) ?? label, group)];
  }
  return [...members].flatMap(([name, inner]) => readValue(inner, WORDS_FOR_LIST.test(name) ? null : name));
}

const WORDS_FOR_LIST = /^(?:keys|api_?keys|items|data)$/i;

function textUnder(members: ReadonlyMap<string, unknown>, names: readonly string[]): string | null {
  for (const name of names) {
    const value = members.get(name);
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
  }
  return null;
}

const COMMENT = /^\s*(?:#|\/\/)/;
const BULLET = /^\s*(?:[-*•]|\d{1,4}[.)])\s+/;
const ASSIGNMENT = /^(?:export\s+|set\s+)?([A-Za-z_][\w.-]*)\s*=\s*(?!=)(\S.*)$/;
const LABELLED = /^([^:]{1,64}):\s+(\S.*)$/;

function readLine(written: string): PastedKey[] {
  if (COMMENT.test(written)) return [];
  const line = trimmed(
    withoutRuns(written)
      .replace(BULLET, '')
      .replace(/\s+#\s.*$/, ''),
  );
  if (line === '' || /^[[\]{}()]+$/.test(line)) return [];
  const [, variable, assigned] = ASSIGNMENT.exec(line) ?? [];
  if (variable !== undefined && assigned !== undefined && !looksLikeKey(variable))
    return readPieces(assigned, variable);
  const [, before = '', after] = LABELLED.exec(line) ?? [];
  const label = unquoted(before.trim());
  if (after === undefined || looksLikeKey(label)) return readPieces(line, null);
  return readPieces(after, SAYS_NOTHING.test(label) ? null : label);
}

/** Long runs of separators mean no more than one, and would cost the expressions above time. */
function withoutRuns(line: string): string {
  return line.replace(/[\s,;[\]{}]{3,}/g, (run) => (run.includes('\t') ? '\t' : /[,;]/.test(run) ? ', ' : '  '));
}

/** Labels that only say that a key follows. */
const SAYS_NOTHING = /^(?:(?:api[-_ ]?)?keys?|token|secret|value|authorization|x-api-key|api-key|x-goog-api-key)$/i;

/** What is left of a line: one key, several with separators between, or columns of which one is a label. */
function readPieces(text: string, label: string | null): PastedKey[] {
  const pieces = trimmed(text)
    .split(/[,;|\t]/)
    .map(trimmed)
    .filter((piece) => piece !== '');
  const [first, second] = pieces;
  if (pieces.length === 2 && first !== undefined && second !== undefined && label === null) {
    if (looksLikeKey(first) && isLabel(second)) return [pasted(first, second)];
    if (isLabel(first) && looksLikeKey(second)) return [pasted(second, first)];
  }
  return pieces.flatMap((piece) => spaced(piece, label, pieces.length > 1));
}

/** Keys separated by nothing but spaces, where every part looks like one. */
function spaced(piece: string, label: string | null, several: boolean): PastedKey[] {
  const parts = piece
    .replace(/^bearer\s+/i, '')
    .split(/\s+/)
    .map(unquoted);
  if (parts.length > 1 && parts.every(looksLikeKey)) return parts.map((part) => pasted(part, null));
  const [first = '', second] = parts;
  if (parts.length === 2 && second !== undefined && label === null) {
    if (isLabel(first) && looksLikeKey(second)) return [pasted(second, first)];
    if (looksLikeKey(first) && isLabel(second)) return [pasted(first, second)];
  }
  return [pasted(parts.join(' '), several ? null : label)];
}

/** Long, in one piece, and not a word: vendors' keys all are. */
function looksLikeKey(text: string): boolean {
  return text.length >= 16 && /^[\x21-\x7e]+$/.test(text) && /\d/.test(text);
}

function isLabel(text: string): boolean {
  return text !== '' && !looksLikeKey(text);
}

function pasted(written: string, label: string | null, group: string | null = null): PastedKey {
  const key = unquoted(written);
  return { key, label: label === null ? null : unquoted(label).slice(0, 64), group, problem: wrongKey(key) };
}

/** Returns the clause that says why this cannot be a key, or null. It never holds the text itself. */
export function wrongKey(key: string): string | null {
  if (key === '') return 'is empty';
  if (key.length > 8192) return `is ${key.length} characters long; no key has more than 8192`;
  if (/\.{3}|…|\*{3}|•{2}/.test(key)) return 'is shortened or masked; copy the whole key';
  if (key.startsWith('${')) return 'is a reference to the environment, which only the configuration file can hold';
  if (/\s/.test(key)) return 'holds a space or a line break';
  if (/["'`]/.test(key)) return 'holds a quote';
  return /^[\x21-\x7e]+$/.test(key) ? null : 'holds a character that no key has';
}

/** Without the separators and brackets that lists leave at the ends. */
function trimmed(text: string): string {
  return unquoted(text.replace(/^[\s,;[\]{}]+|[\s,;[\]{}]+$/g, ''));
}

function unquoted(text: string): string {
  const match = /^(["'`“‘])(.*)(["'`”’])$/s.exec(text.trim());
  return match?.[2] === undefined ? text.trim() : match[2].trim();
}
