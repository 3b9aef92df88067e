import { chmod, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PackageIdentity, renderBillOfMaterials } from './bill-of-materials.ts';
import { type Bundle, type BundleOptions, bundleProgram } from './bundle.ts';
import { bundledPackages } from './bundled-packages.ts';
import { renderNotices } from './licence-notices.ts';
import { buildPanel, compressFiles } from './panel.ts';

/** Everything that is generated for the published package; the rest of it lies in the tree as it is. */
export const BUILT_FILES = {
  launcher: 'rotato.mjs',
  bundle: 'main.mjs',
  sourceMap: 'main.mjs.map',
  worker: 'sqlite-worker.mjs',
  workerSourceMap: 'sqlite-worker.mjs.map',
  logWriter: 'log-writer-worker.mjs',
  logWriterSourceMap: 'log-writer-worker.mjs.map',
  logReader: 'log-reader-worker.mjs',
  logReaderSourceMap: 'log-reader-worker.mjs.map',
  notices: 'THIRD-PARTY-NOTICES.txt',
  billOfMaterials: 'sbom.cdx.json',
} as const;

/** The folder of the panel's files, whose names change with what is in them. */
export const PANEL_FOLDER = 'panel';

/** Empties `outDir` and fills it. The same sources give the same bytes, wherever they lie. */
export async function buildPackage(options: BundleOptions): Promise<Bundle> {
  const { root, outDir } = options;
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  const bundle = await bundleProgram(options);
  const panel = join(outDir, PANEL_FOLDER);
  const inputs = [...bundle.inputs, ...(await buildPanel({ root, outDir: panel }))];
  await compressFiles(panel);
  const libraries = bundledPackages(root, inputs);
  const program = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as PackageIdentity;
  await writeFile(join(outDir, BUILT_FILES.notices), renderNotices(libraries));
  await writeFile(join(outDir, BUILT_FILES.billOfMaterials), renderBillOfMaterials(program, libraries));
  await copyFile(join(root, 'scripts/launcher.mjs'), join(outDir, BUILT_FILES.launcher));
  await chmod(join(outDir, BUILT_FILES.launcher), 0o755);
  return { ...bundle, inputs };
}
