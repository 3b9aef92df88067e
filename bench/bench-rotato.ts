import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRotato } from '../src/app.ts';
import { loadConfig } from '../src/config/load.ts';
import { PRESET_CATALOG } from '../src/control/snapshot.ts';

/** rotato as the benchmark measures it: the whole program, ten keys, a record for every request. */
const folder = mkdtempSync(join(tmpdir(), 'rotato-bench-'));
const keys = Array.from({ length: 10 }, (_, nth) => ({ key: `sk-bench-${nth}-0123456789abcdef`, label: `key-${nth}` }));
writeFileSync(
  join(folder, 'rotato.json'),
  JSON.stringify({
    listen: { port: 0 },
    providers: { openai: { preset: 'openai', baseUrl: `${process.argv[2]}/v1`, allowPrivateAddress: true, keys } },
  }),
);
const config = loadConfig({ flags: { data: folder }, env: {}, cwd: folder, presets: PRESET_CATALOG });

let records = 0;
const rotato = await startRotato({ config, env: {}, record: () => records++ });
process.send?.({ port: rotato.addresses[0]?.port });
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  globalThis.gc?.();
  process.send?.({ cpuUs: user + system, rss: process.memoryUsage.rss(), records });
});
process.on('disconnect', () => process.exit());
