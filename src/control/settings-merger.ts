import { createHash } from 'node:crypto';
import { accessInForce } from '../config/access.ts';
import { completeProvider } from '../config/complete-settings.ts';
import type { ClientSettings, Config, KeySettings, PresetCatalog, ProviderSettings } from '../config/config.ts';
import { keySchema, providerSchema } from '../config/schema.ts';
import { valueAt } from '../config/setting-types.ts';
import { RotatoError } from '../errors.ts';
import type { StoredClient, StoredKey, StoredProvider } from '../model/settings-store.ts';
import type { EffectiveClient, EffectiveKey, EffectiveProvider, EffectiveSettings } from './effective-settings.ts';
import { keyId } from './identity-key.ts';
import { keyLabels } from './key-labels.ts';
import { hintOf } from './mask.ts';
import { mergeProgramSettings } from './program-settings.ts';
import type { Overlay, StoredState } from './stored-state.ts';

/** What a provider was made from, to know whether it has to be made anew. */
interface Ingredients {
  readonly keys: readonly EffectiveKey[];
  readonly overlay: Overlay;
  readonly shadowed: boolean;
  /** What it takes from the settings of the whole program, as a text that can be compared. */
  readonly inherited: string;
}

/**
 * Joins file and store into what is in force. What has not changed since the last time comes out as the same object,
 * so that an edit of one key among twenty thousand does not set up the others anew.
 */
export class SettingsMerger {
  readonly #identityKey: Buffer;
  readonly #presets: PresetCatalog;
  readonly #keys = new WeakMap<
    object,
    { readonly overlay: Overlay; readonly label: string; readonly made: EffectiveKey }
  >();
  readonly #providers = new WeakMap<object, { readonly from: Ingredients; readonly made: EffectiveProvider }>();

  constructor(identityKey: Buffer, presets: PresetCatalog) {
    this.#identityKey = identityKey;
    this.#presets = presets;
  }

