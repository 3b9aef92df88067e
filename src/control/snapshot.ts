import type { PresetCatalog, ProviderSettings } from '../config/config.ts';
import { RotatoError } from '../errors.ts';
import type { ClientKey } from '../model/client-key.ts';
import type { Provider, QuotaGroup } from '../model/provider.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { UpstreamKey } from '../model/upstream-key.ts';
import { parseUpstreamUrl, type UpstreamUrl } from '../model/upstream-url.ts';
import type { Preset } from '../providers/preset.ts';
import { adapterFor } from '../providers/preset-adapter.ts';
import { PRESETS, presetFor } from '../providers/presets.ts';
import type { EffectiveKey, EffectiveProvider, EffectiveSettings } from './effective-settings.ts';

/** What checking a configuration takes to know of the presets. */
export const PRESET_CATALOG: PresetCatalog = new Map(
  [...PRESETS].map(([name, preset]) => [
    name,
    { wire: preset.wire, baseUrl: urlOf(preset), keyOptional: preset.keyOptional },
  ]),
);

/**
 * Joins what the operator set with what the presets know into the one value the data plane reads. `ownClients` are
 * client keys that nobody created. A provider that has not changed is the same object as before.
 */
export function buildSnapshot(
  settings: EffectiveSettings,
  previousVersion: number,
  ownClients: readonly ClientKey[] = [],
): Snapshot {
  const { config } = settings;
  const { limits } = config;
  const providers = settings.providers.filter(({ inForce }) => inForce).map(providerOf);
  const clients = settings.clients.filter(({ shadowed }) => !shadowed);
  const known = [...clients.map(({ name, digest, providers, groups }) => ({ name, digest, providers, groups }))];
  return Object.freeze({
    version: previousVersion + 1,
    providers: new Map(providers.map((provider) => [provider.name, provider])),
    access: settings.access,
    clients: new Map([...known, ...ownClients].map((client) => [client.digest, Object.freeze(client)])),
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

const built = new WeakMap<EffectiveProvider, Provider>();

/** As the data plane sees it, whether or not it is in force. */
export function providerOf(effective: EffectiveProvider): Provider {
  const provider = built.get(effective) ?? buildProvider(effective);
  built.set(effective, provider);
  return provider;
}

function buildProvider({ settings, keys: allKeys }: EffectiveProvider): Provider {
  const living = allKeys.filter(({ deletedAt }) => deletedAt === null);
  const preset = presetFor(settings.preset, settings.wire ?? 'openai');
  const baseUrl = settings.baseUrl ?? urlOf(preset) ?? living[0]?.baseUrl ?? null;
  if (baseUrl === null) {
    // Validation has seen to it; this is for a configuration that was put together by hand.
    throw new RotatoError('bad-configuration', `Provider ${settings.name} has no base URL.`);
  }
  const keys = living.map(upstreamKeyOf);
  return Object.freeze({
    name: settings.name,
    preset: preset.name,
    wire: preset.wire,
    baseUrl,
    enabled: settings.enabled,
    strategy: settings.strategy,
    ...customStrategyOf(settings),
    rotateOn: settings.rotateOn,
    maxWaitMs: settings.maxWaitMs,
    maxWaitCeilingMs: settings.maxWaitCeilingMs,
    timeouts: settings.timeouts,
    allowPrivateAddress: settings.allowPrivateAddress ?? preset.allowPrivateAddress,
    groups: buildGroups(settings.groups, keys),
    keys,
    traits: adapterFor(preset).traits,
  });
}

/** Loading has seen to it; the fault is for a configuration that was put together by hand. */
function customStrategyOf({ name, customStrategy }: ProviderSettings): Pick<Provider, 'customStrategy'> {
  if (customStrategy === null) return {};
  if (customStrategy.choose !== null) return { customStrategy: customStrategy.choose };
  throw new RotatoError('bad-configuration', `The strategy of provider ${name} was not loaded.`);
}

/** Those declared, then those that only a key names, a key without a group being its own. */
function buildGroups(groups: readonly QuotaGroup[], keys: readonly UpstreamKey[]): QuotaGroup[] {
  const declared = new Set(groups.map(({ name }) => name));
  const implied = new Set(keys.map(({ group }) => group).filter((group) => !declared.has(group)));
  return [...groups, ...[...implied].map((name) => ({ name, limits: NO_LIMITS }))];
}

const NO_LIMITS: QuotaGroup['limits'] = [];

const madeKeys = new WeakMap<EffectiveKey, UpstreamKey>();

export function upstreamKeyOf(key: EffectiveKey): UpstreamKey {
  const known = madeKeys.get(key);
  if (known !== undefined) return known;
  const { id, label, secret, weight, enabled, limits, baseUrl } = key;
  // The id and not the label: a key that is renamed must keep what its group has learned.
  const made = Object.freeze({ id, label, group: key.group ?? id, secret, weight, enabled, limits, baseUrl });
  madeKeys.set(key, made);
  return made;
}

function urlOf({ name, baseUrl }: Preset): UpstreamUrl | null {
  if (baseUrl === null) return null;
  const url = parseUpstreamUrl(baseUrl);
  if (typeof url === 'string') throw new RotatoError('internal', `The base URL of preset ${name} is wrong: ${url}`);
  return url;
}
