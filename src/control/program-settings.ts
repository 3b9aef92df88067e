import { completeDefaults, completePrice, completeRequestLog } from '../config/complete-settings.ts';
import type { Config, ProviderDefaults, Source } from '../config/config.ts';
import { formatDuration, formatSize } from '../config/quantities.ts';
import { fileSchema, type ParsedFile } from '../config/schema.ts';
import { valueAt } from '../config/setting-types.ts';
import type { InputObject } from './input-problems.ts';
import { writtenStatuses, writtenTimeouts } from './written-values.ts';

/** Settings of the whole program, as operators write them at run time: in the words of the configuration file. */
export interface WrittenSettings {
  readonly version: number;
  readonly written: InputObject;
}

/** Where the store keeps them. */
export const PROGRAM_SETTINGS_VALUE = 'settings';

export function readWritten(values: ReadonlyMap<string, unknown>): WrittenSettings {
  const value = values.get(PROGRAM_SETTINGS_VALUE) as Partial<WrittenSettings> | undefined;
  return { version: value?.version ?? 0, written: value?.written ?? {} };
}

interface ProgramSetting {
  /** May be set at run time. */
  readonly atRuntime: boolean;
  /** As the file would spell it. */
  readonly show: (config: Config) => unknown;
  /** Puts what was written at run time in force. */
  readonly adopt?: (config: Config, written: ParsedFile) => Config;
}

const adoptLimits =
  (pick: (written: ParsedFile['limits']) => Partial<Config['limits']>) =>
  (config: Config, { limits }: ParsedFile): Config => ({ ...config, limits: { ...config.limits, ...pick(limits) } });

const DAY_MS = 86_400_000;

const adoptLog =
  (pick: (log: Config['log']) => Partial<Config['log']>) =>
  (config: Config, { log }: ParsedFile): Config => ({
    ...config,
    log: { ...config.log, ...pick(completeRequestLog(log)) },
  });

const adoptDefaults =
  (pick: (defaults: ProviderDefaults) => Partial<ProviderDefaults>) =>
  (config: Config, { defaults }: ParsedFile): Config => ({
    ...config,
    defaults: { ...config.defaults, ...pick(completeDefaults(defaults)) },
  });

