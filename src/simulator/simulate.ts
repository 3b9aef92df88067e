import { stringify } from 'yaml';
import { RotatoError } from '../errors.ts';
import {
  HEADER_STYLES,
  type HeaderStyle,
  type SimulatedGroup,
  type SimulatedProviderOptions,
} from './provider-options.ts';
import { type SimulatedProvider, startSimulatedProvider } from './simulated-provider.ts';
import { SIMULATED_ALGORITHMS, type SimulatedAlgorithm, type SimulatedLimit } from './windows.ts';

/** The flags of `rotato simulate`, as a command line gives them: text or numbers. */
export interface SimulateFlags {
  readonly port?: string | number | undefined;
  readonly adminPort?: string | number | undefined;
  readonly keys?: string | number | undefined;
  readonly groupSize?: string | number | undefined;
  readonly rpm?: string | number | undefined;
  readonly tpm?: string | number | undefined;
  readonly headers?: string | undefined;
  readonly window?: string | undefined;
  readonly latency?: string | number | undefined;
}

/** In force where a flag is not given; no `tpm` means that tokens are not limited. */
export const simulateDefaults = {
  port: 8991,
  adminPort: 0,
  keys: 3,
  groupSize: 1,
  rpm: 20,
  headers: 'native',
  window: 'refill',
  latency: 300,
} as const satisfies SimulateFlags;

/** Rejects with `bad-configuration` for a flag that cannot be used, naming it and what it may be. */
export async function startFromFlags(flags: SimulateFlags): Promise<SimulatedProvider> {
  return startSimulatedProvider(optionsOf(flags));
}

function optionsOf(flags: SimulateFlags): SimulatedProviderOptions {
  const keys = wholeNumber('--keys', flags.keys ?? simulateDefaults.keys, 1);
  const groupSize = wholeNumber('--group-size', flags.groupSize ?? simulateDefaults.groupSize, 1);
  const limit: SimulatedLimit = {
    model: '*',
    rpm: wholeNumber('--rpm', flags.rpm ?? simulateDefaults.rpm, 0),
    ...(flags.tpm === undefined ? {} : { tpm: wholeNumber('--tpm', flags.tpm, 0) }),
    window: oneOf<SimulatedAlgorithm>('--window', flags.window ?? simulateDefaults.window, SIMULATED_ALGORITHMS),
  };
  return {
    port: wholeNumber('--port', flags.port ?? simulateDefaults.port, 0),
    adminPort: wholeNumber('--admin-port', flags.adminPort ?? simulateDefaults.adminPort, 0),
    groups: groupsOf(keys, groupSize, limit),
    headers: oneOf<HeaderStyle>('--headers', flags.headers ?? simulateDefaults.headers, HEADER_STYLES),
    latency: wholeNumber('--latency', flags.latency ?? simulateDefaults.latency, 0),
  };
}

function groupsOf(keys: number, groupSize: number, limit: SimulatedLimit): SimulatedGroup[] {
  return Array.from({ length: Math.ceil(keys / groupSize) }, (_, group) => {
    const first = group * groupSize;
    const members = Array.from(
      { length: Math.min(groupSize, keys - first) },
      (_, at) => `sk-simulated-${first + at + 1}`,
    );
    return { name: `org-${group + 1}`, keys: members, limits: [limit] };
  });
}

function wholeNumber(flag: string, value: string | number, least: number): number {
  const number = typeof value === 'number' ? value : /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new RotatoError('bad-configuration', `${flag} must be a whole number from ${least} up, not "${value}".`);
}

function oneOf<Name extends string>(flag: string, value: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === value);
  if (found !== undefined) return found;
  throw new RotatoError('bad-configuration', `${flag} must be one of ${names.join(', ')}, not "${value}".`);
}

/** What to print once it runs: for people with a configuration to paste, for programs as JSON. */
export function describeSimulator(simulator: SimulatedProvider, json = false): string {
  const { url, adminUrl, baseUrls, keys } = simulator;
  const providers = configurationOf(simulator);
  if (json) return `${JSON.stringify({ url, adminUrl, baseUrls, keys, configuration: { providers } }, null, 2)}\n`;
  return [
    `Simulated provider listening on ${url}`,
    `  OpenAI     ${baseUrls.openai}`,
    `  Anthropic  ${baseUrls.anthropic}`,
    `  Gemini     ${baseUrls.gemini}`,
    `  Keys       ${keys.join(' ')}`,
    ...(adminUrl === null ? [] : [`  Counters   ${adminUrl}/_sim/counters   (faults: POST ${adminUrl}/_sim/faults)`]),
    '',
    'A rotato configuration for it (leave the limits out to see rotato learn them):',
    '',
    stringify({ providers }, { aliasDuplicateObjects: false }),
  ].join('\n');
}

/** As a configuration file has it. */
function configurationOf({ baseUrls, groups }: SimulatedProvider): Record<string, unknown> {
  const limits = Object.fromEntries(groups.map(({ name, limits: own }) => [name, { limits: own }]));
  const keys = groups.flatMap(({ name, keys: members }) =>
    members.map((key) => ({ key: typeof key === 'string' ? key : key.secret, group: name })),
  );
  return { openai: { preset: 'openai', baseUrl: baseUrls.openai, allowPrivateAddress: true, groups: limits, keys } };
}
