import { resolve } from 'node:path';
import type { Secret } from '../model/secret.ts';
import type { Flags } from './config.ts';
import { readEnvironment } from './load.ts';
import { DEFAULT_DATA_DIR, Overrides } from './overrides.ts';
import { configurationError } from './problem.ts';
import { describeSource } from './sources.ts';

/** Where settings are stored, and what the environment says about reading them. */
export interface DataPlace {
  /** Absolute. */
  readonly dataDir: string;
  readonly masterKey: Secret | null;
  /** Absolute. */
  readonly masterKeyFile: string | null;
  /** Where the environment sets the admin password, as `ROTATO_ADMIN_PASSWORD in .env`; null where it does not. */
  readonly adminPasswordSource: string | null;
}

export interface DataPlaceOptions {
  readonly flags: Pick<Flags, 'data'>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly cwd: string;
}

/**
 * For commands that mend what is stored: they must work beside a configuration file that does not, and need nothing
 * of it. Throws `bad-configuration`.
 */
export function readDataPlace({ flags, env, cwd }: DataPlaceOptions): DataPlace {
  const overrides = new Overrides(flags, readEnvironment(env, cwd));
  const { problems, sources, dataDir, masterKey, masterKeyFile } = overrides;
  if (problems.length > 0) throw configurationError(problems);
  const source = sources.get('adminPassword');
  return {
    dataDir: resolve(cwd, dataDir ?? DEFAULT_DATA_DIR),
    masterKey: masterKey ?? null,
    masterKeyFile: masterKeyFile === undefined ? null : resolve(cwd, masterKeyFile),
    adminPasswordSource: source === undefined ? null : describeSource(source),
  };
}
