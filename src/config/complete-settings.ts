import type { ClientSettings, Origin, PresetCatalog, ProviderSettings } from './config.ts';
import { presetThatApplies } from './cross-checks.ts';
import type { ParsedClient, ParsedProvider } from './schema.ts';

/** What an entry inherits from its surroundings. */
export interface Surroundings {
  readonly presets: PresetCatalog;
  readonly maxWaitCeilingMs: number;
  readonly origin: Origin;
}

/** A provider as it is written becomes one in which every member has a meaning. */
export function completeProvider(name: string, parsed: ParsedProvider, around: Surroundings): ProviderSettings {
  const maxWaitCeilingMs = parsed.maxWaitCeiling ?? around.maxWaitCeilingMs;
  return {
    name: name.toLowerCase(),
    preset: presetThatApplies(name, parsed, around.presets),
    wire: parsed.wire ?? null,
    baseUrl: parsed.baseUrl ?? null,
    enabled: parsed.enabled,
    strategy: parsed.strategy,
    customStrategy: null,
    rotateOn: parsed.rotateOn,
    // A longer wait in so many words is refused before; the default gives way to a low ceiling.
    maxWaitMs: Math.min(parsed.maxWait, maxWaitCeilingMs),
    maxWaitCeilingMs,
    timeouts: {
      connectMs: parsed.timeouts.connect,
      firstByteMs: parsed.timeouts.firstByte,
      idleMs: parsed.timeouts.idle,
    },
    allowPrivateAddress: parsed.allowPrivateAddress ?? null,
    groups: Object.entries(parsed.groups).map(([group, { limits }]) => ({ name: group, limits })),
    keys: parsed.keys.map((key) => ({
      ...key,
      label: key.label ?? null,
      group: key.group ?? null,
      baseUrl: key.baseUrl ?? null,
    })),
    defaultModel: null,
    modelHistory: [],
    origin: around.origin,
  };
}

export function completeClient(parsed: ParsedClient, origin: Origin): ClientSettings {
  return {
    name: parsed.name,
    key: parsed.key,
    providers: parsed.providers?.map((provider) => provider.toLowerCase()) ?? null,
    groups: parsed.groups ?? null,
    origin,
  };
}
