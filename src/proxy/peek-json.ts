/** What a request body says that the pool must know, found without parsing the whole. */
export interface Peek {
  /** Strings, numbers and booleans found under the wanted names, at their depths. */
  readonly fields: ReadonlyMap<string, string | number | boolean>;
  /** Strings found under the wanted names at any depth: ids of objects that live in one organisation. */
  readonly references: readonly string[];
}

export interface PeekWanted {
  /** By name, the depth at which each counts; a field of the body itself is at 1. */
  readonly fields: ReadonlyMap<string, number>;
  readonly references: ReadonlySet<string>;
}

const MOST_REFERENCES = 64;
const LONGEST_VALUE = 1024;
/** In the longest spelling, every character an escape. */
const LONGEST_NAME = 256;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/**
 * Walks JSON once, skipping over strings with `indexOf`, so that a body of megabytes costs its number of tokens and
 * not its length. It judges nothing: malformed JSON is the upstream's to refuse, and yields what was found so far.
 * The last of duplicate fields wins, as it does in `JSON.parse`.
 */
export function peekJson(body: Buffer, wanted: PeekWanted): Peek {
  const fields = new Map<string, string | number | boolean>();
  const references: string[] = [];
  let depth = 0;
  /** The wanted field whose value follows. */
  let field: string | null = null;
  /** The value that follows, or each string of the list that is being walked, may name an object. */
  let refers = false;
  let at = 0;
  while (at < body.length) {
    const byte = body[at] as number;
    if (byte === QUOTE) {
      const end = stringEnd(body, at + 1);
      if (end === -1) break;
      if (nextIsColon(body, end + 1)) {
        const name = readName(body, at, end);
        field = wanted.fields.get(name) === depth ? name : null;
        // An earlier value under the same name counts no more, whatever this one is.
        if (field !== null) fields.delete(field);
        refers = wanted.references.has(name);
      } else if (field !== null || refers) {
        const text = end - at <= LONGEST_VALUE ? parse(body.toString('utf8', at, end + 1)) : null;
        if (field !== null) setField(fields, field, text);
        if (refers && typeof text === 'string' && references.length < MOST_REFERENCES) references.push(text);
      }
      at = end + 1;
      continue;
    }
    if (field !== null && startsScalar(byte)) {
      const end = scalarEnd(body, at);
      if (end - at <= LONGEST_VALUE) setField(fields, field, parse(body.toString('latin1', at, end)));
      at = end;
      continue;
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
    // A list keeps the name it stands under, for the references in it; everything else ends it.
    if (byte === OPEN_BRACE || byte === CLOSE_BRACE || byte === CLOSE_BRACKET) refers = false;
    if (byte !== COLON && !isSpace(byte)) field = null;
    at++;
  }
  return { fields, references };
}

function setField(fields: Map<string, string | number | boolean>, name: string, value: unknown): void {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') fields.set(name, value);
}

/** No name we look for holds anything but ASCII, so how the others are read does not matter. */
function readName(body: Buffer, open: number, close: number): string {
  if (close - open > LONGEST_NAME) return '';
  const name = body.toString('latin1', open + 1, close);
  return name.includes('\\') ? String(parse(`"${name}"`)) : name;
}

/** The closing quote of the string whose contents start at `from`; -1 when it never closes. */
function stringEnd(body: Buffer, from: number): number {
  for (let quote = body.indexOf(QUOTE, from); quote !== -1; quote = body.indexOf(QUOTE, quote + 1)) {
    let slashes = 0;
    while (quote - slashes - 1 >= from && body[quote - slashes - 1] === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return quote;
  }
  return -1;
}

function nextIsColon(body: Buffer, from: number): boolean {
  let at = from;
  while (isSpace(body[at])) at++;
  return body[at] === COLON;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function startsScalar(byte: number): boolean {
  return !isSpace(byte) && byte !== COLON && !endsScalar(byte) && byte !== OPEN_BRACE && byte !== OPEN_BRACKET;
}

function endsScalar(byte: number): boolean {
  return byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET;
}

function scalarEnd(body: Buffer, from: number): number {
  let at = from;
  while (at < body.length && !endsScalar(body[at] as number) && !isSpace(body[at])) at++;
  return at;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is not JSON is not ours to judge; the field stays unknown.
    return null;
  }
}
