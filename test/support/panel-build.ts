import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { buildPanel, compressFiles } from '../../scripts/panel.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = join(ROOT, 'node_modules/.cache/rotato-panel');
const LOOK_EVERY_MS = 100;

/**
 * The folder of a panel built from the sources as they are, compressed as in the package. Test files run in processes
 * of their own: the first that asks builds it, the others wait, and the next run finds it unless a source has changed.
 */
export async function builtPanel(): Promise<string> {
  const name = digestOfSources();
  const folder = join(CACHE, name);
  mkdirSync(CACHE, { recursive: true });
  while (!existsSync(folder)) {
    if (takeTurn(`${folder}.turn`)) await build(name);
    else await pause(LOOK_EVERY_MS);
  }
  return folder;
}

async function build(name: string): Promise<void> {
  const folder = join(CACHE, name);
  try {
    if (existsSync(folder)) return;
    const aside = `${folder}.making`;
    await buildPanel({ root: ROOT, outDir: aside });
    await compressFiles(aside);
    for (const other of await readdir(CACHE)) {
      if (!other.startsWith(name)) await rm(join(CACHE, other), { recursive: true, force: true });
    }
    await rename(aside, folder);
  } finally {
    rmSync(`${folder}.turn`, { force: true });
  }
}

/** Whether this process is the one to build. The turn of a process that is gone counts for nothing. */
function takeTurn(path: string): boolean {
  try {
    const file = openSync(path, 'wx');
    writeSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  if (!isAlive(readHolder(path))) rmSync(path, { force: true });
  return false;
}

/** Null for one that has just been released, or has not yet written who it is. */
function readHolder(path: string): number | null {
  try {
    const holder = Number(readFileSync(path, 'utf8'));
    return holder > 0 ? holder : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function isAlive(pid: number | null): boolean {
  if (pid === null) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function digestOfSources(): string {
  const hash = createHash('sha256');
  const paths = readdirSync(join(ROOT, 'web'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const path of [...paths, join(ROOT, 'package-lock.json'), join(ROOT, 'scripts/panel.ts')]) {
    hash.update(path.slice(ROOT.length)).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}
