import type { z } from 'zod';
import type { TypedLimit } from '../model/limit.ts';
import { STRATEGY_NAMES, type StrategyName, WIRES } from '../model/provider.ts';
import { Secret } from '../model/secret.ts';
import { StatusSet } from '../model/status-set.ts';
import { parseUpstreamUrl, type UpstreamUrl } from '../model/upstream-url.ts';
import {
  duration,
  flag,
  integer,
  list,
  named,
  oneOf,
  positiveNumber,
  price,
  section,
  setting,
  size,
  suggestion,
  text,
} from './setting-types.ts';

const DEFAULT_PORT = 8990;

/** Begins with a dot or at the root, so that no misspelt name is taken for one. */
const STRATEGY_MODULE = /^(?:\.{1,2}\/|\/|[A-Za-z]:[\\/]).+\.[cm]?[jt]s$/;

/** A strategy of the operator's own: the path of its module, as it was written. */
export interface StrategyModule {
  readonly module: string;
}

const plainName = /^[\x21-\x7e](?:[\x20-\x7e]{0,62}[\x21-\x7e])?$/;
const plainNameAllowed = 'a name of 1 to 64 printable ASCII characters';

/** Paths that rotato answers itself, which a provider of that name would hide. */
const RESERVED_PROVIDER_NAMES = new Set(['admin', 'v1', 'healthz', 'readyz', 'metrics']);

/** Returns the clause that says why a provider cannot be called so, or null. */
export function wrongProviderName(name: string): string | null {
  const lower = name.toLowerCase();
  if (RESERVED_PROVIDER_NAMES.has(lower))
    return `allowed: any name but ${[...RESERVED_PROVIDER_NAMES].join(', ')}, which rotato serves itself`;
  if (name in Object.prototype || lower in Object.prototype)
    return 'allowed: any name that JavaScript does not use itself';
  if (/^[a-z0-9](?:[a-z0-9._~-]{0,62}[a-z0-9_~-])?$/.test(lower)) return null;
  return 'allowed: 1 to 64 letters, digits, ".", "_", "-" or "~", beginning with a letter or digit and not ending with "."';
}

/** Returns the clause that says why a quota group cannot be called so, or null. */
export function wrongGroupName(name: string): string | null {
  return plainName.test(name) && !(name in Object.prototype) ? null : `allowed: ${plainNameAllowed}`;
}

/** A text that is no text to YAML unless it stands in quotes. */
function isUnquoted(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'boolean';
}

const inQuotes = { wrong: 'allowed: a text; put it in quotes' };
const headerText = /^[\x21-\x7e]{1,8192}$/;

/** What an upstream gave the operator: anything that can stand in a header, in one piece. */
const upstreamSecret = setting<Secret>({ type: 'string', minLength: 1 }, (value) => {
  if (isUnquoted(value)) return inQuotes;
  if (typeof value === 'string' && headerText.test(value)) return { value: new Secret(value) };
  const allowed = 'a text of printable ASCII characters without spaces';
  return { wrong: `allowed: ${allowed}; read it from the environment with \${NAME}` };
});

/** Texts that stand in examples; whoever leaves one in place has set no secret at all. */
const PLACEHOLDERS = new Set(['changeme', 'change-me', 'change_me', 'your-key-here']);

/** A secret that callers have to present, chosen by the operator. */
export const chosenSecret = setting<Secret>({ type: 'string', minLength: 1 }, (value) => {
  if (isUnquoted(value)) return inQuotes;
  if (typeof value !== 'string' || !headerText.test(value)) {
    return { wrong: 'allowed: a secret of printable ASCII characters without spaces' };
  }
  return PLACEHOLDERS.has(value.toLowerCase())
    ? { wrong: 'allowed: a secret of your own; this one is a placeholder that anybody would try first' }
    : { value: new Secret(value) };
});

