import { z } from '@hono/zod-openapi';
import { type BulkReport, type ImportReport, KEY_ACTS, type ModelsView, type PresetView } from '../control/operator.ts';
import type { KeyView, NoticeView, TrafficView } from '../control/views.ts';
import type { FieldProblem } from '../errors.ts';
import type { PoolView } from '../key-pool/pool-view.ts';
import type { ExchangeRecord } from '../model/exchange.ts';
import { WIRES } from '../model/provider.ts';
import { poolView } from './pool-schemas.ts';
import {
  clientPatch,
  keyPatch,
  MOST_KEYS_AT_ONCE,
  newClient,
  newKeys,
  newProvider,
  providerPatch,
  settingsPatch,
} from './request-schemas.ts';
import {
  addedKey,
  adminTokenView,
  clientView,
  exchangeRecord,
  keyView,
  noticeView,
  providerView,
  settingsView,
  stateName,
  trafficView,
} from './view-schemas.ts';

/**
 * The JSON API under /admin/api, whole: every route with what it takes and answers. The server, its OpenAPI document
 * and the panel are held to this table by the compiler.
 */

export type { ImportReport, PresetView } from '../control/operator.ts';
export type * from '../control/views.ts';
export type { FieldProblem } from '../errors.ts';
export type {
  GroupView as PoolGroupView,
  PoolView,
  StateView,
  WindowView,
} from '../key-pool/pool-view.ts';
export type { AttemptRecord, ExchangeRecord } from '../model/exchange.ts';
export type { TypedLimit } from '../model/limit.ts';
export type {
  KeyPatch,
  NewClient,
  NewProvider,
} from './request-schemas.ts';

/** What a route takes and answers. `answer` is null where there is nothing to say (204). */
interface Endpoint {
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly answer: z.ZodType | null;
  /** The answer carries an ETag, and changes may be made conditional on it with If-Match. */
  readonly versioned?: true;
  /** For those who have not signed in. Everything else refuses them. */
  readonly open?: true;
}

function endpoint<const Given extends Endpoint>(given: Given): Given {
  return given;
}

const name = z.string().max(200);

/** RFC 9457. Tell cases apart by `code`; `detail` is a sentence for people that says what to do. */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  /** What is wrong with which field: `limits[0].rpm`; an empty path is the body as a whole. Present with code `invalid-input`. */
  readonly fields?: readonly FieldProblem[] | undefined;
  /** After too many wrong passwords: how long to wait. */
  readonly retryAfterMs?: number | undefined;
}

export const problem: z.ZodType<Problem> = z
  .strictObject({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string(),
    fields: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
    retryAfterMs: z.number().optional(),
  })
  .openapi('Problem');

const presetView: z.ZodType<PresetView> = z
  .strictObject({
    name: z.string(),
    title: z.string(),
    wire: z.enum(WIRES),
    baseUrl: z.string().nullable().describe('Null where each account has its own'),
    keyOptional: z.boolean(),
    hasFreeValidation: z.boolean().describe('New keys can be checked at no cost'),
    proven: z.boolean().describe("Checked against recorded answers; else it follows the vendor's documentation alone"),
    docs: z.string().nullable(),
    keysPage: z.string().nullable().describe('Where the vendor hands out keys'),
  })
  .openapi('Preset');

const session = z
  .strictObject({
    by: z.enum(['password', 'token']),
    expiresAt: z.number().nullable().describe('At the latest, milliseconds since the epoch; null for a token'),
  })
  .openapi('Session');

const pageSize = z
  .string()
  .regex(/^(?:1000|[1-9]\d{0,2})$/, 'A whole number from 1 to 1000.')
  .default('100')
  .transform(Number);

const keyQuery = z.strictObject({
  cursor: z.string().max(200).optional().describe('Of the answer before'),
  limit: pageSize,
  q: z.string().max(200).optional().describe('Found in the label, the group or the last characters'),
  state: stateName.optional(),
});

const keyPage = z
  .strictObject({
    items: z.array(keyView),
    cursor: z.string().optional().describe('Absent on the last page'),
    total: z.number().int().describe('Of all pages'),
  })
  .openapi('KeyPage');

/** `validate` asks the provider about each, so it takes fewer at once. */
export const BULK_ACTS = [...KEY_ACTS, 'validate'] as const;
export type BulkAct = (typeof BULK_ACTS)[number];
export const MOST_VALIDATED_AT_ONCE = 500;

const bulkReport: z.ZodType<BulkReport> = z
  .strictObject({
    done: z.array(z.string()),
    refused: z.array(z.strictObject({ id: z.string(), reason: z.string() })),
  })
  .openapi('BulkReport');

const modelsView: z.ZodType<ModelsView> = z
  .strictObject({ models: z.array(z.string()), error: z.string().nullable().describe('Why there are none') })
  .openapi('Models');

const password = z.string().max(1024);

