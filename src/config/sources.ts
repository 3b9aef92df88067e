import type { Source } from './config.ts';
import type { ParsedText } from './parse-file.ts';
import type { Path, Problem } from './problem.ts';
import { fileSchema, providerSchema } from './schema.ts';
import { valueAt } from './setting-types.ts';

type Sources = ReadonlyMap<string, Source>;

const BY_DEFAULT: Source = { kind: 'default', detail: '' };

/** The settings that have no place in the file. */
export function defaultSources(): [string, Source][] {
  const names = ['dataDir', 'configFile', 'logLevel', 'adminPassword', 'masterKey', 'masterKeyFile'];
  return names.map((name) => [name, BY_DEFAULT]);
}

/** For every setting a file can hold: its line, or that it is the default. */
export function fileSources({ tree, locate }: ParsedText): [string, Source][] {
  const sourceAt = (path: Path): Source =>
    valueAt(tree, path) === undefined ? BY_DEFAULT : { kind: 'file', detail: locate(path) };
  const paths = settingPaths(fileSchema.shape, ['listen', 'defaults', 'limits', 'log']);
  const sources = paths.map((path): [string, Source] => [path.join('.'), sourceAt(path)]);
  for (const name of Object.keys(valueAt(tree, ['providers']) ?? {})) {
    const owner = `providers.${name.toLowerCase()}`;
    sources.push([owner, sourceAt(['providers', name])]);
    for (const path of settingPaths(providerSchema.shape, ['timeouts'])) {
      sources.push([`${owner}.${path.join('.')}`, sourceAt(['providers', name, ...path])]);
    }
  }
  const clients = valueAt(tree, ['clients']);
  for (const [at, client] of (Array.isArray(clients) ? clients : []).entries()) {
    sources.push([`clients.${String(valueAt(client, ['name']))}`, sourceAt(['clients', at])]);
  }
  return sources;
}

/** Where a problem with a setting in force is to be mended. */
export function placeOf(setting: string, sources: Sources): Pick<Problem, 'where' | 'setting'> {
  const { kind, detail } = sources.get(setting) ?? BY_DEFAULT;
  switch (kind) {
    case 'flag':
      return { where: 'command line', setting: detail };
    case 'environment':
      return { where: 'environment', setting: detail };
    case 'dotenv':
      return { where: '.env', setting: detail };
    case 'file':
      return { where: detail, setting };
    case 'store':
      return { where: 'settings', setting };
    case 'default':
      return { where: 'default', setting };
  }
}

/** For people: `--port`, `ROTATO_PORT`, `ROTATO_PORT in .env`, `rotato.yaml:3`, `settings`, `default`. */
export function describeSource({ kind, detail }: Source): string {
  if (kind === 'default') return 'default';
  if (kind === 'store') return 'settings';
  return kind === 'dotenv' ? `${detail} in .env` : detail;
}

/** The names in a section, those of the sections within it spelt out; what the operator names is left to the caller. */
function settingPaths(shape: object, sections: readonly string[]): string[][] {
  return Object.entries(shape)
    .flatMap(([name, schema]) => {
      if (!sections.includes(name)) return [[name]];
      const inner = (schema as { unwrap(): { shape: object } }).unwrap().shape;
      return Object.keys(inner).map((member) => [name, member]);
    })
    .filter(([name]) => name !== 'providers' && name !== 'clients');
}
