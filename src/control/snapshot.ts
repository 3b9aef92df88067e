import { createHash } from 'node:crypto';
import type { ClientSettings, Config, KeySettings, PresetCatalog, ProviderSettings } from '../config/config.ts';
import { isLoopback } from '../config/network-address.ts';
import { RotatoError } from '../errors.ts';
import type { ClientKey } from '../model/client-key.ts';
import type { Provider, QuotaGroup, QuotaTraits, Wire } from '../model/provider.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { UpstreamKey } from '../model/upstream-key.ts';
import { parseUpstreamUrl, type UpstreamUrl } from '../model/upstream-url.ts';
import { keyId } from './identity-key.ts';

/** What a snapshot takes from a preset. */
export interface PresetData {
  readonly wire: Wire;
  /** Null where each account has its own (Azure). */
  readonly baseUrl: string | null;
  readonly auth: { readonly optional: boolean };
  readonly traits: QuotaTraits;
  readonly allowPrivateAddress: boolean;
}

export interface SnapshotSources {
  readonly presets: ReadonlyMap<string, PresetData>;
  readonly identityKey: Buffer;
}

/** The preset's name of a provider that has none. */
export const CUSTOM = 'custom';

/** What is known of a provider that nobody described: nothing. */
const UNKNOWN_TRAITS: QuotaTraits = {
  modelClass: (model) => model,
  algorithm: null,
  refusalsCount: false,
  chargesMaxTokens: false,
  concurrencyOnly: false,
  freeValidation: false,
};

/** Joins what the operator set with what the presets know into the one value the data plane reads. */
export function buildSnapshot(config: Config, previousVersion: number, sources: SnapshotSources): Snapshot {
  const { limits } = config;
  return Object.freeze({
    version: previousVersion + 1,
    providers: new Map(config.providers.map((settings) => [settings.name, buildProvider(settings, sources)])),
    access: accessInForce(config),
    clients: new Map(config.clients.map(buildClient).map((client) => [client.digest, client])),
    hosts: new Set(config.listen.hosts),
    cors: new Set(config.cors),
    replyHeaders: config.replyHeaders,
    limits: Object.freeze({
      maxBodyBytes: limits.maxBodyBytes,
      replayBudgetBytes: limits.replayBudgetBytes,
      maxWalk: limits.maxWalk,
      retries: limits.retries,
      clientStallMs: limits.clientStallMs,
    }),
  });
}

/** Who may call. Nothing is open by default but a server that only its own machine reaches and that knows no client. */
export function accessInForce({
  access,
  listen,
  clients,
}: Pick<Config, 'access' | 'listen' | 'clients'>): 'open' | 'keys' {
  if (access !== null) return access;
  return clients.length === 0 && listen.addresses.every(isLoopback) ? 'open' : 'keys';
}

/** What configuration needs to know of the presets to check a file. */
export function presetCatalog(presets: ReadonlyMap<string, PresetData>): PresetCatalog {
  return new Map(
    [...presets].map(([name, preset]) => [
      name,
      { wire: preset.wire, baseUrl: presetUrl(name, preset), keyOptional: preset.auth.optional },
    ]),
  );
}

function buildProvider(settings: ProviderSettings, { presets, identityKey }: SnapshotSources): Provider {
  const preset = settings.preset === null ? undefined : presets.get(settings.preset);
  const wire = preset?.wire ?? settings.wire;
  const baseUrl =
    settings.baseUrl ??
    (preset === undefined ? null : presetUrl(settings.preset ?? '', preset)) ??
    settings.keys[0]?.baseUrl;
  // Validation has seen to both; this is for a configuration that was put together by hand.
  if (wire === null || baseUrl === null || baseUrl === undefined) {
    throw new RotatoError(
      'bad-configuration',
      `Provider ${settings.name} has no ${wire === null ? 'wire' : 'base URL'}.`,
    );
  }
  const keys = buildKeys(settings, preset?.auth.optional === true, identityKey);
  return Object.freeze({
    name: settings.name,
    preset: settings.preset ?? CUSTOM,
    wire,
    baseUrl,
    enabled: settings.enabled,
    strategy: settings.strategy,
    rotateOn: settings.rotateOn,
    maxWaitMs: settings.maxWaitMs,
    maxWaitCeilingMs: settings.maxWaitCeilingMs,
    timeouts: settings.timeouts,
    allowPrivateAddress: settings.allowPrivateAddress ?? preset?.allowPrivateAddress ?? false,
    groups: buildGroups(settings, keys),
    keys,
    traits: preset?.traits ?? UNKNOWN_TRAITS,
  });
}

/** Those declared, then those that only a key names, a key without a group being its own. */
function buildGroups({ groups }: ProviderSettings, keys: readonly UpstreamKey[]): QuotaGroup[] {
  const declared = new Set(groups.map(({ name }) => name));
  const implied = new Set(keys.map(({ group }) => group).filter((group) => !declared.has(group)));
  return [...groups, ...[...implied].map((name) => ({ name, limits: [] }))];
}

function buildKeys(settings: ProviderSettings, keyOptional: boolean, identityKey: Buffer): UpstreamKey[] {
  if (settings.keys.length === 0 && keyOptional) return [keylessEntry(settings.name, identityKey)];
  const labels = labelsFor(settings.keys);
  return settings.keys.map((key, at) => {
    const id = keyId(identityKey, settings.name, key.key.reveal());
    return Object.freeze({
      id,
      label: labels[at] ?? id,
      // The id and not the label: a key that is renamed must keep what its group has learned.
      group: key.group ?? id,
      secret: key.key,
      weight: key.weight,
      enabled: key.enabled,
      limits: key.limits,
      baseUrl: key.baseUrl,
    });
  });
}

/** A provider that asks for no credential still has a bucket, a gauge and a line in the panel. */
function keylessEntry(provider: string, identityKey: Buffer): UpstreamKey {
  const id = keyId(identityKey, provider, '');
  return Object.freeze({
    id,
    label: 'no key',
    group: id,
    secret: null,
    weight: 1,
    enabled: true,
    limits: [],
    baseUrl: null,
  });
}

/** `key-1`, `key-2`, … by place where the operator gave no label, past any that the operator did give. */
function labelsFor(keys: readonly KeySettings[]): string[] {
  const taken = new Set(keys.map(({ label }) => label));
  return keys.map(({ label }, at) => {
    if (label !== null) return label;
    let name = `key-${at + 1}`;
    for (let suffix = 2; taken.has(name); suffix++) name = `key-${at + 1}.${suffix}`;
    taken.add(name);
    return name;
  });
}

function buildClient({ name, key, providers, groups }: ClientSettings): ClientKey {
  const digest = createHash('sha256').update(key.reveal()).digest('hex');
  return Object.freeze({ name, digest, providers, groups });
}

function presetUrl(name: string, { baseUrl }: PresetData): UpstreamUrl | null {
  if (baseUrl === null) return null;
  const url = parseUpstreamUrl(baseUrl);
  if (typeof url === 'string') throw new RotatoError('internal', `The base URL of preset ${name} is wrong: ${url}`);
  return url;
}
