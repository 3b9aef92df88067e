import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

export interface BundleOptions {
  /** Absolute: the folder of package.json. */
  readonly root: string;
  /** Absolute. */
  readonly outDir: string;
}

export interface Bundle {
  /** Every source file that went in, relative to the root, with forward slashes. */
  readonly inputs: readonly string[];
  /** What the bundle still imports when it runs; nothing but modules of Node itself. */
  readonly externalImports: readonly string[];
}

/** Workers are entries of their own, because they are loaded by file name. */
const ENTRIES = {
  main: 'src/main.ts',
  'sqlite-worker': 'src/store/sqlite-worker.ts',
  'log-writer-worker': 'src/usage/log-writer-worker.ts',
  'log-reader-worker': 'src/usage/log-reader-worker.ts',
};

/** CommonJS libraries call `require` for modules of Node, which an ES module does not have. */
const REQUIRE_FOR_COMMONJS =
  "import { createRequire as createRequireOfNode } from 'node:module'; const require = createRequireOfNode(import.meta.url);";

/** Writes the whole program into `outDir`, libraries included, as one ES module for each thread, with source maps. */
export async function bundleProgram({ root, outDir }: BundleOptions): Promise<Bundle> {
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ENTRIES,
    // Source maps name sources by their way from here: the same way wherever the files are written to in the end.
    outdir: join(root, 'dist'),
    write: false,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // Names and lines stay readable: whoever reads a stack trace or audits the package reads what we wrote.
    minifySyntax: true,
    sourcemap: 'linked',
    // The notices file carries every licence whole; comments would carry some of them, twice.
    legalComments: 'none',
    banner: { js: REQUIRE_FOR_COMMONJS },
    metafile: true,
    logLevel: 'warning',
  });
  await Promise.all(outputFiles.map(({ path, contents }) => writeFile(join(outDir, basename(path)), contents)));
  const external = Object.values(metafile.outputs)
    .flatMap(({ imports }) => imports)
    .filter((imported) => imported.external === true);
  return {
    inputs: Object.keys(metafile.inputs).sort(),
    externalImports: [...new Set(external.map(({ path }) => path))].sort(),
  };
}
