import type { Wire } from '../model/provider.ts';
import { Secret } from '../model/secret.ts';
import { parseUpstreamUrl } from '../model/upstream-url.ts';
import { completeProvider, type Surroundings } from './complete-settings.ts';
import type { ClientSettings, PresetCatalog, ProviderSettings, Source, TelegramSettings } from './config.ts';
import type { Environment } from './environment.ts';
import { isPrivate } from './network-address.ts';
import { describeFound, type Path, type Problem } from './problem.ts';
import { chosenSecret, providerSchema, telegramSchema, wrongProviderName } from './schema.ts';
import { type Origins, schemaProblems } from './schema-problems.ts';

/** What the variables of the original rotato say. */
export interface LegacySettings {
  readonly providers: readonly ProviderSettings[];
  readonly clients: readonly ClientSettings[];
  readonly telegram: TelegramSettings | null;
  /** The variable that brought each provider or client, by `providers.NAME` and `clients.NAME`. */
  readonly sources: ReadonlyMap<string, Source>;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

const WIRE_OF: Readonly<Record<string, Wire>> = { OPENAI: 'openai', GEMINI: 'gemini' };
const DEFAULT_BASE_URLS: Readonly<Record<string, string>> = {
  openai: 'https://api.openai.com/v1',
  gemini: 'https://generativelanguage.googleapis.com/v1',
};

/**
 * Reads `{TYPE}_{NAME}_API_KEYS` and its companions, and the oldest form `OPENAI_API_KEYS`, `GEMINI_API_KEYS`,
 * `BASE_URL`. A provider is there when its keys are; companions without keys say nothing, as in the original.
 */
export function readLegacyEnvironment(environment: Environment, around: Surroundings): LegacySettings {
  const reader = new LegacyReader(environment, around);
  for (const account of findAccounts(environment)) reader.readAccount(account);
  return reader.finish();
}

/** The variables of one provider. */
interface Account {
  readonly name: string;
  readonly wire: Wire;
  readonly keysVariables: readonly string[];
  /** `OPENAI_MY_TEAM`; companions add `_BASE_URL` and so on. */
  readonly stem: string | null;
  readonly baseUrlVariable: string | null;
}

function findAccounts(environment: Environment): Account[] {
  const accounts: Account[] = [];
  for (const variable of environment.names()) {
    const match = /^(OPENAI|GEMINI)_(?:(.+)_)?API_KEYS$/.exec(variable);
    const type = match?.[1];
    if (match === null || type === undefined || !environment.get(variable)?.trim()) continue;
    const wire = WIRE_OF[type] ?? 'openai';
    const name = match[2]?.toLowerCase();
    accounts.push({
      name: name ?? wire,
      wire,
      keysVariables: [variable],
      stem: name === undefined ? null : variable.slice(0, -'_API_KEYS'.length),
      baseUrlVariable: name === undefined ? (wire === 'openai' ? 'BASE_URL' : null) : `${type}_${match[2]}_BASE_URL`,
    });
  }
  return mergeOldestForm(accounts);
}

/** `OPENAI_OPENAI_API_KEYS` beside `OPENAI_API_KEYS` is one provider in two forms: the newer, with the older's keys behind. */
function mergeOldestForm(accounts: readonly Account[]): Account[] {
  const oldest = accounts.filter(({ stem }) => stem === null);
  const newer = accounts.filter(({ stem }) => stem !== null);
  const merged = newer.map((account) => {
    const twin = oldest.find(({ name, wire }) => name === account.name && wire === account.wire);
    return twin === undefined
      ? account
      : { ...account, keysVariables: [...account.keysVariables, ...twin.keysVariables] };
  });
  return [
    ...merged,
    ...oldest.filter((twin) => !newer.some(({ name, wire }) => name === twin.name && wire === twin.wire)),
  ];
}

class LegacyReader {
  readonly #environment: Environment;
  readonly #around: Surroundings;
  readonly #providers = new Map<string, ProviderSettings>();
  readonly #clients = new Map<string, ClientSettings>();
  readonly #sources = new Map<string, Source>();
  readonly #problems: Problem[] = [];
  readonly #warnings: string[] = [];

  constructor(environment: Environment, around: Surroundings) {
    this.#environment = environment;
    this.#around = around;
  }

  readAccount(account: Account): void {
    const { name, keysVariables } = account;
    const variable = keysVariables[0] ?? '';
    const wrongName = wrongProviderName(name);
    const earlier = this.#sources.get(`providers.${name}`);
    if (wrongName !== null) {
      this.#report(variable, 'names a provider that cannot be called so', wrongName);
    } else if (earlier !== undefined) {
      this.#report(
        variable,
        `names the same provider as ${earlier.detail}`,
        'allowed: each provider name once; rename one of them',
      );
    } else {
      this.#sources.set(`providers.${name}`, this.#environment.sourceOf(variable));
      this.#readProvider(account);
      this.#readAccessKey(account);
    }
  }

