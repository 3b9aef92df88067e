import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { assembleConfig } from '../src/config/assemble.ts';
import { Environment } from '../src/config/environment.ts';
import { PRESET_CATALOG } from '../src/control/snapshot.ts';
import { STRATEGY_NAMES } from '../src/model/provider.ts';
import { PRESETS } from '../src/providers/presets.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const documents = globSync(['*.md', 'docs/**/*.md'], { cwd: root }).sort();
const readme = read('README.md');

describe.each(documents)('%s', (document) => {
  const text = read(document);

  it('links to files that exist', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(join(root, dirname(document), link)))).toEqual([]);
  });

  it('links to headings that exist', () => {
    const anchors = [...text.matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)];
    const dangling = anchors.filter(([, file = '', anchor = '']) => {
      const target = file === '' ? document : join(dirname(document), file);
      return !headingsOf(read(target)).includes(anchor);
    });
    expect(dangling.map(([link]) => link)).toEqual([]);
  });

  it('quotes tests by the names they have', () => {
    // One link may be followed by several names: [x.test.ts](x.test.ts) “one”, “another”.
    const quoted = [...text.matchAll(/\]\((\S+\.test\.ts)\)((?:,? “[^”]+”)+)/g)];
    const gone = quoted.flatMap(([, file = '', names = '']) => {
      const source = read(join(dirname(document), file));
      return [...names.matchAll(/“([^”]+)”/g)].filter(([, name = '']) => !source.includes(name)).map(([name]) => name);
    });
    expect(gone).toEqual([]);
  });
});

describe('configurations in the documents', () => {
  const examples = documents.flatMap((document) =>
    [...read(document).matchAll(/```ya?ml\n([\s\S]*?)```/g)].map(([, text = ''], at) => ({ document, at, text })),
  );

  it.each(examples)('$document, number $at: is in order, and draws no warning', ({ text }) => {
    expect(warningsOf(text)).toEqual([]);
  });
});

function headingsOf(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

/** As `rotato start` would read it, with every variable set that it mentions. */
function warningsOf(text: string): readonly string[] {
  const variables = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name);
  const environment = new Environment(Object.fromEntries(variables.map((name) => [name, `sk-${name}`])));
  const file = { path: join(root, 'rotato.yaml'), name: 'rotato.yaml', text };
  return assembleConfig({ flags: {}, environment, file, cwd: root, presets: PRESET_CATALOG }).warnings;
}

describe('README.md', () => {
  it('tells the test command that .ci/run uses', () => {
    expect(readme).toMatch(/^npm ci && npm test\b/m);
    expect(read('.ci/run')).toMatch(/^npm ci && npm test$/m);
  });

  it('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = documents.flatMap((document) => [...read(document).matchAll(/npm run (?:-s )?([\w:]+)/g)]);
    expect(named.map(([, name = '']) => name).filter((name) => !(name in scripts))).toEqual([]);
  });

  it('lists every preset, and says of each whether it is proven', () => {
    const rows = /\| preset \| proven \|\n\|.*\n(\|.*)\n(\|.*)\n/.exec(readme);
    const namesIn = (row = '') => [...row.matchAll(/`([\w.-]+)`/g)].map(([, name = '']) => name).sort();
    const presets = [...PRESETS.values()];
    const expected = (proven: boolean) => presets.filter((preset) => preset.proven === proven).map(({ name }) => name);
    expect(namesIn(rows?.[1])).toEqual(expected(true).sort());
    expect(namesIn(rows?.[2])).toEqual(expected(false).sort());
  });

  it('explains every strategy, and every header of ours that the sources know', () => {
    for (const strategy of STRATEGY_NAMES) expect(readme).toContain(`| \`${strategy}\` |`);
    const sources = globSync('src/{proxy,providers}/**/*.ts', { cwd: root, exclude: ['**/*.test.ts'] });
    const headersIn = (text: string) => new Set(text.match(/\bx-rotato-[a-z]+(?:-[a-z]+)*/g));
    const known = headersIn(sources.map(read).join('\n'));
    expect([...headersIn(readme)].sort()).toEqual([...known].sort());
  });
});

describe('docs/configuration.md', () => {
  const text = read('docs/configuration.md');
  const settings = settingsIn(JSON.parse(read('docs/rotato.schema.json')));

  it('names every setting of the schema', () => {
    expect(settings.map(({ path }) => path.at(-1) ?? '').filter((name) => !text.includes(name))).toEqual([]);
  });

  it('shows the default wherever there is one', () => {
    const example = parse(/## The whole file[\s\S]*?```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '');
    const scalars = settings.filter(({ value }) => value !== undefined && typeof value !== 'object');
    const shown = scalars.map(({ path, value }) => ({ path, value, written: valueAt(example, path) }));
    const known = shown.filter(({ written }) => written !== undefined);
    expect(known.length).toBeGreaterThan(15);
    expect(known.filter(({ value, written }) => value !== written)).toEqual([]);
  });
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly default?: unknown;
}

interface Setting {
  /** An entry of a list is `0`; the entries of a group with names of the operator's own are `*`. */
  readonly path: readonly string[];
  /** Its default; undefined where there is none. */
  readonly value: unknown;
}

function settingsIn(
  { properties = {}, items, additionalProperties }: Schema,
  above: readonly string[] = [],
): Setting[] {
  const named = Object.entries(properties).flatMap(([name, schema]) => [
    { path: [...above, name], value: schema.default },
    ...settingsIn(schema, [...above, name]),
  ]);
  const entries = items === undefined ? [] : settingsIn(items, [...above, '0']);
  const others = typeof additionalProperties === 'object' ? settingsIn(additionalProperties, [...above, '*']) : [];
  return [...named, ...entries, ...others];
}

function valueAt(tree: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, name) => {
    if (typeof inner !== 'object' || inner === null) return undefined;
    return name === '*' ? Object.values(inner)[0] : (inner as Record<string, unknown>)[name];
  }, tree);
}