/** By their dotted names. What shows nothing here is shown nowhere: providers, clients and secrets have their own views. */
export const PROGRAM_SETTINGS: ReadonlyMap<string, ProgramSetting> = new Map<string, ProgramSetting>([
  ['listen.host', { atRuntime: false, show: ({ listen }) => listen.addresses.join(', ') }],
  ['listen.port', { atRuntime: false, show: ({ listen }) => listen.port }],
  [
    'listen.hosts',
    {
      atRuntime: true,
      show: ({ listen }) => listen.hosts,
      adopt: (config, { listen }) => ({ ...config, listen: { ...config.listen, hosts: listen.hosts } }),
    },
  ],
  [
    'access',
    {
      atRuntime: true,
      show: ({ access }) => access,
      adopt: (config, { access }) => ({ ...config, access: access ?? null }),
    },
  ],
  ['cors', { atRuntime: true, show: ({ cors }) => cors, adopt: (config, { cors }) => ({ ...config, cors }) }],
  [
    'replyHeaders',
    {
      atRuntime: true,
      show: ({ replyHeaders }) => replyHeaders,
      adopt: (config, { replyHeaders }) => ({ ...config, replyHeaders }),
    },
  ],
  [
    'defaults.strategy',
    {
      atRuntime: true,
      show: ({ defaults }) => defaults.strategy,
      adopt: adoptDefaults(({ strategy }) => ({ strategy })),
    },
  ],
  [
    'defaults.rotateOn',
    {
      atRuntime: true,
      show: ({ defaults }) => writtenStatuses(defaults.rotateOn),
      adopt: adoptDefaults(({ rotateOn }) => ({ rotateOn })),
    },
  ],
  [
    'defaults.maxWait',
    {
      atRuntime: true,
      show: ({ defaults }) => formatDuration(defaults.maxWaitMs),
      adopt: adoptDefaults(({ maxWaitMs }) => ({ maxWaitMs })),
    },
  ],
  [
    'defaults.timeouts',
    {
      atRuntime: true,
      show: ({ defaults }) => writtenTimeouts(defaults.timeouts),
      adopt: adoptDefaults(({ timeouts }) => ({ timeouts })),
    },
  ],
  [
    'limits.maxBody',
    {
      atRuntime: true,
      show: ({ limits }) => formatSize(limits.maxBodyBytes),
      adopt: adoptLimits(({ maxBody }) => ({ maxBodyBytes: maxBody })),
    },
  ],
  // Read once, when the proxy is made.
  ['limits.replayBudget', { atRuntime: false, show: ({ limits }) => formatSize(limits.replayBudgetBytes) }],
  [
    'limits.retries',
    {
      atRuntime: true,
      show: ({ limits }) => limits.retries,
      adopt: adoptLimits(({ retries }) => ({ retries })),
    },
  ],
  [
    'limits.maxWalk',
    {
      atRuntime: true,
      show: ({ limits }) => limits.maxWalk,
      adopt: adoptLimits(({ maxWalk }) => ({ maxWalk })),
    },
  ],
  [
    'limits.clientStall',
    {
      atRuntime: true,
      show: ({ limits }) => formatDuration(limits.clientStallMs),
      adopt: adoptLimits(({ clientStall }) => ({ clientStallMs: clientStall })),
    },
  ],
  [
    'limits.maxWaitCeiling',
    {
      atRuntime: true,
      show: ({ limits }) => formatDuration(limits.maxWaitCeilingMs),
      adopt: adoptLimits(({ maxWaitCeiling }) => ({ maxWaitCeilingMs: maxWaitCeiling })),
    },
  ],
  [
    'limits.drain',
    {
      atRuntime: true,
      show: ({ limits }) => formatDuration(limits.drainMs),
      adopt: adoptLimits(({ drain }) => ({ drainMs: drain })),
    },
  ],
  // Read once, when the log is opened.
  ['log.enabled', { atRuntime: false, show: ({ log }) => log.enabled }],
  [
    'log.keepDays',
    {
      atRuntime: true,
      show: ({ log }) => log.keptMs / DAY_MS,
      adopt: adoptLog(({ keptMs }) => ({ keptMs })),
    },
  ],
  [
    'log.maxSize',
    {
      atRuntime: true,
      show: ({ log }) => formatSize(log.maxBytes),
      adopt: adoptLog(({ maxBytes }) => ({ maxBytes })),
    },
  ],
  ['log.lines', { atRuntime: true, show: ({ log }) => log.lines, adopt: adoptLog(({ lines }) => ({ lines })) }],
  [
    'log.linesMaxSize',
    {
      atRuntime: true,
      show: ({ log }) => formatSize(log.maxLineBytes),
      adopt: adoptLog(({ maxLineBytes }) => ({ maxLineBytes })),
    },
  ],
  [
    'prices',
    {
      atRuntime: true,
      show: ({ prices }) => prices,
      adopt: (config, { prices }) => ({ ...config, prices: prices.map(completePrice) }),
    },
  ],
  ['dataDir', { atRuntime: false, show: ({ dataDir }) => dataDir }],
  ['configFile', { atRuntime: false, show: ({ configFile }) => configFile }],
  ['logLevel', { atRuntime: false, show: ({ logLevel }) => logLevel }],
]);

const SET_AT_RUNTIME: Source = { kind: 'store', detail: '' };

/** What flags, environment and file say stands; where they are silent, what was written at run time. */
export function mergeProgramSettings(file: Config, values: ReadonlyMap<string, unknown>): Config {
  const { written } = readWritten(values);
  const parsed = fileSchema.safeParse(written);
  // Whatever is not understood, after a step back to an older version perhaps, is kept and not followed.
  if (!parsed.success) return file;
  const sources = new Map(file.sources);
  let merged = file;
  for (const [name, { adopt }] of PROGRAM_SETTINGS) {
    if (adopt === undefined || isDecided(file, name) || valueAt(written, name.split('.')) === undefined) continue;
    merged = adopt(merged, parsed.data);
    sources.set(name, SET_AT_RUNTIME);
  }
  return merged === file ? file : Object.freeze({ ...merged, sources });
}

/** By a flag, the environment or the file. */
export function isDecided(file: Config, name: string): boolean {
  return (file.sources.get(name)?.kind ?? 'default') !== 'default';
}

/** The first client ever created ends open access for good, unless somebody asked for it in so many words. */
export function accessOnceClientsExist(values: ReadonlyMap<string, unknown>): Map<string, unknown> {
  const { version, written } = readWritten(values);
  if (written.access !== undefined) return new Map();
  return new Map([[PROGRAM_SETTINGS_VALUE, { version: version + 1, written: { ...written, access: 'keys' } }]]);
}