  /** Throws `bad-configuration` when the store holds something that this version cannot read. */
  merge(file: Config, stored: StoredState): EffectiveSettings {
    const config = mergeProgramSettings(file, stored.values);
    const written = file.providers.map((settings) => this.#fileProvider(settings, stored, config));
    const taken = new Set(file.providers.map(({ name }) => name));
    const kept = stored.providersInOrder().map((row) => this.#storedProvider(row, stored, { config, taken }));
    const clients = mergeClients(file.clients, stored.clients.values());
    const counted = clients.filter(({ shadowed }) => !shadowed);
    return {
      config,
      access: accessInForce({ access: config.access, listen: config.listen, clients: counted }),
      providers: [...written, ...kept.filter(({ inForce }) => inForce), ...kept.filter(({ inForce }) => !inForce)],
      clients,
    };
  }

  #fileProvider(settings: ProviderSettings, stored: StoredState, config: Config): EffectiveProvider {
    const { name } = settings;
    const overlay = stored.overlay('provider', name);
    const labels = keyLabels(settings.keys);
    const keys = settings.keys.map((key, at) => this.#fileKey(key, { name, label: labels[at] ?? '', stored }));
    const from = {
      keys: this.#orKeyless(settings, keys, { seed: name, stored }),
      overlay,
      shadowed: false,
      inherited: inheritedFrom(config),
    };
    return this.#reuse(settings, from, () => ({
      id: name,
      origin: settings.origin,
      row: null,
      inForce: true,
      shadowed: false,
      settings: {
        ...withDefaults(settings, (path) => isWrittenInFile(settings, path, config), config),
        enabled: overlay.enabled ?? settings.enabled,
      },
      keys: from.keys,
    }));
  }

  #storedProvider(
    row: StoredProvider,
    stored: StoredState,
    { config, taken }: { readonly config: Config; readonly taken: ReadonlySet<string> },
  ): EffectiveProvider {
    const shadowed = taken.has(row.name);
    const keys = stored.keysOf(row.id).map((key) => this.#storedKey(key, stored));
    const living = keys.filter(({ deletedAt }) => deletedAt === null);
    const gone = keys.filter(({ deletedAt }) => deletedAt !== null);
    const settings = this.#completeStored(row, config);
    const from = {
      keys: [...this.#orKeyless(settings, living, { seed: row.id, stored }), ...gone],
      overlay: NO_OVERLAY,
      shadowed,
      inherited: inheritedFrom(config),
    };
    return this.#reuse(row, from, () => ({
      id: row.id,
      origin: 'store',
      row,
      inForce: !shadowed && row.deletedAt === null,
      shadowed,
      settings,
      keys: from.keys,
    }));
  }

  #completeStored(row: StoredProvider, config: Config): ProviderSettings {
    const parsed = providerSchema.safeParse(row.settings);
    if (!parsed.success) throw unreadable(`provider ${row.name}`);
    const { maxWaitCeilingMs } = config.limits;
    const own = completeProvider(row.name, parsed.data, { presets: this.#presets, maxWaitCeilingMs, origin: 'store' });
    const isWritten = (path: string) => valueAt(row.settings, path.split('.')) !== undefined;
    return { ...withDefaults(own, isWritten, config), enabled: row.enabled };
  }

  #fileKey(
    key: KeySettings,
    { name, label, stored }: { readonly name: string; readonly label: string; readonly stored: StoredState },
  ): EffectiveKey {
    const known = this.#keys.get(key);
    const id = known?.made.id ?? keyId(this.#identityKey, name, key.key.reveal());
    const overlay = stored.overlay('key', id);
    if (known?.overlay === overlay && known.label === label) return known.made;
    const made = { ...effectiveKey(key, { id, label, overlay }), row: null, deletedAt: null };
    this.#keys.set(key, { overlay, label, made });
    return made;
  }

  #storedKey(row: StoredKey, stored: StoredState): EffectiveKey {
    const overlay = stored.overlay('key', row.id);
    const known = this.#keys.get(row);
    if (known?.overlay === overlay) return known.made;
    const settings = known?.made ?? completeKey(row);
    const { id, deletedAt } = row;
    const { label } = settings;
    const made = { ...settings, id, label, row, deletedAt, draining: overlay.draining === true };
    this.#keys.set(row, { overlay, label, made });
    return made;
  }

  /** A provider that asks for no credential still has a bucket, a gauge and a line in the panel. */
  #orKeyless(
    { preset }: ProviderSettings,
    keys: readonly EffectiveKey[],
    { seed, stored }: { readonly seed: string; readonly stored: StoredState },
  ): readonly EffectiveKey[] {
    if (keys.length > 0 || preset === null || this.#presets.get(preset)?.keyOptional !== true) return keys;
    const id = keyId(this.#identityKey, seed, '');
    const { enabled = true, draining = false } = stored.overlay('key', id);
    const without = { group: null, secret: null, weight: 1, limits: [], baseUrl: null, row: null, deletedAt: null };
    return [{ ...without, id, label: 'no key', enabled, enabledAsWritten: true, draining }];
  }

  #reuse(owner: object, from: Ingredients, make: () => EffectiveProvider): EffectiveProvider {
    const known = this.#providers.get(owner);
    if (known !== undefined && isAlike(known.from, from)) return known.made;
    const made = make();
    this.#providers.set(owner, { from, made });
    return made;
  }
}

const NO_OVERLAY: Overlay = {};

/** What a provider does not say for itself, the settings of the whole program say, and these change at run time. */
function withDefaults(
  own: ProviderSettings,
  isWritten: (path: string) => boolean,
  { defaults, limits }: Config,
): ProviderSettings {
  const maxWaitCeilingMs = isWritten('maxWaitCeiling') ? own.maxWaitCeilingMs : limits.maxWaitCeilingMs;
  const maxWaitMs = isWritten('maxWait') ? own.maxWaitMs : defaults.maxWaitMs;
  const { timeouts } = defaults;
  return {
    ...own,
    strategy: isWritten('strategy') ? own.strategy : defaults.strategy,
    rotateOn: isWritten('rotateOn') ? own.rotateOn : defaults.rotateOn,
    maxWaitCeilingMs,
    maxWaitMs: Math.min(maxWaitMs, maxWaitCeilingMs),
    timeouts: {
      connectMs: isWritten('timeouts.connect') ? own.timeouts.connectMs : timeouts.connectMs,
      firstByteMs: isWritten('timeouts.firstByte') ? own.timeouts.firstByteMs : timeouts.firstByteMs,
      idleMs: isWritten('timeouts.idle') ? own.timeouts.idleMs : timeouts.idleMs,
    },
  };
}

