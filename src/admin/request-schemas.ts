import { z } from '@hono/zod-openapi';
import type { TypedLimit } from '../model/limit.ts';
import { STRATEGY_NAMES, type StrategyName, WIRES, type Wire } from '../model/provider.ts';
import { typedLimit } from './view-schemas.ts';

/** What operators send. What they may write into it is for control to say, which has one vocabulary for all surfaces. */

/** What the operator sets on a provider, spelt as in the configuration file. Control says what is wrong with it. */
export interface ProviderSettingsInput {
  readonly preset?: string;
  readonly wire?: Wire;
  readonly baseUrl?: string;
  readonly strategy?: StrategyName;
  readonly rotateOn?: readonly (string | number)[];
  readonly maxWait?: string;
  readonly maxWaitCeiling?: string;
  readonly timeouts?: { readonly connect?: string; readonly firstByte?: string; readonly idle?: string };
  readonly allowPrivateAddress?: boolean;
  readonly groups?: Readonly<Record<string, { readonly limits: readonly TypedLimit[] }>>;
}

export interface NewProvider extends ProviderSettingsInput {
  /** The URL prefix; one word. */
  readonly name: string;
  readonly enabled?: boolean;
}

/** Null puts a setting back to its default. */
export type ProviderPatch = {
  readonly [Setting in keyof ProviderSettingsInput]: ProviderSettingsInput[Setting] | null;
};

/** What the operator sets on a key. Null in a patch takes it away. */
export interface KeyPatch {
  readonly label?: string | null;
  readonly group?: string | null;
  readonly weight?: number | null;
  readonly limits?: readonly TypedLimit[] | null;
  readonly baseUrl?: string | null;
}

export interface NewKey {
  readonly key: string;
  readonly label?: string;
  readonly group?: string;
  readonly weight?: number;
  readonly limits?: readonly TypedLimit[];
  readonly baseUrl?: string;
}

type OpenApiSchema = Parameters<z.ZodUnknown['openapi']>[1];

/**
 * An object whose members control checks, in the vocabulary of the configuration file and with its messages; here it
 * is only said what it looks like.
 */
function checkedByControl<Shape>(title: string, shape: z.ZodRawShape): z.ZodType<Shape> {
  const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  const { properties } = z.toJSONSchema(z.strictObject(shape), { io: 'input' });
  return z
    .custom<Shape>(isObject, { error: 'This must be a JSON object.' })
    .openapi(title, { type: 'object', properties } as OpenApiSchema);
}

const duration = z.string().describe('"250ms", "5s", "2m"').optional();
const limits = z.array(typedLimit).optional();

const settingsShape = {
  preset: z.string().describe('A vendor rotato knows; see GET /presets').optional(),
  wire: z.enum(WIRES).describe('Where no preset says it').optional(),
  baseUrl: z.string().describe('http or https, without user, query or fragment').optional(),
  strategy: z.enum(STRATEGY_NAMES).optional(),
  rotateOn: z
    .array(z.union([z.string(), z.number()]))
    .describe('Statuses besides 429 that mean "try another key": 500, "500-503", "500+", "500=+"')
    .optional(),
  maxWait: duration,
  maxWaitCeiling: duration,
  timeouts: z.strictObject({ connect: duration, firstByte: duration, idle: duration }).optional(),
  allowPrivateAddress: z.boolean().optional(),
  groups: z.record(z.string(), z.strictObject({ limits })).optional(),
};

const keyShape = {
  label: z.string().optional(),
  group: z.string().describe('The quota group it shares; by default a key is its own').optional(),
  weight: z.number().optional(),
  limits,
  baseUrl: z.string().describe("This key's own resource (Azure)").optional(),
};

export const newProvider = checkedByControl<NewProvider>('NewProvider', {
  name: z.string(),
  enabled: z.boolean().optional(),
  ...settingsShape,
});
export const providerPatch = checkedByControl<ProviderPatch>('ProviderPatch', settingsShape);
const newKey = checkedByControl<NewKey>('NewKey', { key: z.string(), ...keyShape });
export const keyPatch = checkedByControl<KeyPatch>('KeyPatch', keyShape);

/** As many as an import of the largest pools holds. */
export const MOST_KEYS_AT_ONCE = 20_000;

export const newKeys = z
  .strictObject({
    keys: z.array(newKey).max(MOST_KEYS_AT_ONCE).optional(),
    text: z.string().describe('Pasted in any shape: lines, commas, JSON, .env, "label: key"').optional(),
    validate: z.boolean().default(true).describe("Ask the provider's free call about each before saving"),
    saveAnyway: z.boolean().default(false).describe('Save what the provider called invalid as well'),
    progressId: z.string().max(200).optional().describe('Named in `progress` events while keys are validated'),
  })
  .refine(({ keys, text }) => (keys === undefined) !== (text === undefined), {
    error: 'Send either "keys" or "text".',
  })
  .openapi('NewKeys');

const clientShape = {
  name: z.string(),
  providers: z.array(z.string()).nullable().describe('Those it may call; null for all').optional(),
  groups: z.array(z.string()).nullable().describe('Quota groups that may serve it; null for all').optional(),
};

export interface NewClient {
  readonly name: string;
  readonly providers?: readonly string[] | null;
  readonly groups?: readonly string[] | null;
}

export const newClient = checkedByControl<NewClient>('NewClient', clientShape);
export const clientPatch = checkedByControl<Partial<NewClient>>('ClientPatch', clientShape);

/** What can be set while running, as in the configuration file; null goes back to the default. */
export interface SettingsPatch {
  readonly access?: 'open' | 'keys' | null;
  readonly cors?: readonly string[] | null;
  readonly replyHeaders?: boolean | null;
  readonly listen?: { readonly hosts?: readonly string[] | null } | null;
  readonly limits?: Readonly<Record<string, string | number | null>> | null;
}

export const settingsPatch = checkedByControl<SettingsPatch>('SettingsPatch', {
  access: z.enum(['open', 'keys']).nullable().optional(),
  cors: z.array(z.string()).nullable().optional(),
  replyHeaders: z.boolean().nullable().optional(),
  listen: z
    .strictObject({ hosts: z.array(z.string()).nullable().optional() })
    .nullable()
    .optional(),
  limits: z
    .record(z.string(), z.union([z.string(), z.number()]).nullable())
    .nullable()
    .optional(),
});
