import { createHash } from 'node:crypto';
import { accessInForce } from '../config/access.ts';
import type { ClientSettings, Config, KeySettings, PresetCatalog, ProviderSettings } from '../config/config.ts';
import { RotatoError } from '../errors.ts';
import type { ClientKey } from '../model/client-key.ts';
import type { Provider, QuotaGroup } from '../model/provider.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { UpstreamKey } from '../model/upstream-key.ts';
import { parseUpstreamUrl, type UpstreamUrl } from '../model/upstream-url.ts';
import type { Preset } from '../providers/preset.ts';
import { adapterFor } from '../providers/preset-adapter.ts';
import { PRESETS, presetFor } from '../providers/presets.ts';
import { keyId } from './identity-key.ts';

/** What checking a configuration takes to know of the presets. */
export const PRESET_CATALOG: PresetCatalog = new Map(
  [...PRESETS].map(([name, preset]) => [
    name,
    { wire: preset.wire, baseUrl: urlOf(preset), keyOptional: preset.keyOptional },
  ]),
);

/** Joins what the operator set with what the presets know into the one value the data plane reads. */
export function buildSnapshot(config: Config, previousVersion: number, identityKey: Buffer): Snapshot {
  const { limits } = config;
  return Object.freeze({
    version: previousVersion + 1,
    providers: new Map(config.providers.map((settings) => [settings.name, buildProvider(settings, identityKey)])),
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

function buildProvider(settings: ProviderSettings, identityKey: Buffer): Provider {
  const preset = presetFor(settings.preset, settings.wire ?? 'openai');
  const baseUrl = settings.baseUrl ?? urlOf(preset) ?? settings.keys[0]?.baseUrl ?? null;
  if (baseUrl === null) {
    // Validation has seen to it; this is for a configuration that was put together by hand.
    throw new RotatoError('bad-configuration', `Provider ${settings.name} has no base URL.`);
  }
  const keys = buildKeys(settings, identityKey);
  return Object.freeze({
    name: settings.name,
    preset: preset.name,
    wire: preset.wire,
    baseUrl,
    enabled: settings.enabled,
    strategy: settings.strategy,
    rotateOn: settings.rotateOn,
    maxWaitMs: settings.maxWaitMs,
    maxWaitCeilingMs: settings.maxWaitCeilingMs,
    timeouts: settings.timeouts,
    allowPrivateAddress: settings.allowPrivateAddress ?? preset.allowPrivateAddress,
    groups: buildGroups(settings, keys),
    keys,
    traits: adapterFor(preset).traits,
  });
}

/** Those declared, then those that only a key names, a key without a group being its own. */
function buildGroups({ groups }: ProviderSettings, keys: readonly UpstreamKey[]): QuotaGroup[] {
  const declared = new Set(groups.map(({ name }) => name));
  const implied = new Set(keys.map(({ group }) => group).filter((group) => !declared.has(group)));
  return [...groups, ...[...implied].map((name) => ({ name, limits: [] }))];
}

function buildKeys(settings: ProviderSettings, identityKey: Buffer): UpstreamKey[] {
  const keyOptional = settings.preset !== null && PRESET_CATALOG.get(settings.preset)?.keyOptional === true;
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

function urlOf({ name, baseUrl }: Preset): UpstreamUrl | null {
  if (baseUrl === null) return null;
  const url = parseUpstreamUrl(baseUrl);
  if (typeof url === 'string') throw new RotatoError('internal', `The base URL of preset ${name} is wrong: ${url}`);
  return url;
}