/** The original's variables know of nothing here but the statuses. */
function isWrittenInFile({ name, origin, rotateOn }: ProviderSettings, path: string, { sources }: Config): boolean {
  if (origin === 'environment') return path === 'rotateOn' && rotateOn.size > 0;
  return sources.get(`providers.${name}.${path}`)?.kind === 'file';
}

function inheritedFrom({ defaults, limits }: Config): string {
  const { strategy, rotateOn, maxWaitMs, timeouts } = defaults;
  return JSON.stringify([strategy, rotateOn.values(), maxWaitMs, timeouts, limits.maxWaitCeilingMs]);
}

function effectiveKey(
  key: KeySettings,
  { id, label, overlay }: { readonly id: string; readonly label: string; readonly overlay: Overlay },
) {
  const { group, weight, limits, baseUrl, key: secret } = key;
  const enabled = overlay.enabled ?? key.enabled;
  const draining = overlay.draining === true;
  return { id, label, group, secret, weight, enabled, enabledAsWritten: key.enabled, limits, baseUrl, draining };
}

/** What most keys have set: nothing but a label. Reading twenty thousand of them is part of every start. */
function completeKey(row: StoredKey) {
  const { secret, enabled } = row;
  const plain = { group: null, secret, weight: 1, enabled, enabledAsWritten: enabled, limits: [], baseUrl: null };
  const { label: onlyLabel, ...others } = row.settings;
  if (typeof onlyLabel === 'string' && Object.keys(others).length === 0) return { ...plain, label: onlyLabel };
  const parsed = keySchema.safeParse({ ...row.settings, key: row.secret.reveal() });
  if (!parsed.success) throw unreadable('a key');
  const { label = row.id, group = null, weight, limits, baseUrl = null } = parsed.data;
  return { ...plain, label, group, weight, limits, baseUrl };
}

function unreadable(what: string): RotatoError {
  return new RotatoError(
    'bad-configuration',
    `The settings store holds ${what} in a shape that this version of rotato does not read. Start the version that wrote it.`,
  );
}

function isAlike(one: Ingredients, other: Ingredients): boolean {
  return (
    one.overlay === other.overlay &&
    one.shadowed === other.shadowed &&
    one.inherited === other.inherited &&
    one.keys.length === other.keys.length &&
    one.keys.every((key, at) => key === other.keys[at])
  );
}

/** On a clash of names, or of secrets, the file's wins; the stored one is kept, but opens nothing. */
function mergeClients(file: readonly ClientSettings[], stored: Iterable<StoredClient>): EffectiveClient[] {
  const names = new Set(file.map(({ name }) => name));
  const written = file.map(({ name, key, providers, groups, origin }): EffectiveClient => {
    const secret = key.reveal();
    const digest = createHash('sha256').update(secret).digest('hex');
    return { id: name, name, origin, row: null, shadowed: false, digest, hint: hintOf(secret), providers, groups };
  });
  const digests = new Set(written.map(({ digest }) => digest));
  const kept = [...stored].map((row): EffectiveClient => {
    const { id, name, digest, hint, settings } = row;
    const shadowed = names.has(name) || digests.has(digest);
    return { id, name, origin: 'store', row, shadowed, digest, hint, ...scopesOf(settings) };
  });
  return [...written, ...kept];
}

function scopesOf(settings: Readonly<Record<string, unknown>>) {
  return { providers: namesOrNull(settings.providers), groups: namesOrNull(settings.groups) };
}

function namesOrNull(value: unknown): readonly string[] | null {
  return Array.isArray(value) ? value.map(String) : null;
}
