import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SAMPLE_PRESETS } from '../../test/support/config-from-text.ts';
import { loadConfig } from './load.ts';
import { loadStrategies } from './load-strategies.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rotato-strategy-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const fileWith = (strategy: string) =>
  write('rotato.yaml', `providers:\n  openai:\n    strategy: ${strategy}\n    keys: [{ key: k }]\n`);
const load = () => loadConfig({ flags: {}, env: {}, cwd: folder, presets: SAMPLE_PRESETS });

/** What the strategy of the configuration in force answers, which here need not be a key. */
async function choose(candidates: readonly unknown[]): Promise<unknown> {
  const [provider] = (await loadStrategies(load())).providers;
  const strategy = provider?.customStrategy?.choose as ((candidates: readonly unknown[]) => unknown) | undefined;
  return strategy === undefined ? 'no strategy' : strategy(candidates);
}

async function problemWith(module: string | null, written = './mine.ts'): Promise<string> {
  fileWith(written);
  if (module !== null) write('mine.ts', module);
  return loadStrategies(load()).then(
    () => 'none',
    (error: Error) => error.message.split('\n')[1]?.trim() ?? '',
  );
}

const ALLOWED = 'allowed: a module that exports one function (candidates, demand, random) => candidate';

describe("a strategy of the operator's own", () => {
  it.each([
    ['a default export', 'export default (candidates) => candidates.at(-1);'],
    ['a named one', 'export const last = (candidates) => candidates.at(-1);'],
    [
      'with types, which are taken away',
      'interface Key { readonly label: string }\nexport function last(keys: readonly Key[]): Key | undefined { return keys.at(-1); }',
    ],
    ['beside figures of its own', 'export const share = 0.5;\nexport default (candidates) => candidates.at(-1);'],
  ])('is the one function that its module exports: %s', async (_, text) => {
    fileWith('./mine.ts');
    write('mine.ts', text);
    expect(await choose(['a', 'b'])).toBe('b');
  });

  it('is read anew when the module has changed', async () => {
    fileWith('./mine.ts');
    const chosen: unknown[] = [];
    for (const answer of ['first', 'second']) {
      write('mine.ts', `export default () => '${answer}';`);
      chosen.push(await choose([]));
    }
    expect(chosen).toEqual(['first', 'second']);
  });

  it('is found beside the file that names it, wherever rotato was started', async () => {
    write('mine.ts', 'export default (candidates) => candidates[0];');
    fileWith('./mine.ts');
    const flags = { config: join(folder, 'rotato.yaml') };
    const config = loadConfig({ flags, env: {}, cwd: tmpdir(), presets: SAMPLE_PRESETS });
    expect(config.providers[0]?.customStrategy?.path).toBe(join(folder, 'mine.ts'));
  });

  it.each([
    ['does not exist', null, () => `which does not exist (${join(folder, 'mine.ts')})`],
    ['exports nothing', 'const x = 1;', () => 'which exports nothing'],
    ['exports no function', 'export const keys = 3;', () => 'which exports keys, which is a number'],
    ['exports several', 'export const a = () => {}; export const b = () => {};', () => 'which exports 2 functions'],
    ['throws', 'throw new Error("not today");', () => 'which fails while it is loaded: "not today"'],
  ])('is refused with file and line when its module %s', async (_, module, found) => {
    expect(await problemWith(module)).toBe(
      `rotato.yaml:3: providers.openai.strategy: found "./mine.ts", ${found()}; ${ALLOWED}`,
    );
  });

  it('is refused when it cannot be read as a program', async () => {
    expect(await problemWith('export default (candidates => ;')).toMatch(
      /^rotato\.yaml:3: providers\.openai\.strategy: found "\.\/mine\.ts", which fails while it is loaded: /,
    );
  });

  it.each(['mine.ts', './mine', './mine.json', 'strategies/mine.ts'])('cannot be written %s', (written) => {
    fileWith(written);
    expect(load).toThrow(/or a module of your own such as \.\/my-strategy\.ts/);
  });
});
