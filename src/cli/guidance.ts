import { accessInForce } from '../config/access.ts';
import type { Config, ProviderSettings } from '../config/config.ts';
import { isLoopback } from '../config/network-address.ts';
import { PRESET_CATALOG } from '../control/snapshot.ts';

/** What a person needs to know once rotato listens: what to paste where, or how to begin. */
export function describeStart(config: Config, url: string): string {
  const base = pasteable(url);
  const body =
    config.providers.length === 0 ? firstSteps(config, base) : [...providerLines(config, base), ...callerLines(config)];
  return `${[...placeLines(config), ...body].join('\n')}\n`;
}

function placeLines({ configFile, dataDir }: Config): string[] {
  return [`Settings from ${configFile ?? 'no file'}, data in ${dataDir}`];
}

/** A server that listens everywhere is called by some name; on this machine, by this one. */
function pasteable(url: string): string {
  return url.replace(/^http:\/\/(?:0\.0\.0\.0|\[::\])/, 'http://127.0.0.1');
}

function firstSteps({ configFile }: Config, base: string): string[] {
  const file = configFile ?? 'rotato.yaml in this folder';
  return [
    '',
    `No provider is configured yet. Write this into ${file}; it is read as soon as it is saved:`,
    '',
    '  providers:',
    '    openai:',
    '      keys:',
    `        - key: "\${OPENAI_API_KEY}"     # read from the environment, or from .env in this folder`,
    '                                        # one such line for each key you have',
    '',
    `Then let your code call ${base}/openai instead of https://api.openai.com/v1.`,
    'To see it work without any key: rotato demo',
  ];
}

function providerLines({ providers }: Config, base: string): string[] {
  const width = Math.max(...providers.map(({ name }) => name.length));
  const lines = providers.map((provider) => {
    const { name } = provider;
    return `  ${name.padEnd(width)}  ${`${base}/${name}`.padEnd(base.length + 1 + width)}  ${describeProvider(provider)}`;
  });
  return ['', 'Base URLs for your code:', ...lines];
}

function describeProvider({ preset, baseUrl, keys, enabled }: ProviderSettings): string {
  const facts = preset === null ? undefined : PRESET_CATALOG.get(preset);
  const url = baseUrl ?? facts?.baseUrl ?? null;
  const usable = keys.filter((key) => key.enabled).length;
  const counted = keys.length === 1 ? '1 key' : `${keys.length} keys`;
  const parts = [url === null ? 'each key its own URL' : `${url.origin}${url.path}`];
  if (keys.length === 0) parts.push(facts?.keyOptional ? 'no key needed' : 'no keys yet');
  else parts.push(usable === keys.length ? counted : `${counted}, ${usable} enabled`);
  if (!enabled) parts.push('disabled');
  return parts.join(', ');
}

function callerLines(config: Config): string[] {
  const { clients, listen } = config;
  const lines = [''];
  if (accessInForce(config) === 'open') {
    lines.push('Any program on this machine may call; an SDK that insists on an API key may be given any text.');
  } else if (clients.length === 0) {
    lines.push('Callers need a client key, and none exists yet: add one under "clients:" in the configuration file.');
  } else {
    lines.push(
      `Callers present a client key as their API key (${clients
        .map(({ name }) => name)
        .slice(0, 5)
        .join(', ')}${clients.length > 5 ? ', …' : ''}).`,
    );
  }
  if (listen.hosts.length === 0 && !listen.addresses.every(isLoopback)) {
    lines.push('Other machines reach it once the name or address they use stands in listen.hosts.');
  }
  return lines;
}
