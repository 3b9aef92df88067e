import { assembleConfig } from '../../src/config/assemble.ts';
import type { Config, Flags, PresetCatalog } from '../../src/config/config.ts';
import { Environment } from '../../src/config/environment.ts';
import { parseUpstreamUrl, type UpstreamUrl } from '../../src/model/upstream-url.ts';

/** Three presets that differ in what configuration cares about, whatever the real ones are. */
export const SAMPLE_PRESETS: PresetCatalog = new Map([
  ['openai', { wire: 'openai', baseUrl: urlOf('https://api.openai.com/v1'), keyOptional: false }],
  ['azure', { wire: 'openai', baseUrl: null, keyOptional: false }],
  ['ollama', { wire: 'openai', baseUrl: urlOf('http://127.0.0.1:11434/v1'), keyOptional: true }],
  [
    'gemini',
    { wire: 'gemini', baseUrl: urlOf('https://generativelanguage.googleapis.com/v1beta'), keyOptional: false },
  ],
]);

export interface Written {
  /** The text of `/srv/rotato.yaml`; without it there is no file. */
  readonly file?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly dotEnv?: string;
  readonly flags?: Flags;
}

/** The configuration that these texts make, without touching a disk. Throws as `loadConfig` does. */
export function configFromText({ file, env = {}, dotEnv = '', flags = {} }: Written): Config {
  return assembleConfig({
    flags,
    environment: new Environment(env, dotEnv),
    file: file === undefined ? null : { path: '/srv/rotato.yaml', name: 'rotato.yaml', text: file },
    cwd: '/srv',
    presets: SAMPLE_PRESETS,
  });
}

function urlOf(text: string): UpstreamUrl {
  const url = parseUpstreamUrl(text);
  if (typeof url === 'string') throw new Error(url);
  return url;
}
