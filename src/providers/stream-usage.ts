import type { TokenUsage } from '../model/outcome.ts';
import { asRecord } from './cut-json.ts';

export type UsageObject = Readonly<Record<string, unknown>>;

/** No vendor's usage object is longer; a longer one is something else under the same name. */
const LONGEST_OBJECT = 16_384;
/** Where a name occurs that often without being what is looked for, the search is given up. */
const MOST_CANDIDATES = 64;

/**
 * The last complete object under the member name `name` for which `accepts` holds, anywhere in `text`, which may
 * begin and end in the middle of JSON or of an event. A name inside a string does not count: its quotes are escaped.
 */
export function lastObjectNamed(
  text: string,
  name: string,
  accepts: (object: UsageObject) => boolean,
): UsageObject | null {
  const needle = `"${name}"`;
  let at = text.lastIndexOf(needle);
  for (let candidate = 0; at !== -1 && candidate < MOST_CANDIDATES; candidate++) {
    const object = text[at - 1] === '\\' ? null : objectAfter(text, at + needle.length);
    if (object !== null && accepts(object)) return object;
    at = at === 0 ? -1 : text.lastIndexOf(needle, at - 1);
  }
  return null;
}

/** The object after a member's name and colon; null when something else stands there or the object is cut. */
function objectAfter(text: string, from: number): UsageObject | null {
  MEMBER_START.lastIndex = from;
  if (!MEMBER_START.test(text)) return null;
  const start = MEMBER_START.lastIndex - 1;
  const end = objectEnd(text, start);
  if (end === null) return null;
  try {
    return asRecord(JSON.parse(text.slice(start, end)));
  } catch {
    return null;
  }
}

const MEMBER_START = /\s{0,20}:\s{0,20}\{/y;

function objectEnd(text: string, start: number): number | null {
  const limit = Math.min(text.length, start + LONGEST_OBJECT);
  let depth = 0;
  for (let at = start; at < limit; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = stringEnd(text, at + 1, limit);
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth++;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth--;
        if (depth === 0) return at + 1;
    }
  }
  return null;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** The closing quote of the string whose contents start at `from`; `limit` when it does not close before. */
function stringEnd(text: string, from: number, limit: number): number {
  for (let at = from; at < limit; at++) {
    const char = text.charCodeAt(at);
    if (char === BACKSLASH) at++;
    else if (char === QUOTE) return at;
  }
  return limit;
}

/** A count of tokens; null for what is absent or no count. */
export function tokens(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}

/** Adds what is known; null when nothing is. */
export function sumKnown(...counts: readonly (number | null)[]): number | null {
  const known = counts.filter((count) => count !== null);
  return known.length === 0 ? null : known.reduce((sum, count) => sum + count, 0);
}

/** Null when an object turned out to hold no count at all. */
export function usageOrNull(usage: TokenUsage): TokenUsage | null {
  const { inputTokens, outputTokens, cachedInputTokens, reasoningTokens } = usage;
  const nothing = inputTokens === null && outputTokens === null && cachedInputTokens === null;
  return nothing && reasoningTokens === null ? null : usage;
}
