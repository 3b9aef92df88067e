import type { AnswerOf, BodyOf, QueryOf, Route } from '../../src/admin/contract.ts';
import { type ApiProblem, readProblem, unreachable } from './problem.ts';

const API = '/admin/api';

type Wanted<Name extends string, Value> = [Value] extends [undefined] ? { readonly [key in Name]?: undefined } : object;

/** What a route needs, by the contract: its id where the path names one, its body, its query. */
export type CallOf<Name extends Route> = Wanted<'body', BodyOf<Name>> &
  (Name extends `${string}{id}${string}` ? { readonly id: string } : object) &
  (BodyOf<Name> extends undefined ? object : { readonly body: BodyOf<Name> }) &
  (QueryOf<Name> extends undefined ? object : { readonly query?: QueryOf<Name> }) & {
    /** The version the change was made on: 409 where somebody else was faster. */
    readonly version?: number | null;
    readonly signal?: AbortSignal;
  };

interface LooseCall {
  readonly id?: string;
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly version?: number | null;
  readonly signal?: AbortSignal;
}

let onSignedOut: () => void = () => {};

/** Told when the session turns out to have ended. */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

/**
 * Calls a route of the contract and answers what it promises. Everything else is thrown as an `ApiProblem`.
 *
 * @example await call('PATCH /keys/{id}', { id, body: { label: 'team-a' }, version: key.version })
 */
export async function call<Name extends Route>(route: Name, given: CallOf<Name>): Promise<AnswerOf<Name>> {
  const [method = '', template = ''] = route.split(' ');
  const { id, body, query, version, signal } = given as LooseCall;
  const path = template.replace('{id}', encodeURIComponent(id ?? ''));
  const reply = await send(`${API}${path}${queryText(query)}`, {
    method,
    headers: headersOf(body, version),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (!reply.ok) throw await failure(reply, route);
  return (reply.status === 204 ? undefined : await reply.json()) as AnswerOf<Name>;
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, credentials: 'same-origin', cache: 'no-store' });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw unreachable();
  }
}

async function failure(reply: Response, route: Route): Promise<ApiProblem> {
  const problem = await readProblem(reply);
  if (problem.status === 401 && !route.endsWith(' /session')) onSignedOut();
  return problem;
}

function headersOf(body: unknown, version: number | null | undefined): Record<string, string> {
  return {
    accept: 'application/json',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(typeof version === 'number' ? { 'if-match': `"${version}"` } : {}),
  };
}

function queryText(query: LooseCall['query']): string {
  const entries = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== '');
  if (entries.length === 0) return '';
  return `?${new URLSearchParams(entries.map(([name, value]) => [name, String(value)]))}`;
}
