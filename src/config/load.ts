import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { assembleConfig, type ConfigText } from './assemble.ts';
import type { Config, Flags, PresetCatalog } from './config.ts';
import { Environment, readDotEnv } from './environment.ts';
import { configurationError, type Problem } from './problem.ts';

export interface LoadOptions {
  readonly flags: Flags;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute: where `.env` and an unnamed configuration file are looked for, and relative paths begin. */
  readonly cwd: string;
  readonly presets: PresetCatalog;
  /** As for `assembleConfig`. */
  readonly secretElsewhere?: (dataDir: string) => boolean;
}

/** Looked for in this order when none is named. */
export const CONFIG_FILE_NAMES: readonly string[] = ['rotato.yaml', 'rotato.yml', 'rotato.json'];

/**
 * Flag over environment over file over default. Throws a `bad-configuration` error that names everything that is
 * wrong, each with its place.
 */
export function loadConfig(options: LoadOptions): Config {
  const environment = readEnvironment(options.env, options.cwd);
  const file = readConfigFile(options, environment);
  return assembleConfig({ ...options, environment, file });
}

/** Throws `bad-configuration` for a `.env` that cannot be read. */
export function readEnvironment(env: LoadOptions['env'], cwd: string): Environment {
  return new Environment(
    env,
    readOrThrow('.env', () => readDotEnv(cwd)),
  );
}

function readConfigFile({ flags, cwd }: LoadOptions, environment: Environment): ConfigText | null {
  const named = flags.config ?? (environment.get('ROTATO_CONFIG') || undefined);
  const path = named ?? CONFIG_FILE_NAMES.find((name) => existsSync(join(cwd, name)));
  if (path === undefined) return null;
  const absolute = resolve(cwd, path);
  const name = shownPath(absolute, cwd);
  const bytes = readOrThrow(name, () => readFileSync(absolute));
  return { path: absolute, name, text: decode(bytes, name) };
}

/** As short as it can be and still be found. */
function shownPath(absolute: string, cwd: string): string {
  const short = relative(cwd, absolute);
  return short.startsWith('..') || isAbsolute(short) ? absolute : short;
}

const LARGEST_FILE_BYTES = 16 * 1024 ** 2;

function decode(bytes: Buffer, name: string): string {
  if (bytes.length > LARGEST_FILE_BYTES) {
    throw configurationError([problem(name, `found ${bytes.length} bytes`, `allowed: at most ${LARGEST_FILE_BYTES}`)]);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw configurationError([problem(name, 'found bytes that are not UTF-8', 'allowed: a text file in UTF-8')]);
  }
}

function readOrThrow<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const found = code === 'ENOENT' ? 'no such file' : `cannot be read (${code ?? 'unknown error'})`;
    throw configurationError([problem(name, found, 'allowed: a readable YAML or JSON file')]);
  }
}

function problem(where: string, found: string, allowed: string): Problem {
  return { where, setting: '', found, allowed };
}