/** Passwords are typed into a form, not written into a header, so they may hold any character but not be blank. */
export const chosenPassword = setting<Secret>({ type: 'string', minLength: 1 }, (value) => {
  const usable = typeof value === 'string' && value.trim() !== '' && !PLACEHOLDERS.has(value.trim().toLowerCase());
  return usable
    ? { value: new Secret(value) }
    : { wrong: 'allowed: a secret of your own, neither blank nor a placeholder such as "changeme"' };
});

/** 32 bytes have 43 letters in base64; the padding may be left out. */
export const masterKey = setting<Secret>({ type: 'string' }, (value) => {
  const usable = typeof value === 'string' && /^[\w+/-]{43}=?$/.test(value.trim());
  return usable
    ? { value: new Secret(value.trim()) }
    : { wrong: 'allowed: 32 bytes in base64, as "openssl rand -base64 32" prints them' };
});

const upstreamUrl = setting<UpstreamUrl>({ type: 'string' }, (value) => {
  const shape = 'allowed: an http or https URL such as https://api.openai.com/v1';
  if (typeof value !== 'string' || !URL.canParse(value)) return { wrong: shape };
  const url = parseUpstreamUrl(value);
  return typeof url === 'string' ? { wrong: `${shape}; ${url}` } : { value: url };
});

const typedLimit = section({
  model: text(
    /^\S(?:.{0,198}\S)?$/,
    'a model, "*" for one window over all models, or "each" for one per model class',
  ).prefault('*'),
  rpm: integer(1).optional().describe('Requests per minute'),
  rph: integer(1).optional().describe('Requests per hour'),
  rpd: integer(1).optional().describe('Requests per day'),
  tpm: integer(1).optional().describe('Tokens, input and output together, per minute'),
  tpd: integer(1).optional().describe('Tokens per day'),
  itpm: integer(1).optional().describe('Input tokens per minute'),
  otpm: integer(1).optional().describe('Output tokens per minute'),
  concurrent: integer(1, 1e6).optional().describe('Requests at the same time'),
  window: oneOf(['refill', 'sliding', 'fixed']).optional().describe('How the provider gives room back'),
});

/** zod writes `| undefined` on every optional member, which `exactOptionalPropertyTypes` tells apart; absent is absent. */
const limits = list(typedLimit, 'a list of limits, such as [{ model: "*", rpm: 20 }]').transform(
  (entries) => entries as TypedLimit[],
);

export const keySchema = section({
  key: upstreamSecret.describe(`The credential; write "\${NAME}" to read it from the environment`),
  label: text(plainName, plainNameAllowed).optional().describe('Shown instead of the key, also to callers'),
  group: text(plainName, plainNameAllowed)
    .optional()
    .describe('The quota group it shares; by default a key is its own'),
  weight: positiveNumber(1e6).prefault(1).describe('Its share under strategy "weighted"'),
  enabled: flag().prefault(true),
  limits: limits.prefault([]).describe('Bind this key, as well as those of its group'),
  baseUrl: upstreamUrl.optional().describe("This key's own resource (Azure)"),
});

const group = section({ limits: limits.prefault([]) });

const statuses = setting<StatusSet>({ type: 'array', items: { type: ['integer', 'string'] } }, (value) => {
  const allowed =
    'allowed: a list of statuses from 400 to 599, each 500, "500-503", "500+" (above) or "500=+" (and above)';
  if (!Array.isArray(value) || value.some((part) => typeof part !== 'number' && typeof part !== 'string'))
    return { wrong: allowed };
  const set = StatusSet.parse(value);
  if (typeof set === 'string') return { wrong: `${allowed}; ${set}` };
  return set.values().some((status) => status < 400) ? { wrong: allowed } : { value: set };
});

const timeouts = section({
  connect: duration(1).prefault('10s'),
  firstByte: duration(1).prefault('300s'),
  idle: duration(1).prefault('300s'),
});

