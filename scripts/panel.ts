import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build } from 'vite';

export interface PanelOptions {
  /** Absolute: the folder of package.json. */
  readonly root: string;
  /** Absolute; emptied first. */
  readonly outDir: string;
}

/** Smaller than this, a compressed copy saves nobody anything. */
const SMALLEST_COMPRESSED_BYTES = 1024;
const COMPRESSIBLE = /\.(?:js|css|svg|json)$/;

/** Its styles become part of ours without being a module of the bundle. */
const STYLES_FROM = 'node_modules/tailwindcss/index.css';

/** Builds the panel. Returns every source file that went in, relative to the root, with forward slashes. */
export async function buildPanel({ root, outDir }: PanelOptions): Promise<string[]> {
  const inputs = new Set([STYLES_FROM]);
  // What runs this (a test, a shell) has its own idea, and React's development build goes by it.
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production';
  await build({
    mode: 'production',
    configFile: join(root, 'web/vite.config.ts'),
    logLevel: 'warn',
    build: { outDir, emptyOutDir: true },
    plugins: [
      {
        name: 'inputs',
        generateBundle(_, bundle) {
          for (const output of Object.values(bundle)) {
            if (output.type === 'chunk') for (const id of output.moduleIds) inputs.add(pathOfModule(root, id));
          }
        },
      },
    ],
  });
  if (NODE_ENV === undefined) delete process.env.NODE_ENV;
  else process.env.NODE_ENV = NODE_ENV;
  return [...inputs].filter((path) => !path.startsWith('..') && !path.startsWith('\0')).sort();
}

/** Modules have ids such as `/home/…/node_modules/react/index.js?commonjs-es-import`. */
function pathOfModule(root: string, id: string): string {
  return relative(root, id.replace(/^\0/, '').split('?', 1)[0] as string).replaceAll('\\', '/');
}

/** Leaves a .br and a .gz beside each file that gets smaller by it, for the server to send as they are. */
export async function compressFiles(folder: string): Promise<void> {
  const compress = { br: promisify(brotliCompress), gz: promisify(gzip) };
  for (const path of (await listFiles(folder)).filter((name) => COMPRESSIBLE.test(name))) {
    const contents = await readFile(join(folder, path));
    if (contents.length < SMALLEST_COMPRESSED_BYTES) continue;
    const best = { params: { [constants.BROTLI_PARAM_SIZE_HINT]: contents.length } };
    await writeFile(join(folder, `${path}.br`), await compress.br(contents, best));
    await writeFile(join(folder, `${path}.gz`), await compress.gz(contents, { level: 9 }));
  }
}

/** Relative paths with forward slashes, sorted. */
export async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/')).sort();
}
