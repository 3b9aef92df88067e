import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUILT_FILES, buildPackage, PANEL_FOLDER } from './package-files.ts';
import { listFiles } from './panel.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const outDir = join(root, 'dist');

await buildPackage({ root, outDir });
const panel = (await listFiles(join(outDir, PANEL_FOLDER))).map((file) => `${PANEL_FOLDER}/${file}`);
for (const file of [...Object.values(BUILT_FILES), ...panel]) {
  console.log(`${`dist/${file}`.padEnd(48)}${Math.ceil(statSync(join(outDir, file)).size / 1024)} KB`);
}