/** In the file alone: whoever may write it may run code here anyway. */
const strategyOrModule = setting<StrategyName | StrategyModule>(
  { type: 'string', anyOf: [{ enum: STRATEGY_NAMES }, { pattern: STRATEGY_MODULE.source }] },
  (value) => {
    const name = STRATEGY_NAMES.find((candidate) => candidate === value);
    if (name !== undefined) return { value: name };
    if (typeof value === 'string' && STRATEGY_MODULE.test(value)) return { value: { module: value } };
    const allowed = `allowed: ${STRATEGY_NAMES.join(', ')}, or a module of your own such as ./my-strategy.ts`;
    return { wrong: `${allowed}${suggestion(value, STRATEGY_NAMES)}` };
  },
);

export const providerSchema = section({
  preset: text(plainName, 'the name of a preset')
    .optional()
    .describe("A vendor rotato knows; by default the one with the provider's name"),
  wire: oneOf(WIRES).optional().describe('The protocol it speaks, where no preset says it'),
  baseUrl: upstreamUrl.optional(),
  enabled: flag().prefault(true),
  strategy: oneOf(STRATEGY_NAMES).prefault('round-robin'),
  rotateOn: statuses
    .prefault([])
    .describe('Statuses, besides 429, that mean "try another key", even where that may be paid for twice'),
  maxWait: duration(0).prefault('30s').describe('Deadline for queueing and back-off, from arrival'),
  maxWaitCeiling: duration(0).optional().describe('The longest wait a caller may ask for'),
  timeouts: timeouts.prefault({}),
  allowPrivateAddress: flag().optional().describe('The base URL may resolve to a private or loopback address'),
  groups: named(group, 'quota groups by name').prefault({}),
  keys: list(keySchema, `a list of keys, such as [{ key: "\${OPENAI_API_KEY}" }]`).prefault([]),
});

export type ParsedProvider = z.output<typeof providerSchema>;

/** As a file may write it. */
const writtenProvider = section({ ...providerSchema.shape, strategy: strategyOrModule.prefault('round-robin') });

export const clientSchema = section({
  name: text(plainName, plainNameAllowed),
  key: chosenSecret.describe(`What the caller presents; write "\${NAME}" to read it from the environment`),
  providers: list(text(/^\S{1,64}$/, 'the name of a provider'), 'a list of provider names').optional(),
  groups: list(text(plainName, plainNameAllowed), 'a list of quota group names').optional(),
});

export type ParsedClient = z.output<typeof clientSchema>;

export const listenHost = setting<string>({ type: 'string' }, (value) => {
  const host = typeof value === 'string' ? value.replace(/^\[(.*)\]$/, '$1').toLowerCase() : '';
  return /^[a-z0-9](?:[a-z0-9.-]{0,252})$|^[0-9a-f.]*:[0-9a-f:.]{1,45}(?:%[a-z0-9]{1,16})?$/.test(host)
    ? { value: host }
    : { wrong: 'allowed: an IP address or a host name, without scheme or port' };
});

export const listenPort = integer(0, 65_535);

const hostName = setting<string>({ type: 'string' }, (value) =>
  typeof value === 'string' && /^[a-z0-9](?:[a-z0-9._-]{0,252})$|^[0-9a-f:]{2,45}$/i.test(value)
    ? { value: value.toLowerCase() }
    : { wrong: 'allowed: a host name, without scheme or port' },
);

const listen = section({
  host: listenHost.optional().describe('By default 127.0.0.1 and ::1'),
  port: listenPort.prefault(DEFAULT_PORT).describe('0 takes any free port'),
  hosts: list(hostName, 'a list of host names').prefault([]).describe('Further names this server answers to'),
});

const origin = setting<string>({ type: 'string' }, (value) => {
  const wrong = 'allowed: an exact origin such as https://app.example, with neither path nor "*"';
  if (typeof value !== 'string' || !URL.canParse(value)) return { wrong };
  const url = new URL(value);
  const exact = (url.protocol === 'http:' || url.protocol === 'https:') && url.origin === value.toLowerCase();
  return exact ? { value: url.origin } : { wrong };
});

