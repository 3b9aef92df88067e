import { parseDuration } from '../config/quantities.ts';
import { RotatoError } from '../errors.ts';
import type { Priority, TokenEstimate } from '../model/demand.ts';
import type { HeaderList } from '../model/header-list.ts';
import { StatusSet } from '../model/status-set.ts';
import type { ProviderAdapter } from '../providers/provider-adapter.ts';
import { readCredentials } from './credentials.ts';
import { type Peek, type PeekWanted, peekJson } from './peek-json.ts';
import type { RequestBody } from './request-body.ts';
import type { Route } from './route-request.ts';

/** What a caller asks of rotato itself, in headers of ours or in the original's directives. */
export interface Wishes {
  /** Null where the caller leaves it to the provider's settings. */
  readonly maxWaitMs: number | null;
  readonly rotateOn: StatusSet;
  readonly priority: Priority;
  readonly affinity: string | null;
}

export function readWishes(headers: HeaderList, target: string): Wishes {
  // Hardly anybody sends a directive, and looking closely costs.
  const mayDirect = target.includes('key=') || headers.raw.some((part) => part.includes('[STATUS_CODES:'));
  const directive = mayDirect ? readCredentials(headers, target).statusCodes : null;
  return {
    maxWaitMs: readMaxWait(headers.get('x-rotato-max-wait')),
    rotateOn: readStatuses('x-rotato-rotate-on', headers.get('x-rotato-rotate-on')).union(
      readStatuses('[STATUS_CODES:…]', directive),
    ),
    priority: readPriority(headers.get('x-rotato-priority')),
    affinity: headers.get('x-rotato-affinity'),
  };
}

function readMaxWait(text: string | null): number | null {
  if (text === null) return null;
  const waitMs = parseDuration(text.trim());
  if (waitMs === null)
    throw new RotatoError('bad-request', `x-rotato-max-wait: write 5s, 250ms, 2m or 0, not "${text}".`);
  return waitMs;
}

function readStatuses(where: string, text: string | null): StatusSet {
  if (text === null || text.trim() === '') return StatusSet.EMPTY;
  const statuses = StatusSet.parse(text.split(','));
  if (typeof statuses === 'string') throw new RotatoError('bad-request', `${where}: ${statuses}.`);
  return statuses;
}

function readPriority(text: string | null): Priority {
  if (text === null || text === 'interactive') return 'interactive';
  if (text === 'batch') return 'batch';
  throw new RotatoError('bad-request', `x-rotato-priority: write interactive or batch, not "${text}".`);
}

/** What the pool must know of a request: its model, its size, and the objects it names. */
export interface RequestFacts {
  readonly model: string;
  readonly tokens: TokenEstimate;
  readonly references: readonly string[];
}

/** Where each wire says how long an answer may become; Gemini says it one level down, in `generationConfig`. */
const FIELDS: ReadonlyMap<string, number> = new Map([
  ['model', 1],
  ['max_tokens', 1],
  ['max_completion_tokens', 1],
  ['max_output_tokens', 1],
  ['maxOutputTokens', 2],
]);
const FORM_MODEL = /name="model"\r\n(?:[^\r\n]+\r\n)*\r\n(?<model>[^\r\n]{1,256})\r\n/;
const NOTHING: Peek = { fields: new Map(), references: [] };

/** The wanted fields of an adapter, put together once. */
const wantedOf = new WeakMap<ProviderAdapter, PeekWanted>();

/** `withReferences` false leaves out the search for objects: nothing is known that it could find. */
export function readFacts(
  { adapter, route, body }: { adapter: ProviderAdapter; route: Route; body: RequestBody },
  withReferences: boolean,
): RequestFacts {
  let wanted = wantedOf.get(adapter);
  if (wanted === undefined) {
    wanted = { fields: FIELDS, references: adapter.homedObjects.requestFields };
    wantedOf.set(adapter, wanted);
  }
  const looksLikeJson = body.peek.length > 0 && !startsForm(body.peek);
  const { fields, references } = looksLikeJson ? peekJson(body.peek, wanted) : NOTHING;
  const max = fields.get('max_completion_tokens') ?? fields.get('max_tokens') ?? fields.get('max_output_tokens');
  return {
    model: adapter.modelInPath(route.path) ?? textOf(fields.get('model')) ?? formModel(body.peek) ?? 'unknown',
    tokens: {
      bodyBytes: body.lengthBytes ?? body.peek.length,
      maxOutputTokens: countOf(max ?? fields.get('maxOutputTokens')),
    },
    references: withReferences ? [...adapter.homedObjects.idsInPath(route.path), ...references] : [],
  };
}

const DASH = 0x2d;

function startsForm(body: Buffer): boolean {
  return body[0] === DASH && body[1] === DASH;
}

function formModel(body: Buffer): string | null {
  if (!startsForm(body)) return null;
  return FORM_MODEL.exec(body.toString('latin1'))?.groups?.model ?? null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function countOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}
