import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundledPackages, packageFolder } from './bundled-packages.ts';

describe('packageFolder', () => {
  it.each([
    ['src/main.ts', null],
    ['node_modules/yaml/dist/index.js', 'node_modules/yaml'],
    ['node_modules/@pinojs/redact/index.js', 'node_modules/@pinojs/redact'],
    ['node_modules/a/node_modules/@b/c/lib/d.js', 'node_modules/a/node_modules/@b/c'],
  ])('%s belongs to %s', (path, folder) => {
    expect(packageFolder(path)).toBe(folder);
  });
});

describe('bundledPackages', () => {
  it('reads what is installed, each package once, sorted, and names what one of them embeds', () => {
    const root = fileURLToPath(new URL('..', import.meta.url));
    const inputs = ['node_modules/yaml/a.js', 'node_modules/undici/a.js', 'node_modules/yaml/b.js', 'src/log.ts'];
    const packages = bundledPackages(root, inputs);
    expect(packages.map(({ name }) => name)).toEqual(['undici', 'yaml']);
    expect(packages[0]?.notices[0]).toContain('Matteo Collina');
    expect(packages[0]?.embedded.map(({ name }) => name)).toEqual(['llhttp']);
    expect(packages[1]).toMatchObject({ licence: 'ISC', integrity: expect.stringMatching(/^sha512-/) });
  });

  describe('refuses', () => {
    let root: string;
    beforeEach(() => {
      root = mkdtempSync(join(tmpdir(), 'rotato-packages-'));
    });
    afterEach(() => rmSync(root, { recursive: true }));

    function install(manifest: Record<string, unknown>, files: Record<string, string>, lockedVersion = '1.0.0') {
      const folder = join(root, 'node_modules/x');
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'x', version: '1.0.0', ...manifest }));
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
      const packages = { 'node_modules/x': { version: lockedVersion, integrity: 'sha512-AAAA' } };
      writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }));
      return () => bundledPackages(root, ['node_modules/x/index.js']);
    }

    it('nothing that is in order', () => {
      expect(install({ license: 'MIT' }, { 'LICENSE.md': 'terms', NOTICE: 'thanks' })()).toMatchObject([
        { name: 'x', licence: 'MIT', notices: ['terms', 'thanks'] },
      ]);
    });

    it.each([['AGPL-3.0'], ['SEE LICENSE IN FILE'], [undefined]])('the licence %s', (license) => {
      expect(install({ license }, { LICENSE: 'terms' })).toThrow('read it before it goes into the package');
    });

    it('a package without the text of its licence', () => {
      expect(install({ license: 'MIT' }, { 'README.md': 'hello' })).toThrow('without the text of its licence');
    });

    it('a version that the lock file does not have', () => {
      expect(install({ license: 'MIT' }, { LICENSE: 'terms' }, '0.9.0')).toThrow('Run npm ci');
    });
  });
});
