import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bundle } from './bundle.ts';
import { bundledPackages } from './bundled-packages.ts';
import { BUILT_FILES, buildPackage, PANEL_FOLDER } from './package-files.ts';
import { listFiles } from './panel.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

describe('buildPackage', () => {
  let folder: string;
  let outDir: string;
  let bundle: Bundle;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rotato-build-'));
    outDir = join(folder, 'first');
    bundle = await buildPackage({ root, outDir });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const read = (file: string) => readFileSync(join(outDir, file), 'utf8');

  it('writes just the files it names', () => {
    expect(readdirSync(outDir).sort()).toEqual([...Object.values(BUILT_FILES), PANEL_FOLDER].sort());
  });

  it('leaves nothing to install: the bundle imports modules of Node alone', () => {
    expect(bundle.externalImports.filter((name) => !isBuiltin(name))).toEqual([]);
    const { dependencies = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(dependencies).toEqual({});
  });

  it('runs from a folder with nothing around it, and tells the version of package.json', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const run = spawnSync(process.execPath, [join(outDir, BUILT_FILES.launcher), '--version'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(run).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('finds its worker beside it', () => {
    const args = [join(outDir, BUILT_FILES.launcher), 'password', '--generate', '--data', join(folder, 'data')];
    const run = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    expect(run).toMatchObject({ status: 0, stdout: expect.stringContaining('The new admin password is'), stderr: '' });
  });

  it('builds the panel, with compressed copies for the server to send', async () => {
    const files = await listFiles(join(outDir, PANEL_FOLDER));
    expect(files).toContain('index.html');
    const scripts = files.filter((file) => /^assets\/[\w-]+\.js$/.test(file));
    let compressed = 0;
    for (const script of scripts) {
      const plain = readFileSync(join(outDir, PANEL_FOLDER, script));
      if (plain.length < 1024) continue;
      compressed++;
      expect(brotliDecompressSync(readFileSync(join(outDir, PANEL_FOLDER, `${script}.br`)))).toEqual(plain);
      expect(gunzipSync(readFileSync(join(outDir, PANEL_FOLDER, `${script}.gz`)))).toEqual(plain);
    }
    expect(compressed).toBeGreaterThan(0);
  });

  it('names every library in the notices and in the bill of materials', () => {
    const libraries = bundledPackages(root, bundle.inputs);
    const { components } = JSON.parse(read(BUILT_FILES.billOfMaterials));
    expect(libraries.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['undici', 'zod', 'pino', 'hono', 'react-dom', 'tailwindcss']),
    );
    expect(components.map(({ name }: { name: string }) => name)).toEqual(libraries.map(({ name }) => name));
    for (const { name, version, licence, notices } of libraries) {
      expect(read(BUILT_FILES.notices)).toContain(`\n${name} ${version} (${licence})\n`);
      expect(read(BUILT_FILES.notices)).toContain(notices[0]?.replaceAll('\r\n', '\n').trim());
    }
  });

  it('gives the same bytes elsewhere, and holds no path of the machine it was built on', async () => {
    const elsewhere = join(folder, 'second');
    await buildPackage({ root, outDir: elsewhere });
    const files = await listFiles(outDir);
    expect(await listFiles(elsewhere)).toEqual(files);
    for (const file of files) {
      expect(hashOf(join(elsewhere, file))).toBe(hashOf(join(outDir, file)));
      expect(read(file).includes(root), file).toBe(false);
    }
  });
});

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
