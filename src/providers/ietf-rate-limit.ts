import type { HeaderList } from '../model/header-list.ts';
import type { Dimension, LimitReading } from '../model/limit.ts';
import { boundWait, parseCount } from './duration-text.ts';

interface Policy {
  readonly quota: number | null;
  readonly windowMs: number | null;
  readonly unit: string;
}

/**
 * The structured fields of draft-ietf-httpapi-ratelimit-headers-11: `ratelimit: "api";r=999;t=295` with
 * `ratelimit-policy: "fixed window";"api";q=1000;w=300` (Hugging Face names the policy in a second item).
 */
export function readStructuredLimits(headers: HeaderList): readonly LimitReading[] {
  const limits = headers.get('ratelimit');
  if (limits === null || limits.length > LONGEST_FIELD) return [];
  const policies = readPolicies(headers.get('ratelimit-policy') ?? '');
  return splitItems(limits).flatMap((item) => {
    const remaining = count(item.parameters.get('r'));
    const resetSeconds = count(item.parameters.get('t'));
    if (remaining === null && resetSeconds === null) return [];
    const policy = item.names.map((name) => policies.get(name)).find((found) => found !== undefined);
    const dimension = dimensionOf(policy?.unit ?? 'requests');
    if (dimension === null) return [];
    return [
      {
        dimension,
        periodMs: policy?.windowMs ?? null,
        limit: policy?.quota ?? null,
        remaining,
        resetMs: resetSeconds === null ? null : boundWait(resetSeconds * 1_000),
        header: 'ratelimit',
      },
    ];
  });
}

const LONGEST_FIELD = 4_096;

function readPolicies(field: string): ReadonlyMap<string, Policy> {
  const policies = new Map<string, Policy>();
  if (field.length > LONGEST_FIELD) return policies;
  for (const { names, parameters } of splitItems(field)) {
    const windowSeconds = count(parameters.get('w'));
    const policy: Policy = {
      quota: count(parameters.get('q')),
      windowMs: windowSeconds === null ? null : boundWait(windowSeconds * 1_000),
      unit: parameters.get('qu') ?? 'requests',
    };
    for (const name of names) policies.set(name, policy);
  }
  return policies;
}

interface Item {
  readonly names: readonly string[];
  readonly parameters: ReadonlyMap<string, string>;
}

/** A part of an item, `"name"`, `name` or `key=value`, up to `;` or `,`. */
const PART = /(\s{0,8}"[^"]*"\s{0,8}|[^;,"]+(?:"[^"]*")?)([;,]|$)/y;

function splitItems(field: string): readonly Item[] {
  const items: Item[] = [];
  let names: string[] = [];
  let parameters = new Map<string, string>();
  PART.lastIndex = 0;
  for (let match = PART.exec(field); match !== null; match = PART.exec(field)) {
    const [, padded = '', separator] = match;
    const part = padded.trim();
    const equals = part.startsWith('"') ? -1 : part.indexOf('=');
    if (equals === -1) names.push(unquote(part));
    else parameters.set(part.slice(0, equals).trim().toLowerCase(), unquote(part.slice(equals + 1)));
    if (separator === ';') continue;
    items.push({ names, parameters });
    names = [];
    parameters = new Map();
    if (separator === '') break;
  }
  return items;
}

function unquote(text: string): string {
  return text.trim().replace(/^"|"$/g, '');
}

function count(text: string | undefined): number | null {
  const parsed = text === undefined ? null : parseCount(text);
  return parsed === null ? null : Math.floor(parsed);
}

/** Quota units of the draft's registry that the pool counts; bytes and connections are not among them. */
function dimensionOf(unit: string): Dimension | null {
  if (unit === 'requests') return 'requests';
  return unit === 'tokens' ? 'tokens' : null;
}
