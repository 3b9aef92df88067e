import { dirname, resolve } from 'node:path';
import { exposureProblems } from './access.ts';
import {
  completeClient,
  completeDefaults,
  completePrice,
  completeProvider,
  completeRequestLog,
  type Surroundings,
} from './complete-settings.ts';
import type {
  ClientSettings,
  Config,
  CustomStrategy,
  Flags,
  LimitSettings,
  PresetCatalog,
  ProviderSettings,
} from './config.ts';
import { crossChecks } from './cross-checks.ts';
import type { Environment } from './environment.ts';
import { type LegacySettings, readLegacyEnvironment } from './legacy-env.ts';
import { DEFAULT_DATA_DIR, Overrides } from './overrides.ts';
import { type ParsedText, parseFile } from './parse-file.ts';
import { configurationError, formatPath, type Path } from './problem.ts';
import { fileSchema, type ParsedFile, type StrategyModule } from './schema.ts';
import { schemaProblems } from './schema-problems.ts';
import { defaultSources, fileSources } from './sources.ts';
import { warningsAbout } from './warnings.ts';

/** A configuration file as it was read. */
export interface ConfigText {
  /** Absolute. */
  readonly path: string;
  /** What problems call it. */
  readonly name: string;
  readonly text: string;
}

export interface ConfigInputs {
  readonly flags: Flags;
  readonly environment: Environment;
  readonly file: ConfigText | null;
  readonly cwd: string;
  readonly presets: PresetCatalog;
  /** Whether the settings kept in a data directory may hold a client or a password; whoever opens them checks. */
  readonly secretElsewhere?: (dataDir: string) => boolean;
}

/** One frozen configuration out of all that was read, without touching a disk. Throws as `loadConfig` does. */
export function assembleConfig(inputs: ConfigInputs): Config {
  const { environment, file, presets } = inputs;
  const parsed = parseFile(file?.text ?? '', file?.name ?? 'configuration', (name) => environment.get(name));
  const checked = fileSchema.safeParse(parsed.tree);
  const overrides = new Overrides(inputs.flags, environment);
  const written = checked.data ?? fileSchema.parse({});
  const ceiling = written.limits.maxWaitCeiling;
  const legacy = readLegacyEnvironment(environment, { presets, maxWaitCeilingMs: ceiling, origin: 'environment' });
  const problems = [
    ...parsed.problems,
    ...schemaProblems(checked.error?.issues ?? [], parsed),
    ...crossChecks(parsed, presets),
    ...overrides.problems,
    ...legacy.problems,
  ];
  if (problems.length > 0) throw configurationError(problems);

  const config = combine(inputs, { parsed, written, overrides, legacy });
  const exposed = exposureProblems(config, inputs.secretElsewhere?.(config.dataDir));
  if (exposed.length > 0) throw configurationError(exposed);
  return deepFreeze({ ...config, warnings: [...legacy.warnings, ...warningsAbout(config, presets, environment)] });
}

interface Parts {
  readonly parsed: ParsedText;
  readonly written: ParsedFile;
  readonly overrides: Overrides;
  readonly legacy: LegacySettings;
}

function combine({ cwd, file, presets }: ConfigInputs, { parsed, written, overrides, legacy }: Parts): Config {
  const around: Surroundings = { presets, maxWaitCeilingMs: written.limits.maxWaitCeiling, origin: 'file' };
  const folder = file === null ? cwd : dirname(file.path);
  const providers = Object.entries(written.providers).map(([name, provider]) => {
    const { strategy } = provider;
    if (typeof strategy === 'string') return completeProvider(name, { ...provider, strategy }, around);
    const settings = completeProvider(name, { ...provider, strategy: 'round-robin' }, around);
    return {
      ...settings,
      customStrategy: customStrategy(strategy, ['providers', name, 'strategy'], { parsed, folder }),
    };
  });
  const clients = written.clients.map((client) => completeClient(client, 'file'));
  const fromEnvironment = unshadowed(legacy, providers, clients);
  const host = overrides.host ?? written.listen.host;
  return {
    listen: {
      addresses: host === undefined || host === 'localhost' ? ['127.0.0.1', '::1'] : [host],
      port: overrides.port ?? written.listen.port,
      hosts: written.listen.hosts,
    },
    dataDir: resolve(cwd, overrides.dataDir ?? DEFAULT_DATA_DIR),
    configFile: file?.path ?? null,
    logLevel: overrides.logLevel ?? 'info',
    adminPassword: overrides.adminPassword ?? null,
    masterKey: overrides.masterKey ?? null,
    masterKeyFile: overrides.masterKeyFile === undefined ? null : resolve(cwd, overrides.masterKeyFile),
    access: written.access ?? null,
    clients: [...clients, ...fromEnvironment.clients],
    providers: [...providers, ...fromEnvironment.providers],
    defaults: completeDefaults(written.defaults),
    cors: written.cors,
    telegram: written.telegram ?? legacy.telegram,
    replyHeaders: written.replyHeaders,
    limits: limitSettings(written.limits),
    log: completeRequestLog(written.log),
    prices: written.prices.map(completePrice),
    sources: new Map([...defaultSources(), ...fileSources(parsed), ...fromEnvironment.sources, ...overrides.sources]),
    warnings: [],
  };
}

function customStrategy(
  { module: written }: StrategyModule,
  path: Path,
  { parsed, folder }: { parsed: ParsedText; folder: string },
): CustomStrategy {
  const absolute = resolve(folder, written);
  return { path: absolute, written, where: parsed.locate(path), setting: formatPath(path), choose: null };
}

function limitSettings(written: ParsedFile['limits']): LimitSettings {
  return {
    maxBodyBytes: written.maxBody,
    replayBudgetBytes: written.replayBudget,
    retries: written.retries,
    maxWalk: written.maxWalk,
    clientStallMs: written.clientStall,
    maxWaitCeilingMs: written.maxWaitCeiling,
    drainMs: written.drain,
  };
}

/** What the environment adds: on a clash of names, or of client keys, the file's entry is the one that counts. */
function unshadowed(
  legacy: LegacySettings,
  providers: readonly ProviderSettings[],
  clients: readonly ClientSettings[],
) {
  const providerNames = new Set(providers.map(({ name }) => name));
  const clientNames = new Set(clients.map(({ name }) => name));
  const clientKeys = new Set(clients.map(({ key }) => key.reveal()));
  const added = {
    providers: legacy.providers.filter(({ name }) => !providerNames.has(name)),
    clients: legacy.clients.filter(({ name, key }) => !clientNames.has(name) && !clientKeys.has(key.reveal())),
  };
  const names = [
    ...added.providers.map(({ name }) => `providers.${name}`),
    ...added.clients.map(({ name }) => `clients.${name}`),
  ];
  const sources = [...legacy.sources].filter(([name]) => names.includes(name));
  return { ...added, sources };
}

/** Secrets and status sets keep their contents private, so freezing the object around them is enough. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
