import type { Config } from '../config/config.ts';
import { isLoopback } from '../config/network-address.ts';
import { PRESET_CATALOG } from '../control/snapshot.ts';
import type { ProviderView } from '../control/views.ts';
import type { Secret } from '../model/secret.ts';
import type { RunningRotato } from './running-rotato.ts';

export interface StartedRotato extends Pick<RunningRotato, 'url' | 'operator'> {
  /** Made just now, and shown this once; null where there was one before. */
  readonly password: Secret | null;
}

/** What a person needs to know once rotato listens: what to open, what to paste where, or how to begin. */
export function describeStart(config: Config, started: StartedRotato): string {
  const base = pasteable(started.url);
  const providers = started.operator.providers.list().filter(({ shadowed }) => !shadowed);
  const body =
    providers.length === 0
      ? firstSteps(config, base)
      : [...providerLines(providers, base), ...callerLines(config, started.operator)];
  return `${[...placeLines(config), ...panelLines(base, started.password), ...body].join('\n')}\n`;
}

function placeLines({ configFile, dataDir }: Config): string[] {
  return [`Settings from ${configFile ?? 'no file'}, data in ${dataDir}`];
}

function panelLines(base: string, password: Secret | null): string[] {
  const panel = `Panel: ${base}/admin`;
  if (password === null) return [panel];
  return [panel, `Admin password, shown this once: ${password.reveal()}   (rotato password sets another)`];
}

/** A server that listens everywhere is called by some name; on this machine, by this one. */
function pasteable(url: string): string {
  return url.replace(/^http:\/\/(?:0\.0\.0\.0|\[::\])/, 'http://127.0.0.1');
}

function firstSteps({ configFile }: Config, base: string): string[] {
  const file = configFile ?? 'rotato.yaml in this folder';
  return [
    '',
    `No provider is configured yet. Add one in the panel, or write this into ${file}; it is read as soon`,
    'as it is saved:',
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

function providerLines(providers: readonly ProviderView[], base: string): string[] {
  const width = Math.max(...providers.map(({ name }) => name.length));
  const lines = providers.map((provider) => {
    const { name } = provider;
    return `  ${name.padEnd(width)}  ${`${base}/${name}`.padEnd(base.length + 1 + width)}  ${describeProvider(provider)}`;
  });
  return ['', 'Base URLs for your code:', ...lines];
}

function describeProvider({ settings, keyCounts, enabled }: ProviderView): string {
  const { preset, baseUrl } = settings;
  const { all, disabled } = keyCounts;
  const keyless = preset !== null && PRESET_CATALOG.get(preset)?.keyOptional === true;
  const parts = [baseUrl];
  if (all === 0) parts.push('no keys yet');
  else if (all === 1 && keyless) parts.push('no key needed');
  else {
    const counted = all === 1 ? '1 key' : `${all} keys`;
    parts.push(disabled === 0 ? counted : `${counted}, ${all - disabled} enabled`);
  }
  if (!enabled) parts.push('disabled');
  return parts.join(', ');
}

function callerLines({ listen }: Config, operator: StartedRotato['operator']): string[] {
  const lines = [''];
  const clients = operator.clients.list().filter(({ shadowed }) => !shadowed);
  if (operator.settings.get().access === 'open') {
    lines.push('Any program on this machine may call; an SDK that insists on an API key may be given any text.');
  } else if (clients.length === 0) {
    lines.push(
      'Callers need a client key, and none exists yet: create one in the panel, or under "clients:" in the file.',
    );
  } else {
    const names = clients.slice(0, 5).map(({ name }) => name);
    const more = clients.length > names.length ? ', …' : '';
    lines.push(`Callers present a client key as their API key (${names.join(', ')}${more}).`);
  }
  if (listen.hosts.length === 0 && !listen.addresses.every(isLoopback)) {
    lines.push('Other machines reach it once the name or address they use stands in listen.hosts.');
  }
  return lines;
}