export const telegramSchema = section({
  token: setting<Secret>({ type: 'string' }, (value) =>
    typeof value === 'string' && /^\d+:[\w-]+$/.test(value)
      ? { value: new Secret(value) }
      : { wrong: `allowed: a bot token as BotFather gives it; read it from the environment with \${NAME}` },
  ),
  admins: list(integer(1, Number.MAX_SAFE_INTEGER), 'a list of numeric user ids').prefault([]),
  users: list(integer(1, Number.MAX_SAFE_INTEGER), 'a list of numeric user ids').prefault([]),
  apiRoot: upstreamUrl.prefault('https://api.telegram.org'),
});

const gigabyte = 1024 ** 3;

/** Invariant 9: every queue, buffer, loop and wait has a named limit. */
const programLimits = section({
  maxBody: size(1, 100 * gigabyte)
    .prefault('100MB')
    .describe('The largest request body that is passed on'),
  replayBudget: size(0, 100 * gigabyte)
    .prefault('256MB')
    .describe('Request bodies kept for a second attempt, all together'),
  retries: integer(0, 10).prefault(2).describe('Attempts repeated after a fault'),
  maxWalk: integer(1, 1000).prefault(20).describe('Quota groups tried by one request after refusals'),
  clientStall: duration(0)
    .prefault('10m')
    .describe('A caller that takes nothing for this long is cut off; 0 never does it'),
  maxWaitCeiling: duration(0).prefault('10m').describe('The longest wait a caller may ask for'),
  drain: duration(0).prefault('30s').describe('How long requests in flight may take to finish at a stop'),
});

const megabyte = 1024 ** 2;

const requestLog = section({
  enabled: flag().prefault(true).describe('off keeps no request, and no sum, on disk'),
  keepDays: integer(1, 3650).prefault(30).describe('How long requests are remembered one by one; sums stay longer'),
  maxSize: size(16 * megabyte, 1000 * gigabyte)
    .prefault('1GB')
    .describe('Of log.db; the oldest requests go first'),
  lines: flag().prefault(true).describe('Write logs.jsonl as well'),
  linesMaxSize: size(megabyte, 1000 * gigabyte)
    .prefault('100MB')
    .describe('Of logs.jsonl and the one before it'),
});

const ownPrice = section({
  provider: text(/^\S{1,64}$/, 'the name of a provider')
    .optional()
    .describe('By default all of them'),
  model: text(/^\S{1,256}$/, 'a model, or the beginning of several with * at its end'),
  input: price(),
  output: price(),
  cachedInput: price().optional().describe('By default as input'),
  cacheWrite: price().optional().describe('By default as input'),
  reasoning: price().optional().describe('By default as output'),
});

const providerDefaults = section({
  strategy: oneOf(STRATEGY_NAMES).prefault('round-robin'),
  rotateOn: statuses.prefault([]),
  maxWait: duration(0).prefault('30s'),
  timeouts: timeouts.prefault({}),
});

/** The configuration file, whole. */
export const fileSchema = section({
  listen: listen.prefault({}),
  access: oneOf(['open', 'keys'])
    .optional()
    .describe('Whether callers need a client key; "open" only while listening on loopback'),
  clients: list(clientSchema, `a list of clients, such as [{ name: my-app, key: "\${MY_APP_KEY}" }]`).prefault([]),
  defaults: providerDefaults.prefault({}).describe('Of providers that do not say otherwise'),
  providers: named(writtenProvider, 'providers by name').prefault({}),
  cors: list(origin, 'a list of exact origins').prefault([]).describe('Origins that browsers may call from'),
  telegram: telegramSchema.optional(),
  replyHeaders: flag().prefault(true).describe('off leaves only x-rotato-request-id'),
  limits: programLimits.prefault({}),
  log: requestLog.prefault({}),
  prices: list(ownPrice, 'a list of prices, such as [{ model: my-model, input: 0.5, output: 1.5 }]')
    .prefault([])
    .describe(
      'What you pay, in US dollars per million tokens, before the prices rotato knows; the first that fits counts',
    ),
});

export type ParsedFile = z.output<typeof fileSchema>;
