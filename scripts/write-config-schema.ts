import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configJsonSchema } from '../src/config/json-schema.ts';
import { PRESET_CATALOG } from '../src/control/snapshot.ts';

// Run it after a change to src/config/schema.ts or to the presets; a test says when that was forgotten.
const path = fileURLToPath(new URL('../docs/rotato.schema.json', import.meta.url));
writeFileSync(path, JSON.stringify(configJsonSchema(PRESET_CATALOG), null, 2));

const biome = fileURLToPath(new URL('../node_modules/@biomejs/biome/bin/biome', import.meta.url));
execFileSync(process.execPath, [biome, 'format', '--write', path], { stdio: 'inherit' });