/** Everything an export holds, keys included; import takes the same. */
const settingsDocument = z
  .custom<Readonly<Record<string, unknown>>>((value) => typeof value === 'object' && value !== null, {
    error: 'This must be what an export gave.',
  })
  .openapi('SettingsDocument', { type: 'object', additionalProperties: true });

const names = z.array(z.string());
const importReport: z.ZodType<ImportReport> = z
  .strictObject({
    providersAdded: names,
    providersChanged: names,
    keysAdded: z.number().int(),
    keysKnown: z.number().int(),
    clientsAdded: names,
    clientsKnown: names,
    settingsChanged: names,
    notes: names,
  })
  .openapi('ImportReport');

function listOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ items: z.array(item) });
}

const provider = { answer: providerView, versioned: true } as const;
const key = { answer: keyView, versioned: true } as const;

/**
 * By method and path below /admin/api. `{id}` of a provider takes its name as well, in any case. Every answer that is
 * not a success is a `Problem`.
 */
export const ENDPOINTS = {
  'POST /session': endpoint({
    summary: 'Sign in; sets the session cookie',
    open: true,
    body: z.strictObject({ password }),
    answer: session,
  }),
  'GET /session': endpoint({ summary: 'Who is signed in', answer: session }),
  'DELETE /session': endpoint({ summary: 'Sign out', answer: null }),

  'GET /presets': endpoint({ summary: 'Vendors rotato knows', answer: listOf(presetView) }),

  'GET /providers': endpoint({ summary: 'All providers', answer: listOf(providerView) }),
  'POST /providers': endpoint({
    summary: 'Create a provider, from a preset or by hand',
    body: newProvider,
    ...provider,
  }),
  'GET /providers/{id}': endpoint({ summary: 'One provider', ...provider }),
  'PATCH /providers/{id}': endpoint({ summary: 'Change settings', body: providerPatch, ...provider }),
  'DELETE /providers/{id}': endpoint({ summary: 'Delete; restore works for 60 s', ...provider }),
  'POST /providers/{id}/rename': endpoint({
    summary: 'Give another name, and so another URL prefix',
    body: z.strictObject({ name }),
    ...provider,
  }),
  'POST /providers/{id}/enable': endpoint({ summary: 'Put in service', ...provider }),
  'POST /providers/{id}/disable': endpoint({ summary: 'Take out of service', ...provider }),
  'POST /providers/{id}/restore': endpoint({ summary: 'Undo a deletion', ...provider }),
  'GET /providers/{id}/models': endpoint({
    summary: 'What the provider says it serves, asked now',
    answer: modelsView,
  }),

  'GET /providers/{id}/keys': endpoint({ summary: 'Its keys in order, masked', query: keyQuery, answer: keyPage }),
  'POST /providers/{id}/keys': endpoint({ summary: 'Add keys', body: newKeys, answer: listOf(addedKey) }),
  'POST /providers/{id}/keys/move': endpoint({
    summary: 'Put a key before another, or last',
    body: z.strictObject({ id: name, before: name.nullable() }),
    answer: keyView,
  }),

  'GET /keys/{id}': endpoint({ summary: 'One key, masked', ...key }),
  'PATCH /keys/{id}': endpoint({ summary: 'Change label, group, weight, limits, base URL', body: keyPatch, ...key }),
  'DELETE /keys/{id}': endpoint({ summary: 'Delete; restore works for 60 s', ...key }),
  'POST /keys/{id}/validate': endpoint({ summary: "Ask the provider's free call about it", ...key }),
  'POST /keys/{id}/enable': endpoint({ summary: 'Put in service', ...key }),
  'POST /keys/{id}/disable': endpoint({ summary: 'Take out of service at once', ...key }),
  'POST /keys/{id}/drain': endpoint({ summary: 'Let it finish what runs, and give it nothing new', ...key }),
  'POST /keys/{id}/clear': endpoint({ summary: 'End its rest', ...key }),
  'POST /keys/{id}/part': endpoint({ summary: 'It does not share its quota with those it was found to', ...key }),
  'POST /keys/{id}/restore': endpoint({ summary: 'Undo a deletion', ...key }),
  'POST /keys/bulk': endpoint({
    summary: 'One act on many keys',
    body: z.strictObject({ ids: z.array(name).min(1).max(MOST_KEYS_AT_ONCE), act: z.enum(BULK_ACTS) }),
    answer: bulkReport,
  }),

  'GET /clients': endpoint({ summary: 'Client keys, masked', answer: listOf(clientView) }),
  'POST /clients': endpoint({
    summary: 'Create a client key; its secret is shown this once',
    body: newClient,
    answer: z.strictObject({ client: clientView, secret: z.string() }),
  }),
  'PATCH /clients/{id}': endpoint({ summary: 'Change', body: clientPatch, answer: clientView, versioned: true }),
  'DELETE /clients/{id}': endpoint({ summary: 'Revoke; works at once', answer: null }),

  'GET /settings': endpoint({ summary: 'Every setting with its source', answer: settingsView, versioned: true }),
  'PATCH /settings': endpoint({
    summary: 'Change settings, as a merge patch in the words of the configuration file',
    body: settingsPatch,
    answer: settingsView,
    versioned: true,
  }),
  'POST /settings/password': endpoint({
    summary: 'Set the admin password; ends all other sessions',
    body: z.strictObject({ current: password, next: password }),
    answer: null,
  }),
  'GET /tokens': endpoint({ summary: 'Admin tokens, masked', answer: listOf(adminTokenView) }),
  'POST /tokens': endpoint({
    summary: 'Create an admin token; its secret is shown this once',
    body: z.strictObject({ name }),
    answer: z.strictObject({ token: adminTokenView, secret: z.string() }),
  }),
  'DELETE /tokens/{id}': endpoint({ summary: 'Revoke; works at once', answer: null }),

  'GET /pool': endpoint({ summary: 'The live state of every key and quota', answer: poolView }),
  'GET /traffic': endpoint({
    summary: 'What came through lately',
    query: z.strictObject({ window: z.string().max(20).default('15m').describe('"15m", "2h"; at most a day') }),
    answer: trafficView,
  }),
  'GET /notices': endpoint({ summary: 'What an operator should know, newest first', answer: listOf(noticeView) }),
  'GET /exchanges': endpoint({
    summary: 'The last requests, newest first',
    query: z.strictObject({ limit: pageSize }),
    answer: listOf(exchangeRecord),
  }),
  'GET /exchanges/{id}': endpoint({ summary: 'The story of one request', answer: exchangeRecord }),
  'GET /playground': endpoint({
    summary: "A client key for the panel's own calls, good until rotato stops",
    answer: z.strictObject({ key: z.string() }),
  }),

  'POST /export': endpoint({
    summary: 'Everything stored, keys included; asks for the password again',
    body: z.strictObject({ password }),
    answer: settingsDocument,
  }),
  'POST /import': endpoint({
    summary: 'Take in an export; all of it or nothing',
    body: z.strictObject({ document: settingsDocument, dryRun: z.boolean().default(false) }),
    answer: importReport,
  }),
};

