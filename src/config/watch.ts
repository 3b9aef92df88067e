import { createHash } from 'node:crypto';
import { type FSWatcher, readFileSync, realpathSync, watch } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock, Timer } from '../clock.ts';
import type { Log } from '../log.ts';
import { accessInForce, exposureProblems } from './access.ts';
import type { Config } from './config.ts';
import { CONFIG_FILE_NAMES } from './load.ts';
import { loadStrategies, strategyFiles } from './load-strategies.ts';
import { configurationError } from './problem.ts';

export interface WatchOptions {
  /** In force now. */
  readonly current: Config;
  /** Of the files `current` was read from, taken when they were read. */
  readonly fingerprint: string;
  /** Reads everything anew, environment and `.env` included; throws when it will not do. */
  readonly load: () => Config;
  /** Puts a new configuration in force; throws when that fails, and then nothing may have changed. */
  readonly apply: (config: Config) => void;
  /** There is more to who may call than the files say; `apply` looks at all of it. */
  readonly secretElsewhere?: boolean;
  /** Where `.env` and an unnamed configuration file are looked for. */
  readonly cwd: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Editors write in several steps; what counts is what stands unchanged for this long. */
const QUIET_MS = 150;

/** Of the contents of everything that loading reads from disk. */
export function fingerprintFiles(cwd: string, config: Pick<Config, 'configFile' | 'providers'>): string {
  const { configFile } = config;
  const candidates = configFile === null ? CONFIG_FILE_NAMES.map((name) => join(cwd, name)) : [configFile];
  const hash = createHash('sha256');
  for (const path of [join(cwd, '.env'), ...candidates, ...strategyFiles(config)]) {
    const content = readOrNull(path);
    hash.update(content === null ? 'absent' : `${content.length}:`).update(content ?? '');
  }
  return hash.digest('hex');
}

/**
 * Keeps the configuration in force equal to its files. Folders are watched and contents compared, because editors and
 * orchestrators replace files instead of writing into them. An edit that is wrong changes nothing and is reported.
 */
export class ConfigWatch {
  readonly #options: WatchOptions;
  /** By folder. */
  readonly #watchers = new Map<string, FSWatcher>();
  #current: Config;
  #seen: string;
  /** Found different at the last look; to be found so again before it counts. */
  #settling: string | null = null;
  #timer: Timer | null = null;
  #reloads = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#current = options.current;
    this.#seen = options.fingerprint;
    this.#watchFolders();
    // Something may have been edited between the reading and now.
    this.#lookSoon();
  }

  get current(): Config {
    return this.#current;
  }

  /** Reloads whether or not anything has changed: what SIGHUP asks for. */
  reload(): void {
    this.#seen = this.#fingerprint();
    const reload = ++this.#reloads;
    try {
      const next = this.#options.load();
      this.#refuseEmptied(next);
      if (strategyFiles(next).length === 0) this.#putInForce(next);
      else void this.#putInForceWithStrategies(next, reload);
    } catch (error) {
      this.#reject(error);
    }
    this.#watchFolders();
  }

  /** Modules are loaded in their own time; meanwhile a newer reload may have overtaken this one. */
  async #putInForceWithStrategies(loaded: Config, reload: number): Promise<void> {
    try {
      const next = await loadStrategies(loaded);
      if (reload === this.#reloads) this.#putInForce(next);
    } catch (error) {
      if (reload === this.#reloads) this.#reject(error);
    }
    this.#watchFolders();
  }

  #reject(error: unknown): void {
    const { log } = this.#options;
    log.error('The configuration was changed but not applied; the last good one stays in force');
    for (const line of linesOf(error)) log.error(line);
  }

  close(): void {
    this.#reloads++;
    this.#timer?.cancel();
    this.#timer = null;
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #putInForce(loaded: Config): void {
    const { log, apply } = this.#options;
    const next = carryOver(this.#current, loaded);
    const exposed = exposureProblems(next, this.#options.secretElsewhere);
    if (exposed.length > 0) throw configurationError(exposed);
    apply(next);
    const restart = changesThatNeedRestart(this.#current, loaded);
    this.#current = next;
    log.info('Configuration reloaded', { file: next.configFile ?? 'none', providers: next.providers.length });
    for (const warning of next.warnings) log.warn(warning);
    for (const change of restart) log.warn(`${change} was changed, which needs restart; the old value stays in force`);
  }

  /** A file that is suddenly gone or blank is a file being written, or an accident; neither means "forget everything". */
  #refuseEmptied(next: Config): void {
    const before = this.#current.configFile;
    if (before === null || (next.configFile !== null && readOrNull(next.configFile)?.toString().trim() !== '')) return;
    const found = next.configFile === null ? 'the file is gone' : 'the file is empty';
    throw configurationError([
      { where: before, setting: '', found, allowed: 'to run without settings, restart rotato' },
    ]);
  }

  /** The file's folder, that of the file it links to, and the one of `.env`; a link may lead elsewhere by now. */
  #watchFolders(): void {
    const { configFile } = this.#current;
    const folders = configFile === null ? [] : [dirname(configFile), dirname(realPath(configFile))];
    const modules = strategyFiles(this.#current).map((path) => dirname(path));
    for (const folder of new Set([this.#options.cwd, ...folders, ...modules])) {
      if (!this.#watchers.has(folder)) this.#watchFolder(folder);
    }
  }

  #watchFolder(folder: string): void {
    const complain = (err: unknown) =>
      this.#options.log.warn('Edits of the configuration are not noticed here; send SIGHUP to reload', { folder, err });
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#lookSoon());
      watcher.on('error', complain);
      this.#watchers.set(folder, watcher);
    } catch (error) {
      complain(error);
    }
  }

  /** A look that is already due is not put off, or a busy folder would put it off for ever. */
  #lookSoon(): void {
    this.#timer ??= this.#options.clock.setTimer(QUIET_MS, () => this.#look());
  }

  #look(): void {
    this.#timer = null;
    const found = this.#fingerprint();
    const isSettled = found === this.#settling;
    this.#settling = null;
    if (found === this.#seen) return;
    if (isSettled) {
      this.reload();
    } else {
      this.#settling = found;
      this.#lookSoon();
    }
  }

  #fingerprint(): string {
    return fingerprintFiles(this.#options.cwd, this.#current);
  }
}

/**
 * What the running program keeps whatever the file says: its sockets, and, once callers needed a client key, that they
 * do, until the operator writes otherwise.
 */
function carryOver(current: Config, loaded: Config): Config {
  const { addresses, port } = current.listen;
  const next = { ...loaded, dataDir: current.dataDir, listen: { ...loaded.listen, addresses, port } };
  const mayReopen = loaded.access !== null || accessInForce(current) === 'open';
  return Object.freeze(mayReopen ? next : { ...next, access: 'keys' as const });
}

function changesThatNeedRestart(current: Config, loaded: Config): string[] {
  const changes: string[] = [];
  if (current.listen.addresses.join() !== loaded.listen.addresses.join()) changes.push('listen.host');
  if (current.listen.port !== loaded.listen.port) changes.push('listen.port');
  if (current.dataDir !== loaded.dataDir) changes.push('the data directory');
  return changes;
}

function readOrNull(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    // Whatever keeps it from being read, loading will meet it too and say so.
    return null;
  }
}

/** Itself, when there is nothing to resolve. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function linesOf(error: unknown): string[] {
  return (error instanceof Error ? error.message : String(error)).split('\n').map((line) => line.trim());
}
