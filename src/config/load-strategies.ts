import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Strategy } from '../model/strategy.ts';
import type { Config, CustomStrategy } from './config.ts';
import { configurationError, type Problem, quote } from './problem.ts';

const ALLOWED = 'allowed: a module that exports one function (candidates, demand, random) => candidate';

/** The modules that a configuration names as strategies. */
export function strategyFiles({ providers }: Pick<Config, 'providers'>): string[] {
  return providers.flatMap(({ customStrategy }) => (customStrategy === null ? [] : [customStrategy.path]));
}

/**
 * The same configuration with its strategies loaded, each from the file as it is now. Throws a `bad-configuration`
 * error that names every one that cannot be used.
 */
export async function loadStrategies(config: Config): Promise<Config> {
  if (strategyFiles(config).length === 0) return config;
  const problems: Problem[] = [];
  const providers = await Promise.all(
    config.providers.map(async (provider) => {
      const { customStrategy } = provider;
      if (customStrategy === null) return provider;
      const choose = await load(customStrategy, problems);
      return Object.freeze({ ...provider, customStrategy: Object.freeze({ ...customStrategy, choose }) });
    }),
  );
  if (problems.length > 0) throw configurationError(problems);
  return Object.freeze({ ...config, providers: Object.freeze(providers) });
}

async function load({ path, written, where, setting }: CustomStrategy, problems: Problem[]): Promise<Strategy | null> {
  const report = (found: string) => {
    problems.push({ where, setting, found: `found ${quote(written)}, ${found}`, allowed: ALLOWED });
    return null;
  };
  const url = pathToFileURL(path);
  try {
    // Node loads an address once; a file that has changed needs another one.
    url.searchParams.set('v', createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return report(code === 'ENOENT' ? `which does not exist (${path})` : `which cannot be read (${code ?? 'unknown'})`);
  }
  try {
    const exported: Record<string, unknown> = await import(url.href);
    return onlyFunction(exported, report);
  } catch (error) {
    return report(`which fails while it is loaded: ${firstLine(error)}`);
  }
}

function onlyFunction(exported: Record<string, unknown>, report: (found: string) => null): Strategy | null {
  const entries = Object.entries(exported);
  const functions = entries.filter(([, value]) => typeof value === 'function');
  const [first, ...others] = new Set(functions.map(([, value]) => value));
  if (first === undefined) {
    const names = entries.map(([name, value]) => `${name}, which is ${value === null ? 'null' : `a ${typeof value}`}`);
    return report(names.length === 0 ? 'which exports nothing' : `which exports ${names.join(' and ')}`);
  }
  if (others.length > 0) return report(`which exports ${functions.length} functions`);
  return first as Strategy;
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return quote(text.split('\n', 1)[0] ?? '');
}
