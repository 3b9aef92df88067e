import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CrashingProcess } from '../../test/support/crashing-process.ts';
import { FULL_SIZE } from '../../test/support/full-size.ts';
import { type Random, seededRandom } from '../random.ts';
import { DataDirLock } from './data-dir-lock.ts';
import { openSettingsStore } from './sqlite-settings-store.ts';

const KILLS = FULL_SIZE ? 500 : 50;
/** Side by side, because most of the time is starting up. */
const LANES = 2;
const KILLS_PER_FOLDER = 5;
const KEYS = 40;

/** Longer than a start takes, so that some fall into the making of the files. */
const STARTING_MS = 300;
/** Several commits. */
const COMMITTING_MS = 40;

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rotato-crash-'));
  await build({
    entryPoints: {
      'commit-forever': fileURLToPath(new URL('../../test/support/commit-forever.ts', import.meta.url)),
      'sqlite-worker': fileURLToPath(new URL('./sqlite-worker.ts', import.meta.url)),
    },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
  });
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('a process killed while it changes settings', () => {
  it(`leaves them whole, ${KILLS} times, and nothing lost that was told to be kept`, {
    timeout: KILLS * 4_000,
  }, async () => {
    const lanes = Array.from({ length: LANES }, (_, lane) => runLane(lane));
    const [acknowledged, survived] = (await Promise.all(lanes)).reduce(([a, b], [c, d]) => [a + c, b + d]);
    // Else it killed too early each time, and showed nothing.
    expect(acknowledged).toBeGreaterThan(KILLS / 3);
    expect(survived).toBeGreaterThanOrEqual(acknowledged);
  });
});

/** Returns how many commits were acknowledged, and how many were found, over all its folders. */
async function runLane(lane: number): Promise<[number, number]> {
  const random = seededRandom(lane);
  let [acknowledged, survived, found] = [0, 0, 0];
  for (let kill = 0; kill < KILLS / LANES; kill++) {
    const dataDir = join(folder, `${lane}-${Math.floor(kill / KILLS_PER_FOLDER)}`);
    const before = kill % KILLS_PER_FOLDER === 0 ? 0 : found;
    const child = new CrashingProcess(join(folder, 'commit-forever.mjs'), [dataDir]);
    await waitForSomeMoment(child, random);
    await child.kill();
    const last = Number(child.lines.at(-1) ?? before);
    found = await generationIn(dataDir);
    expect([last, last + 1]).toContain(found);
    acknowledged += last - before;
    survived += found - before;
  }
  return [acknowledged, survived];
}

async function waitForSomeMoment(child: CrashingProcess, random: Random): Promise<void> {
  const whileStarting = random.next() < 0.3;
  if (!whileStarting) await child.firstLine();
  const delayMs = random.next() * (whileStarting ? STARTING_MS : COMMITTING_MS);
  await new Promise((resolve) => setTimeout(resolve, delayMs));
}

/** The one generation that everything in the data directory is of; 0 when nothing was kept yet. */
async function generationIn(dataDir: string): Promise<number> {
  const lock = DataDirLock.take(dataDir);
  const store = await openSettingsStore({ dataDir, masterKey: null, masterKeyFile: null });
  const { providers, keys, values } = await store.load();
  await store.close();
  lock.release();
  const generation = values.get('generation') ?? 0;
  expect(providers.map(({ version }) => version)).toEqual(generation === 0 ? [] : [generation]);
  expect(keys).toHaveLength(generation === 0 ? 0 : KEYS);
  for (const { id, version, secret } of keys) expect([version, secret.reveal()]).toEqual([generation, `sk-${id}`]);
  return generation as number;
}
