import { readdirSync, statSync } from 'node:fs';
import { rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/** For whoever runs from source: builds the panel when it has changed, and tells so; else does nothing. */
export async function rebuildPanel(root: string, tell: (line: string) => void): Promise<void> {
  if (!isStale(root)) return;
  tell('Building the panel, because its sources are newer than dist/panel …');
  const startedAt = new Date();
  const { buildPanel } = await import('./panel.ts');
  const built = join(root, 'dist/panel');
  const aside = join(root, `dist/.panel-${process.pid}`);
  const old = `${aside}-old`;
  await buildPanel({ root, outDir: aside });
  // What is edited while this builds is newer than it.
  await utimes(join(aside, 'index.html'), startedAt, startedAt);
  await rename(built, old).catch(ignoreMissing);
  await rename(aside, built);
  await rm(old, { recursive: true, force: true });
  tell(`Built the panel in ${((Date.now() - startedAt.getTime()) / 1000).toFixed(1)} s.`);
}

/** Whether a source is newer than what was built from it, or nothing was built yet. */
function isStale(root: string): boolean {
  const built = statSync(join(root, 'dist/panel/index.html'), { throwIfNoEntry: false });
  if (built === undefined) return true;
  const sources = readdirSync(join(root, 'web'), { recursive: true, encoding: 'utf8' });
  const paths = [...sources.map((path) => join('web', path)), 'package-lock.json'];
  return paths.some((path) => statSync(join(root, path)).mtimeMs > built.mtimeMs);
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