  #readProvider(account: Account): void {
    const { name, stem } = account;
    const get = (suffix: string) => (stem === null ? undefined : this.#environment.get(`${stem}_${suffix}`)?.trim());
    const keys = this.#readKeys(account);
    const statusCodes = this.#environment.get('DEFAULT_STATUS_CODES')?.trim();
    const baseUrl =
      (account.baseUrlVariable && this.#environment.get(account.baseUrlVariable)?.trim()) ||
      DEFAULT_BASE_URLS[account.wire];
    const tree = {
      ...speechFor(account.wire, baseUrl ?? '', this.#around.presets),
      baseUrl,
      keys: keys.map(({ key, enabled }) => ({ key, enabled })),
      enabled: get('DISABLED')?.toLowerCase() !== 'true',
      ...(statusCodes ? { rotateOn: statusCodes.split(',').map((part) => part.trim()) } : {}),
    };
    const parsed = providerSchema.safeParse(tree);
    if (!parsed.success) {
      const variableOf = (path: Path) => {
        if (path[0] === 'keys') return keys[Number(path[1])]?.variable ?? '';
        return path[0] === 'rotateOn' ? 'DEFAULT_STATUS_CODES' : (account.baseUrlVariable ?? '');
      };
      this.#problems.push(...schemaProblems(parsed.error.issues, this.#origins(tree, variableOf)));
      return;
    }
    this.#providers.set(name, {
      ...completeProvider(name, parsed.data, this.#around),
      defaultModel: get('DEFAULT_MODEL') || null,
      modelHistory: splitList(get('MODEL_HISTORY')),
    });
  }

  /** In order of priority; `~` in front means disabled. Of a key given twice, the first counts. */
  #readKeys(account: Account): { key: string; enabled: boolean; variable: string }[] {
    const keys = new Map<string, { key: string; enabled: boolean; variable: string }>();
    for (const variable of account.keysVariables) {
      for (const written of splitList(this.#environment.get(variable))) {
        const enabled = !written.startsWith('~');
        const key = enabled ? written : written.slice(1);
        if (keys.has(key)) this.#warnings.push(`${variable} holds a key twice; the first place counts.`);
        else if (key !== '') keys.set(key, { key, enabled, variable });
      }
    }
    return [...keys.values()];
  }

  /** The original asked for this key at one provider, so it becomes a client that may call that provider alone. */
  #readAccessKey({ name, stem }: Account): void {
    const variable = `${stem}_ACCESS_KEY`;
    const written = stem === null ? undefined : this.#environment.get(variable)?.trim();
    if (!written) return;
    const parsed = chosenSecret.safeParse(written);
    if (!parsed.success) {
      this.#report(variable, describeFound(written, ['key']), parsed.error.issues[0]?.message ?? '');
      return;
    }
    // One secret cannot be two clients, because a caller shows nothing else.
    const twin = this.#clients.get(written);
    const client: ClientSettings = twin ?? {
      name: `${name}-access-key`,
      key: new Secret(written),
      providers: [],
      groups: null,
      origin: 'environment',
    };
    this.#clients.set(written, { ...client, providers: [...(client.providers ?? []), name] });
    if (twin === undefined) this.#sources.set(`clients.${client.name}`, this.#environment.sourceOf(variable));
  }

  finish(): LegacySettings {
    const clients = [...this.#clients.values()];
    const keyless = [...this.#providers.keys()].filter(
      (name) => !clients.some(({ providers }) => providers?.includes(name)),
    );
    if (clients.length > 0 && keyless.length > 0) {
      this.#warnings.push(
        `An access key is set for one provider, so every caller needs a client key now; none is set for ${keyless.join(', ')}.`,
      );
    }
    return {
      providers: [...this.#providers.values()],
      clients,
      telegram: this.#readTelegram(),
      sources: this.#sources,
      problems: this.#problems,
      warnings: this.#warnings,
    };
  }

  #readTelegram(): TelegramSettings | null {
    // A token alone may well belong to another program that shares this environment.
    const token = this.#environment.get('TELEGRAM_BOT_TOKEN')?.trim();
    const users = this.#environment.get('TELEGRAM_ALLOWED_USERS');
    if (!token || users === undefined) return null;
    const tree = { token, users: splitList(users) };
    const parsed = telegramSchema.safeParse(tree);
    if (parsed.success) return parsed.data;
    const variableOf = (path: Path) => (path[0] === 'token' ? 'TELEGRAM_BOT_TOKEN' : 'TELEGRAM_ALLOWED_USERS');
    this.#problems.push(...schemaProblems(parsed.error.issues, this.#origins(tree, variableOf)));
    return null;
  }

  #origins(tree: unknown, variableOf: (path: Path) => string): Origins {
    return {
      tree,
      templates: new Map(),
      locate: (path) => this.#environment.locate(variableOf(path)),
      nameOf: (path) => {
        const place = typeof path[1] === 'number' ? `, entry ${path[1] + 1}` : '';
        return `${variableOf(path)}${place}`;
      },
    };
  }

  #report(variable: string, found: string, allowed: string): void {
    this.#problems.push({ where: this.#environment.locate(variable), setting: variable, found, allowed });
  }
}

/**
 * The preset whose home this URL is, so that an old configuration gains what is known of the vendor; else the bare
 * wire. Only the address the operator typed decides whether it may be a private one.
 */
function speechFor(wire: Wire, baseUrl: string, presets: PresetCatalog): Record<string, unknown> {
  const url = parseUpstreamUrl(baseUrl);
  if (typeof url === 'string') return { wire };
  const atHome = [...presets].filter(([, preset]) => preset.wire === wire && preset.baseUrl?.origin === url.origin);
  const best = atHome.find(([, preset]) => preset.baseUrl?.path === url.path) ?? atHome[0];
  return {
    ...(best === undefined ? { wire } : { preset: best[0] }),
    ...(isPrivate(url.hostname) ? { allowPrivateAddress: true } : {}),
  };
}

function splitList(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
