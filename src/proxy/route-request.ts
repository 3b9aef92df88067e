import { RotatoError } from '../errors.ts';
import type { Provider } from '../model/provider.ts';
import type { Snapshot } from '../model/snapshot.ts';

/** Where a request goes, before any credential or body was looked at. */
export interface Route {
  readonly provider: Provider;
  /** What follows the provider's name, byte for byte, without a caller's `?key=`: `/chat/completions?x=1`. */
  readonly path: string;
}

const LONGEST_TARGET = 16 * 1024;
/** A request target is visible ASCII; what is outside it is never legal and confuses somebody down the line. */
const ILLEGAL = /[^\x21-\x7e]/;
/** Dot segments and encoded NULs mean different things to different parsers, so they mean nothing here. */
const DOT_SEGMENT = /(?:^|\/)(?:\.|%2e){2}(?=\/|$)/i;
const NUL = /%00/;

/** Throws unless the target is one that can be relayed byte for byte. Comes first: the path checked is the one served. */
export function checkTarget(target: string): void {
  if (target.length > LONGEST_TARGET) {
    throw new RotatoError('target-too-long', `The URL is longer than ${LONGEST_TARGET / 1024} KB.`);
  }
  if (!target.startsWith('/')) {
    throw new RotatoError('bad-request', 'The request target must be a path such as /openai/chat/completions.');
  }
  const queryAt = target.indexOf('?');
  const path = queryAt === -1 ? target : target.slice(0, queryAt);
  if (ILLEGAL.test(target) || path.includes('\\') || target.includes('#')) {
    throw new RotatoError('bad-request', 'The URL holds a character that must be percent-encoded.');
  }
  if (DOT_SEGMENT.test(path)) throw new RotatoError('bad-request', 'The path must not hold ".." segments.');
  if (NUL.test(path)) throw new RotatoError('bad-request', 'The path must not hold an encoded NUL.');
}

/** The target's first segment, lower case, and what follows it. */
export function splitTarget(target: string): { first: string; rest: string } {
  let end = 1;
  while (end < target.length && target[end] !== '/' && target[end] !== '?') end++;
  return { first: target.slice(1, end).toLowerCase(), rest: target.slice(end) };
}

export function routeRequest(target: string, snapshot: Snapshot): Route {
  const { first, rest } = splitTarget(target);
  const provider = snapshot.providers.get(first);
  if (provider === undefined) {
    throw new RotatoError('unknown-provider', unknownProvider(first, snapshot));
  }
  return { provider, path: withoutKeyParameter(rest) };
}

function unknownProvider(name: string, snapshot: Snapshot): string {
  const known = [...snapshot.providers.keys()].slice(0, 8).map((provider) => `/${provider}`);
  const said = name === '' ? 'The path must begin with a provider.' : `There is no provider "${name.slice(0, 64)}".`;
  return known.length === 0
    ? `${said} None is configured yet: name one in rotato.yaml.`
    : `${said} Configured: ${known.join(', ')}.`;
}

/** A key in the query is the caller's credential: it is checked, and never goes upstream. */
function withoutKeyParameter(path: string): string {
  const queryAt = path.indexOf('?');
  if (queryAt === -1 || !path.includes('key=', queryAt)) return path;
  const kept = path
    .slice(queryAt + 1)
    .split('&')
    .filter((parameter) => !parameter.startsWith('key='));
  return kept.length === 0 ? path.slice(0, queryAt) : `${path.slice(0, queryAt)}?${kept.join('&')}`;
}

const VERSION_SEGMENT = /^v\d+[a-z0-9]*$/;

/**
 * The upstream target: the base URL's path and the rest, byte for byte. Where both name a version, the caller's
 * wins: SDKs disagree on whether `/v1` belongs to the base URL. A rest that begins like one of `besideVersion` stands
 * beside the version.
 */
export function joinTarget(basePath: string, path: string, besideVersion: readonly string[] = []): string {
  const aside = startsWithVersion(path) || besideVersion.some((beginning) => path.startsWith(beginning));
  const joined = (aside ? withoutVersion(basePath) : basePath) + path;
  return joined.startsWith('/') ? joined : `/${joined}`;
}

/** A base path without the version at its end, if it has one. */
export function withoutVersion(basePath: string): string {
  const lastSlash = basePath.lastIndexOf('/');
  return VERSION_SEGMENT.test(basePath.slice(lastSlash + 1)) ? basePath.slice(0, lastSlash) : basePath;
}

function startsWithVersion(path: string): boolean {
  if (!path.startsWith('/v')) return false;
  const end = path.slice(1).search(/[/?]/);
  return VERSION_SEGMENT.test(end === -1 ? path.slice(1) : path.slice(1, end + 1));
}
