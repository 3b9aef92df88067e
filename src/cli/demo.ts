import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { assembleConfig } from '../config/assemble.ts';
import type { Config } from '../config/config.ts';
import { Environment } from '../config/environment.ts';
import { PRESET_CATALOG } from '../control/snapshot.ts';
import type { Random } from '../random.ts';
import type { StartRotato } from './running-rotato.ts';
import type { ExitCode, Terminal, TextOutput } from './terminal.ts';

/** What the simulator offers; handed in, because the two are on one floor. */
export type RunDemo = (options: {
  readonly startRotato: (input: DemoInput) => Promise<{ readonly url: string; close(): Promise<void> }>;
  readonly out: TextOutput;
  readonly json: boolean;
}) => Promise<{ readonly passed: boolean }>;

/** `providers` is that part of a configuration file. */
interface DemoInput {
  readonly clock: Clock;
  readonly random: Random;
  readonly providers: Readonly<Record<string, unknown>>;
}

export interface DemoOptions {
  readonly json: boolean;
  readonly terminal: Terminal;
  readonly startRotato: StartRotato;
  readonly runDemo: RunDemo;
}

/**
 * Touches nothing of the operator's: no configuration, no environment, data directories of its own that are removed.
 * Every row has a fresh one, or what an earlier row learned and spent would be remembered in the next.
 */
export async function demo({ json, terminal, startRotato, runDemo }: DemoOptions): Promise<ExitCode> {
  const folder = mkdtempSync(join(tmpdir(), 'rotato-demo-'));
  try {
    const { passed } = await runDemo({
      out: terminal.stdout,
      json,
      startRotato: ({ clock, random, providers }) =>
        startRotato({ config: demoConfig(providers, mkdtempSync(join(folder, 'row-'))), clock, random }),
    });
    return passed ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function demoConfig(providers: Readonly<Record<string, unknown>>, dataDir: string): Config {
  return assembleConfig({
    flags: { host: '127.0.0.1', port: '0', data: dataDir },
    environment: new Environment({}),
    file: { path: join(dataDir, 'rotato.json'), name: 'demo', text: JSON.stringify({ providers }) },
    cwd: dataDir,
    presets: PRESET_CATALOG,
  });
}
