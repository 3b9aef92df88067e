import type { HeaderList } from '../model/header-list.ts';
import { CREDENTIAL_HEADERS, WEBSOCKET_KEY_PROTOCOL } from './credentials.ts';

/** RFC 9110 §7.6.1: what belongs to one connection is never passed on; framing is built anew on each side. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'proxy-connection'];

const NEVER_UPSTREAM = new Set([
  ...HOP_BY_HOP,
  ...CREDENTIAL_HEADERS,
  'host',
  'expect',
  'cookie',
  'origin',
  'referer',
  'forwarded',
  'via',
]);
const NEVER_UPSTREAM_PREFIXES = ['x-forwarded-', 'proxy-', 'x-rotato-'];

const NEVER_DOWNSTREAM = new Set([
  ...HOP_BY_HOP,
  'set-cookie',
  'strict-transport-security',
  'content-security-policy',
  'clear-site-data',
  'service-worker-allowed',
]);
const NEVER_DOWNSTREAM_PREFIXES = ['access-control-', 'proxy-', 'x-rotato-'];

/** Letters differ in this bit alone by case; what else it changes does not matter to a filter that looks twice. */
const LOWER_CASE_BIT = 0x20;
/** Where the prefixes told apart here differ from the headers that vendors send by the dozen: `x-ratelimit-`. */
const TELLING_AT = 3;

/**
 * Whether a header may pass. It is asked for every header of every request and reply, and nearly all may: so a name is
 * put into lower case and looked up only when its first letter and its length, or two of its letters, are those of one
 * that may not.
 */
class HeaderFilter {
  readonly #names: ReadonlySet<string>;
  readonly #prefixes: readonly string[];
  /** By length, the first letters of the names that may not pass. */
  readonly #firstLetters: number[][] = [];

  constructor(names: ReadonlySet<string>, prefixes: readonly string[]) {
    this.#names = names;
    this.#prefixes = prefixes;
    for (const name of names) {
      const letters = this.#firstLetters[name.length] ?? [];
      this.#firstLetters[name.length] = [...letters, name.charCodeAt(0)];
    }
  }

  passes(name: string): boolean {
    const first = name.charCodeAt(0) | LOWER_CASE_BIT;
    if (this.#firstLetters[name.length]?.includes(first) && this.#names.has(name.toLowerCase())) return false;
    const telling = name.charCodeAt(TELLING_AT) | LOWER_CASE_BIT;
    for (const prefix of this.#prefixes) {
      if (prefix.charCodeAt(0) !== first || prefix.charCodeAt(TELLING_AT) !== telling) continue;
      if (name.toLowerCase().startsWith(prefix)) return false;
    }
    return true;
  }
}

const upstream = new HeaderFilter(NEVER_UPSTREAM, NEVER_UPSTREAM_PREFIXES);
const downstream = new HeaderFilter(NEVER_DOWNSTREAM, NEVER_DOWNSTREAM_PREFIXES);

/** The caller's headers as they may go upstream, flat, in their order and spelling; the key is added by the attempt. */
export function upstreamHeaders(headers: HeaderList): string[] {
  return filter(headers, upstream);
}

/** The upstream's headers as they may reach the caller. */
export function downstreamHeaders(headers: HeaderList): string[] {
  return filter(headers, downstream);
}

function filter({ raw }: HeaderList, allowed: HeaderFilter): string[] {
  const kept: string[] = [];
  let named: ReadonlySet<string> | null = null;
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] as string;
    if (allowed.passes(name)) kept.push(name, raw[at + 1] as string);
    else if (name.length === 'connection'.length && name.toLowerCase() === 'connection') {
      named = namedByConnection(raw[at + 1] as string, named);
    }
  }
  return named === null ? kept : without(kept, named);
}

/** `Connection: close, x-private` makes x-private hop-by-hop as well; the usual values name nothing. */
function namedByConnection(value: string, before: ReadonlySet<string> | null): ReadonlySet<string> | null {
  if (value === 'keep-alive' || value === 'close' || value === 'Upgrade') return before;
  const names = value.split(',').map((name) => name.trim().toLowerCase());
  return new Set([...(before ?? []), ...names]);
}

function without(headers: readonly string[], names: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string;
    // A message keeps its length whatever `Connection` claims: framing is not the sender's to take away.
    if (name.toLowerCase() === 'content-length' || !names.has(name.toLowerCase())) {
      kept.push(name, headers[at + 1] as string);
    }
  }
  return kept;
}

/** Subprotocols of an upgrade without the one that carries the caller's key; null when none is left. */
export function withoutKeyProtocol(value: string): string | null {
  const kept = value.split(',').filter((protocol) => !protocol.trim().startsWith(WEBSOCKET_KEY_PROTOCOL));
  return kept.length === 0 ? null : kept.join(',').trim();
}

const UNSAFE = /[^\x20-\x7e]/;

/** A label may be any text; a header value may not. */
export function headerSafe(text: string): string {
  if (!UNSAFE.test(text)) return text;
  return text.replace(/[^\x20-\x7e]/gu, (character) => encodeURIComponent(character.toWellFormed()));
}
