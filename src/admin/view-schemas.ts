import { z } from '@hono/zod-openapi';
import type {
  AddedKey,
  AdminTokenView,
  ClientView,
  KeyView,
  NoticeView,
  Origin,
  ProviderSettingsView,
  ProviderView,
  SettingsView,
  SettingView,
  TrafficMinute,
  TrafficView,
  Validity,
} from '../control/views.ts';
import type { StateView, WindowView } from '../key-pool/pool-view.ts';
import type { AttemptRecord, ExchangeRecord, Phase } from '../model/exchange.ts';
import type { TypedLimit } from '../model/limit.ts';
import { WIRES } from '../model/provider.ts';

/**
 * How the views of control look as JSON. The types there are the truth, which each annotation holds its schema to;
 * these say it to zod, and through it to readers of the OpenAPI document.
 */

const instant = z.number().describe('Milliseconds since the Unix epoch');
const origin: z.ZodType<Origin> = z
  .enum(['file', 'environment', 'store'])
  .describe('Who owns it; what is not of the store is edited where it stands');
const version = z.number().int().nullable().describe('For If-Match; null for what is not stored');
const restorableUntil = instant.nullable().describe('Deleted, and to be had back by restore until then');

const positive = z.number().int().positive().optional();

const limitObject = z.strictObject({
  model: z.string().describe('A model, "*" for one window over all, or "each" for one per model class'),
  rpm: positive,
  rph: positive,
  rpd: positive,
  tpm: positive,
  tpd: positive,
  itpm: positive,
  otpm: positive,
  concurrent: positive,
  window: z.enum(['refill', 'sliding', 'fixed']).optional(),
});

/** zod writes `| undefined` on optional members, which JSON cannot hold. */
export const typedLimit = limitObject.openapi('Limit') as unknown as z.ZodType<TypedLimit>;

export const stateName = z.enum([
  'ready',
  'cooling',
  'exhausted',
  'rejected',
  'unavailable',
  'disabled',
  'draining',
]) satisfies z.ZodType<StateView['state']>;

export const stateShape = {
  state: stateName,
  reason: z.string().nullable(),
  since: instant.nullable(),
  until: instant.nullable(),
};

const state: z.ZodType<StateView> = z.strictObject(stateShape).openapi('State');

export const windowView: z.ZodType<WindowView> = z
  .strictObject({
    name: z.string(),
    dimension: z.enum(['requests', 'tokens', 'input-tokens', 'output-tokens']),
    periodMs: z.number(),
    limit: z.number(),
    left: z.number(),
    source: z.enum(['typed', 'announced', 'stated', 'inferred']),
    algorithm: z.enum(['refill', 'sliding', 'fixed', 'calendar']),
    nextRoomAt: instant.nullable().describe('When one more fits; null when it does now'),
    fullAt: instant,
    runsOutAt: instant.nullable().describe('When it is spent at the rate of the last minutes'),
  })
  .openapi('Window');

const providerSettings: z.ZodType<ProviderSettingsView> = z
  .strictObject({
    preset: z.string().nullable(),
    wire: z.enum(WIRES),
    baseUrl: z.string(),
    strategy: z.string(),
    rotateOn: z.array(z.union([z.string(), z.number()])),
    maxWait: z.string(),
    maxWaitCeiling: z.string(),
    timeouts: z.strictObject({ connect: z.string(), firstByte: z.string(), idle: z.string() }),
    allowPrivateAddress: z.boolean(),
    groups: z.record(z.string(), z.strictObject({ limits: z.array(typedLimit) })),
  })
  .openapi('ProviderSettings');

const count = z.number().int();

export const providerView: z.ZodType<ProviderView> = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    origin,
    shadowed: z.boolean(),
    enabled: z.boolean(),
    settings: providerSettings,
    keyCounts: z.strictObject({ all: count, ready: count, resting: count, rejected: count, disabled: count }),
    version,
    restorableUntil,
  })
  .openapi('Provider');

const validity: z.ZodType<Validity> = z
  .enum(['valid', 'exhausted', 'invalid', 'unknown'])
  .describe('"exhausted" is a genuine key without quota; "unknown" where no free call told');

export const keyView: z.ZodType<KeyView> = z
  .strictObject({
    id: z.string(),
    provider: z.string(),
    origin,
    label: z.string(),
    masked: z.string(),
    group: z.string().nullable(),
    meteredIn: z.strictObject({
      name: z.string(),
      sharedWith: z.array(z.string()).describe('Labels, of which only the first are listed'),
      sharedWithCount: count,
      detected: z.boolean(),
    }),
    weight: z.number(),
    enabled: z.boolean(),
    limits: z.array(typedLimit),
    baseUrl: z.string().nullable(),
    place: count,
    state,
    windows: z.array(windowView),
    running: count,
    requests: count,
    refusals: count,
    lastUsedAt: instant.nullable(),
    lastSuccessAt: instant.nullable(),
    validity: z.strictObject({ said: validity, at: instant }).nullable(),
    version,
    restorableUntil,
  })
  .openapi('Key');

