import type { Config, PresetCatalog, ProviderSettings } from './config.ts';
import type { Environment } from './environment.ts';
import { isPrivate } from './network-address.ts';

/** What is allowed but probably not meant. */
export function warningsAbout(config: Config, presets: PresetCatalog, environment: Environment): string[] {
  return [
    ...config.providers.flatMap((provider) => providerWarnings(provider, presets)),
    ...clientWarnings(config),
    ...environment
      .quoted()
      .map((name) => `The quotes around ${name} in .env are part of its value; remove them if they are not meant.`),
  ];
}

function providerWarnings(provider: ProviderSettings, presets: PresetCatalog): string[] {
  const warnings: string[] = [];
  const needsKey = provider.preset === null || presets.get(provider.preset)?.keyOptional !== true;
  if (provider.keys.length === 0 && needsKey) {
    warnings.push(`Provider ${provider.name} has no keys, so it answers 503 until it has one.`);
  }
  const inClear = [provider.baseUrl, ...provider.keys.map((key) => key.baseUrl)].find(
    (url) => url?.protocol === 'http:' && !isPrivate(url.hostname),
  );
  if (inClear !== undefined && provider.keys.length > 0) {
    warnings.push(
      `Provider ${provider.name} is reached over http, so its keys travel unencrypted to ${inClear?.host}.`,
    );
  }
  return warnings;
}

function clientWarnings({ access, clients, providers }: Config): string[] {
  const warnings: string[] = [];
  if (access === 'open' && clients.length > 0) {
    warnings.push(
      'access is "open", so callers without a client key are served too, whatever the clients\' scopes say.',
    );
  }
  const names = new Set(providers.map(({ name }) => name));
  const groups = new Set(
    providers.flatMap(({ groups, keys }) => [...groups.map(({ name }) => name), ...keys.map(({ group }) => group)]),
  );
  for (const client of clients) {
    const strangers = (client.providers ?? []).filter((name) => !names.has(name));
    if (strangers.length > 0)
      warnings.push(`Client ${client.name} may call ${strangers.join(', ')}, which is not configured.`);
    const unknown = (client.groups ?? []).filter((name) => !groups.has(name));
    if (unknown.length > 0)
      warnings.push(`Client ${client.name} may use group ${unknown.join(', ')}, which no key belongs to.`);
  }
  return warnings;
}
