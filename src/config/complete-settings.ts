import type { Timeouts } from '../model/provider.ts';
import type {
  ClientSettings,
  Origin,
  PresetCatalog,
  PriceSettings,
  ProviderDefaults,
  ProviderSettings,
  RequestLogSettings,
} from './config.ts';
import { presetThatApplies } from './cross-checks.ts';
import type { ParsedClient, ParsedFile, ParsedProvider } from './schema.ts';

const DAY_MS = 86_400_000;

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
    timeouts: completeTimeouts(parsed.timeouts),
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

export function completeDefaults({ strategy, rotateOn, maxWait, timeouts }: ParsedFile['defaults']): ProviderDefaults {
  return { strategy, rotateOn, maxWaitMs: maxWait, timeouts: completeTimeouts(timeouts) };
}

function completeTimeouts({ connect, firstByte, idle }: ParsedProvider['timeouts']): Timeouts {
  return { connectMs: connect, firstByteMs: firstByte, idleMs: idle };
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

export function completeRequestLog(written: ParsedFile['log']): RequestLogSettings {
  return {
    enabled: written.enabled,
    keptMs: written.keepDays * DAY_MS,
    maxBytes: written.maxSize,
    lines: written.lines,
    maxLineBytes: written.linesMaxSize,
  };
}

export function completePrice(written: ParsedFile['prices'][number]): PriceSettings {
  const { provider, model, input, output, cachedInput, cacheWrite, reasoning } = written;
  return {
    provider: provider?.toLowerCase() ?? null,
    model,
    input,
    output,
    cachedInput: cachedInput ?? null,
    cacheWrite: cacheWrite ?? null,
    reasoning: reasoning ?? null,
  };
}