export type Endpoints = typeof ENDPOINTS;
/** "GET /providers/{id}" */
export type Route = keyof Endpoints;

type Member<Of, Name extends string> = Of extends Record<Name, infer Value> ? Value : undefined;
type Schema<Name extends Route, Part extends string> = Member<Endpoints[Name], Part>;

/** What a caller sends; undefined where a route takes none. */
export type BodyOf<Name extends Route> =
  Schema<Name, 'body'> extends z.ZodType ? z.input<Schema<Name, 'body'>> : undefined;
export type QueryOf<Name extends Route> =
  Schema<Name, 'query'> extends z.ZodType ? z.input<Schema<Name, 'query'>> : undefined;
/** What comes back; undefined for 204. */
export type AnswerOf<Name extends Route> =
  Schema<Name, 'answer'> extends z.ZodType ? z.output<Schema<Name, 'answer'>> : undefined;

/** What the server hands a route, read and checked. */
export type GivenBody<Name extends Route> =
  Schema<Name, 'body'> extends z.ZodType ? z.output<Schema<Name, 'body'>> : undefined;
export type GivenQuery<Name extends Route> =
  Schema<Name, 'query'> extends z.ZodType ? z.output<Schema<Name, 'query'>> : undefined;

export type KeyPage = AnswerOf<'GET /providers/{id}/keys'>;
export type KeyState = KeyView['state']['state'];
export type Session = AnswerOf<'GET /session'>;

/**
 * GET /admin/api/events, as server-sent events: the name of each event and its JSON. `pool` and `traffic` (of the last
 * quarter of an hour) come at once and then whenever they changed, once a second at most; `settings` says that lists
 * should be read again. What a slow
 * reader would have to wait for is skipped, never queued without bound, and of exchanges some of each second.
 */
export interface AdminEvents {
  readonly pool: PoolView;
  readonly traffic: TrafficView;
  readonly settings: { readonly version: number };
  readonly notice: NoticeView;
  readonly exchange: ExchangeRecord;
  /** Of a POST of keys with that `progressId`. */
  readonly progress: { readonly id: string; readonly done: number; readonly total: number };
  /** Every few seconds, whatever happens: silence means that the connection is lost. */
  readonly heartbeat: { readonly at: number };
  /** The last one; after `signed-out` there is no use in coming back without signing in. */
  readonly end: { readonly reason: EndOfEvents };
}

export type EndOfEvents = 'signed-out' | 'stopping' | 'too-slow';

export const EVENT_SCHEMAS: { readonly [Name in keyof AdminEvents]: z.ZodType<AdminEvents[Name]> } = {
  pool: poolView,
  traffic: trafficView,
  settings: z.strictObject({ version: z.number() }),
  notice: noticeView,
  exchange: exchangeRecord,
  progress: z.strictObject({ id: z.string(), done: z.number().int(), total: z.number().int() }),
  heartbeat: z.strictObject({ at: z.number() }),
  end: z.strictObject({ reason: z.enum(['signed-out', 'stopping', 'too-slow']) }),
};
