import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUILT_FILES, buildPackage } from './package-files.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const outDir = join(root, 'dist');

await buildPackage({ root, outDir });
for (const file of Object.values(BUILT_FILES)) {
  console.log(`${`dist/${file}`.padEnd(32)}${Math.ceil(statSync(join(outDir, file)).size / 1024)} KB`);
}
