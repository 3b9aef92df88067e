/**
 * The JSON value at the beginning of `text`, which may have white space, a byte order mark or the framing of a
 * server-sent event before it, anything after it, and may be cut at any place: then what is complete is given.
 * Undefined when there is no JSON. Takes time linear in the length of `text`.
 */
export function parseCutJson(text: string): unknown {
  const start = skipFraming(text);
  const first = text[start];
  if (first !== '{' && first !== '[' && first !== '"') return undefined;
  const json = text.slice(start);
  return tryParse(json) ?? parseRepaired(json);
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** DeepSeek sends blank lines and `: keep-alive` comments before a body while it waits for a free machine. */
function skipFraming(text: string): number {
  let at = 0;
  while (at < text.length) {
    at = skipSpace(text, at);
    if (text.startsWith('data:', at)) return skipSpace(text, at + 'data:'.length);
    if (text[at] !== ':' && !/^(?:event|id|retry):/.test(text.slice(at, at + 6))) return at;
    const lineEnd = text.indexOf('\n', at);
    if (lineEnd === -1) return text.length;
    at = lineEnd + 1;
  }
  return at;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && (text.charCodeAt(at) <= 0x20 || text[at] === '\uFEFF')) at++;
  return at;
}

/** How far a value got before the text ended. */
interface Progress {
  /** Where the value closed; null when it did not. */
  readonly closedAt: number | null;
  readonly inString: boolean;
  /** The last place before which every member is complete. */
  readonly completeTo: number;
  /** The brackets that are missing, there and at the end alike. */
  readonly closers: string;
}

function parseRepaired(json: string): unknown {
  const progress = measure(json);
  if (progress.closedAt !== null) return tryParse(json.slice(0, progress.closedAt));
  // A text cut inside a string is worth keeping: it is usually the error's message. A cut number would be a lie.
  const kept = progress.inString ? `${json.replace(CUT_ESCAPE, '')}"` : json.slice(0, progress.completeTo);
  return tryParse(kept + progress.closers) ?? tryParse(json.slice(0, progress.completeTo) + progress.closers);
}

const CUT_ESCAPE = /\\(?:u[0-9a-fA-F]{0,3})?$/;

function measure(json: string): Progress {
  const open: string[] = [];
  let inString = false;
  let completeTo = 0;
  for (let at = 0; at < json.length; at++) {
    const char = json[at];
    if (inString) {
      if (char === '\\') at++;
      else if (char === '"') inString = false;
      continue;
    }
    if (char === '"') {
      inString = true;
      continue;
    }
    if (char === '{') open.push('}');
    else if (char === '[') open.push(']');
    else if (char === '}' || char === ']') open.pop();
    else if (char !== ',') continue;
    if (open.length === 0) return { closedAt: at + 1, inString, completeTo: at + 1, closers: '' };
    completeTo = char === ',' ? at : at + 1;
  }
  return { closedAt: null, inString, completeTo, closers: open.toReversed().join('') };
}

/** `value` as an object whose members may be looked at; null for anything else, lists included. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
