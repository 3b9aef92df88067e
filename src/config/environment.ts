import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Source } from './config.ts';
import { type DotEnvEntry, parseDotEnv } from './dot-env.ts';

/** The environment, with `.env` of the working directory behind it. */
export class Environment {
  readonly #real: Readonly<Record<string, string | undefined>>;
  readonly #file: ReadonlyMap<string, DotEnvEntry>;

  readonly #read = new Set<string>();

  constructor(real: Readonly<Record<string, string | undefined>>, dotEnvText = '') {
    this.#real = real;
    this.#file = parseDotEnv(dotEnvText);
  }

  get(name: string): string | undefined {
    this.#read.add(name);
    return this.#isReal(name) ? this.#real[name] : this.#file.get(name)?.value;
  }

  /** The first of several names for one setting that is set; the real environment wins over the file here too. */
  firstSet(names: readonly string[]): string | undefined {
    for (const name of names) this.#read.add(name);
    return names.find((name) => this.#isReal(name)) ?? names.find((name) => this.#file.has(name));
  }

  /** Every variable's name; the file's come first, in their order, because there the order is the operator's. */
  names(): string[] {
    return [...new Set([...this.#file.keys(), ...Object.keys(this.#real)])];
  }

  sourceOf(name: string): Source {
    return this.#isReal(name) ? { kind: 'environment', detail: name } : { kind: 'dotenv', detail: name };
  }

  /** `environment`, or `.env:3`. */
  locate(name: string): string {
    const line = this.#isReal(name) ? undefined : this.#file.get(name)?.line;
    return line === undefined ? 'environment' : `.env:${line}`;
  }

  /** Variables read so far that stand in the file in quotes, which other programs take off and this one does not. */
  quoted(): string[] {
    const inQuotes = [...this.#file].filter(([, { value }]) => /^(["']).*\1$/.test(value) && value.length > 1);
    return inQuotes.map(([name]) => name).filter((name) => this.#read.has(name) && !this.#isReal(name));
  }

  /** Only own variables count: `toString` is not one. */
  #isReal(name: string): boolean {
    return Object.hasOwn(this.#real, name) && this.#real[name] !== undefined;
  }
}

/** The text of `.env` in `folder`; empty when there is none, or when it is a folder, as some Python projects have. */
export function readDotEnv(folder: string): string {
  try {
    return readFileSync(join(folder, '.env'), 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EISDIR') return '';
    throw error;
  }
}
