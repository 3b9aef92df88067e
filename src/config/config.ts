import type { LogLevel } from '../log.ts';
import type { TypedLimit } from '../model/limit.ts';
import type { StrategyName, Timeouts, Wire } from '../model/provider.ts';
import type { Secret } from '../model/secret.ts';
import type { StatusSet } from '../model/status-set.ts';
import type { Strategy } from '../model/strategy.ts';
import type { UpstreamUrl } from '../model/upstream-url.ts';

/** Everything an operator may set, checked, with defaults filled in, and deeply frozen. */
export interface Config {
  readonly listen: ListenSettings;
  /** Absolute. */
  readonly dataDir: string;
  /** Absolute; null when there is no configuration file. */
  readonly configFile: string | null;
  readonly logLevel: LogLevel;
  readonly adminPassword: Secret | null;
  /** 32 bytes, base64. At most one of the two is set. */
  readonly masterKey: Secret | null;
  /** Absolute: a file that holds it. */
  readonly masterKeyFile: string | null;
  /** Null when the operator did not say; what then applies follows from the rest (control/snapshot.ts). */
  readonly access: Access | null;
  readonly clients: readonly ClientSettings[];
  /** In the order they were written, the file's before the environment's. */
  readonly providers: readonly ProviderSettings[];
  /** Put in where a provider does not say otherwise by control, which knows what else may be set at run time. */
  readonly defaults: ProviderDefaults;
  readonly cors: readonly string[];
  readonly telegram: TelegramSettings | null;
  readonly replyHeaders: boolean;
  readonly limits: LimitSettings;
  readonly log: RequestLogSettings;
  /** The operator's own; the first that fits counts. */
  readonly prices: readonly PriceSettings[];
  /** Where each setting in force came from, by its dotted path; a provider's keys and a client are one entry each. */
  readonly sources: ReadonlyMap<string, Source>;
  /** What is allowed but probably not meant, one sentence each. Holds no secret. */
  readonly warnings: readonly string[];
}

export type Access = 'open' | 'keys';

export interface ListenSettings {
  /** Host names or IP addresses, IPv6 without brackets. By default both loopback addresses. */
  readonly addresses: readonly string[];
  /** 0 takes any free port. */
  readonly port: number;
  /** Names, besides the loopback ones, that this server answers to; lower case, without port. */
  readonly hosts: readonly string[];
}

export interface ClientSettings {
  readonly name: string;
  readonly key: Secret;
  /** Lower-case names; null means all. */
  readonly providers: readonly string[] | null;
  readonly groups: readonly string[] | null;
  readonly origin: Origin;
}

/** Who owns an entry: what the file or the environment names cannot be edited elsewhere. */
export type Origin = 'file' | 'environment' | 'store';

export interface ProviderSettings {
  /** Lower case. */
  readonly name: string;
  /** Null where `wire` and `baseUrl` say everything. */
  readonly preset: string | null;
  /** Null where the preset says it. */
  readonly wire: Wire | null;
  /** Null where the preset or every key says it. */
  readonly baseUrl: UpstreamUrl | null;
  readonly enabled: boolean;
  readonly strategy: StrategyName;
  /** Goes before the one that is named; only in a file. */
  readonly customStrategy: CustomStrategy | null;
  readonly rotateOn: StatusSet;
  readonly maxWaitMs: number;
  readonly maxWaitCeilingMs: number;
  readonly timeouts: Timeouts;
  /** Null where the preset says it. */
  readonly allowPrivateAddress: boolean | null;
  readonly groups: readonly GroupSettings[];
  readonly keys: readonly KeySettings[];
  /** Of the original's format: what its panel and bot offered first. */
  readonly defaultModel: string | null;
  readonly modelHistory: readonly string[];
  readonly origin: Origin;
}

export type ProviderDefaults = Pick<ProviderSettings, 'strategy' | 'rotateOn' | 'maxWaitMs' | 'timeouts'>;

/** A module of the operator's own, which chooses the keys. */
export interface CustomStrategy {
  /** Absolute. */
  readonly path: string;
  /** As it was written, and where: `rotato.yaml:7`, `providers.openai.strategy`. */
  readonly written: string;
  readonly where: string;
  readonly setting: string;
  /** Null until it was loaded. */
  readonly choose: Strategy | null;
}

export interface GroupSettings {
  readonly name: string;
  readonly limits: readonly TypedLimit[];
}

export interface KeySettings {
  readonly key: Secret;
  /** Null where the operator gave none. */
  readonly label: string | null;
  /** Null where the key is its own group. */
  readonly group: string | null;
  readonly weight: number;
  readonly enabled: boolean;
  readonly limits: readonly TypedLimit[];
  readonly baseUrl: UpstreamUrl | null;
}

export interface TelegramSettings {
  readonly token: Secret;
  readonly admins: readonly number[];
  readonly users: readonly number[];
  readonly apiRoot: UpstreamUrl;
}

export interface RequestLogSettings {
  /** Whether anything is written at all. */
  readonly enabled: boolean;
  readonly keptMs: number;
  readonly maxBytes: number;
  /** Whether logs.jsonl is written as well. */
  readonly lines: boolean;
  readonly maxLineBytes: number;
}

/** In US dollars per million tokens. */
export interface PriceSettings {
  /** Null for all of them. */
  readonly provider: string | null;
  /** One that ends in `*` stands for all that begin so. */
  readonly model: string;
  readonly input: number;
  readonly output: number;
  /** Null where it is charged like the rest of the input, or of the output. */
  readonly cachedInput: number | null;
  readonly cacheWrite: number | null;
  readonly reasoning: number | null;
}

export interface LimitSettings {
  readonly maxBodyBytes: number;
  readonly replayBudgetBytes: number;
  readonly retries: number;
  readonly maxWalk: number;
  /** 0 switches it off. */
  readonly clientStallMs: number;
  readonly maxWaitCeilingMs: number;
  readonly drainMs: number;
}

/** `detail` names the flag, the variable, or the file and line; it is empty for what was set at run time. */
export interface Source {
  readonly kind: 'flag' | 'environment' | 'dotenv' | 'file' | 'store' | 'default';
  readonly detail: string;
}

/** What was typed on the command line, unread. */
export interface Flags {
  readonly host?: string;
  readonly port?: string;
  readonly data?: string;
  readonly config?: string;
}

/** What configuration has to know about the presets, which belong to another floor. */
export type PresetCatalog = ReadonlyMap<string, PresetFacts>;

export interface PresetFacts {
  readonly wire: Wire;
  /** Null where each account has its own (Azure). */
  readonly baseUrl: UpstreamUrl | null;
  /** Serves without a credential (Ollama and its like). */
  readonly keyOptional: boolean;
}