export const addedKey: z.ZodType<AddedKey> = z
  .strictObject({
    label: z.string().nullable(),
    masked: z.string(),
    outcome: z.enum(['added', 'duplicate', 'invalid']),
    detail: z.string().nullable(),
    validity: validity.nullable(),
    id: z.string().nullable(),
  })
  .openapi('AddedKey');

export const clientView: z.ZodType<ClientView> = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    origin,
    shadowed: z.boolean(),
    masked: z.string(),
    providers: z.array(z.string()).nullable(),
    groups: z.array(z.string()).nullable(),
    createdAt: instant.nullable(),
    lastUsedAt: instant.nullable(),
    requests: count,
    version,
  })
  .openapi('Client');

export const adminTokenView: z.ZodType<AdminTokenView> = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    masked: z.string(),
    createdAt: instant,
    lastUsedAt: instant.nullable(),
  })
  .openapi('AdminToken');

const settingView: z.ZodType<SettingView> = z
  .strictObject({
    name: z.string(),
    value: z.unknown(),
    source: z.strictObject({
      kind: z.enum(['flag', 'environment', 'dotenv', 'file', 'store', 'default']),
      detail: z.string(),
    }),
    editable: z.boolean(),
  })
  .openapi('Setting');

export const settingsView: z.ZodType<SettingsView> = z
  .strictObject({
    settings: z.array(settingView),
    access: z.enum(['open', 'keys']),
    adminPassword: z.strictObject({ source: z.enum(['environment', 'store']), note: z.string() }),
    dataDir: z.string(),
    configFile: z.string().nullable(),
    version: z.string(),
    warnings: z.array(z.string()),
    storedVersion: count,
  })
  .openapi('Settings');

const trafficMinute: z.ZodType<TrafficMinute> = z.strictObject({
  at: instant,
  requests: count,
  failed: count,
  waitP95Ms: z.number(),
  refusalsAvoided: count,
  refusalsProvoked: count,
});

export const trafficView: z.ZodType<TrafficView> = z
  .strictObject({
    from: instant,
    until: instant,
    requests: count,
    refusedByUs: count,
    refusalsAvoided: count,
    refusalsProvoked: count,
    waitP50Ms: z.number(),
    waitP95Ms: z.number(),
    minutes: z.array(trafficMinute),
  })
  .openapi('Traffic');

export const noticeView: z.ZodType<NoticeView> = z
  .strictObject({
    id: count,
    at: instant,
    level: z.enum(['info', 'warning', 'error']),
    text: z.string(),
    provider: z.string().nullable(),
  })
  .openapi('Notice');

const attempt: z.ZodType<AttemptRecord> = z.strictObject({
  keyId: z.string(),
  keyLabel: z.string(),
  group: z.string(),
  status: count.nullable(),
  outcome: z.enum([
    'served',
    'rate-limited',
    'request-too-large',
    'quota-exhausted',
    'key-rejected',
    'model-unavailable',
    'overloaded',
    'not-sent',
    'uncertain',
    'request-refused',
    'caller-left',
  ]),
  reason: z.string(),
  startedAt: instant,
  waitedMs: z.number(),
  firstByteMs: z.number().nullable(),
  durationMs: z.number(),
  chosen: z.string(),
  passedOver: z.array(z.string()),
  morePassedOver: count,
});

const phase: z.ZodType<Phase> = z.strictObject({
  kind: z.enum(['receiving', 'queueing', 'attempt', 'back-off', 'answering']),
  ms: z.number(),
});

const tokens = z.number().nullable();

export const exchangeRecord: z.ZodType<ExchangeRecord> = z
  .strictObject({
    id: z.string(),
    at: instant,
    callerAddress: z.string().nullable(),
    client: z.string().nullable(),
    provider: z.string().nullable(),
    model: z.string().nullable(),
    method: z.string(),
    path: z.string(),
    status: count.nullable(),
    end: z.enum([
      'served',
      'refused',
      'client_aborted',
      'client_stall',
      'connect_refused',
      'connect_timeout',
      'dns',
      'tls',
      'address_forbidden',
      'first_byte_timeout',
      'upstream_idle',
      'upstream_closed',
      'upstream_aborted',
      'bad_response',
      'rate_limited',
      'internal',
    ]),
    attempts: z.array(attempt),
    phases: z.array(phase),
    waitMs: z.number(),
    firstByteMs: z.number().nullable(),
    durationMs: z.number(),
    bytesIn: z.number(),
    bytesOut: z.number(),
    usage: z
      .strictObject({
        inputTokens: tokens,
        outputTokens: tokens,
        cachedInputTokens: tokens,
        reasoningTokens: tokens,
        cacheWriteTokens: tokens.exactOptional(),
        cacheWriteHourTokens: tokens.exactOptional(),
      })
      .nullable(),
    error: z.string().nullable(),
  })
  .openapi('Exchange');
