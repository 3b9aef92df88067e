import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '../clock.ts';
import type { Config, Flags } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { loadStrategies } from '../config/load-strategies.ts';
import { describeSource } from '../config/sources.ts';
import { ConfigWatch, fingerprintFiles } from '../config/watch.ts';
import { PRESET_CATALOG } from '../control/snapshot.ts';
import { createLog, type Log } from '../log.ts';
import type { Secret } from '../model/secret.ts';
import { Redactor } from '../redactor.ts';
import { SETTINGS_FILE } from '../store/sqlite-settings-store.ts';
import { describeStart } from './guidance.ts';
import { explainFailure } from './listen-failure.ts';
import type { StartRotato } from './running-rotato.ts';
import { listenForStop } from './stop-signals.ts';
import type { ExitCode, Terminal } from './terminal.ts';

export interface StartOptions {
  readonly flags: Flags;
  readonly terminal: Terminal;
  readonly version: string;
  readonly startRotato: StartRotato;
  readonly clock?: Clock;
}

/** Runs until it is told to stop. Throws `bad-configuration`, or when it cannot listen. */
export async function start({
  flags,
  terminal,
  version,
  startRotato,
  clock = systemClock,
}: StartOptions): Promise<ExitCode> {
  const { cwd, env, stdout, stderr } = terminal;
  const load = () => loadConfig({ flags, env, cwd, presets: PRESET_CATALOG, secretElsewhere: mayHoldSecret });
  const config = await loadStrategies(load());
  const fingerprint = fingerprintFiles(cwd, config);
  const redactor = new Redactor();
  redactor.protect(secretsIn(config));
  const format = stderr.isTTY === true ? 'line' : 'json';
  const log = createLog({ level: config.logLevel, output: stderr, format, clock, redactor });

  const stop = listenForStop(terminal.process, clock);
  const faults = surviveFaults(terminal, log);
  try {
    const protect = (secrets: readonly Secret[]) => redactor.protect(secrets);
    const rotato = await explainFailure(() => startRotato({ config, clock, log, version, protect }), config.listen);
    const { url, operator } = rotato;
    const apply = (next: Config) => rotato.apply(next);
    const watching = { current: config, fingerprint, load, apply, secretElsewhere: true, cwd, clock, log };
    const watch = new ConfigWatch(watching);
    const reload = () => watch.reload();
    terminal.process.on('SIGHUP', reload);
    const password = await operator.password.generate();
    stdout.write(`rotato ${version} listening on ${url}\n${describeStart(config, { url, operator, password })}`);
    for (const warning of config.warnings) log.warn(warning);
    for (const [setting, source] of config.sources) log.debug('Setting', { setting, source: describeSource(source) });

    const signal = await stop.requested;
    terminal.process.off('SIGHUP', reload);
    watch.close();
    log.info(`${signal} received: finishing what is running; a second signal stops at once`);
    await rotato.close();
    return 0;
  } finally {
    faults.release();
    stop.release();
  }
}

/** Whoever opens the settings of an earlier run sees whether they hold a client or a password; a first run has neither. */
function mayHoldSecret(dataDir: string): boolean {
  return existsSync(join(dataDir, SETTINGS_FILE));
}

/** Every credential the configuration holds, for the log to hide. */
function secretsIn({ providers, clients, telegram, adminPassword, masterKey }: Config): Secret[] {
  const secrets = [
    ...providers.flatMap(({ keys }) => keys.map(({ key }) => key)),
    ...clients.map(({ key }) => key),
    telegram?.token,
    adminPassword,
    masterKey,
  ];
  return secrets.filter((secret) => secret !== undefined && secret !== null);
}

/** A fault that nobody caught is a bug, and is told whole; but it must not take down everyone else's requests. */
function surviveFaults({ process }: Terminal, log: Log): { release(): void } {
  const tell = (error: unknown) => log.error('Internal error; please report it', { err: error });
  const events = ['uncaughtException', 'unhandledRejection'];
  for (const event of events) process.on(event, tell);
  return {
    release() {
      for (const event of events) process.off(event, tell);
    },
  };
}
