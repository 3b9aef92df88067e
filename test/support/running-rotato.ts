import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Rotato, startRotato } from '../../src/app.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { assembleConfig } from '../../src/config/assemble.ts';
import type { Config } from '../../src/config/config.ts';
import { Environment } from '../../src/config/environment.ts';
import { PRESET_CATALOG } from '../../src/control/snapshot.ts';
import { createLog } from '../../src/log.ts';
import type { ExchangeRecord } from '../../src/model/exchange.ts';
import type { CallerTimeouts } from '../../src/proxy/caller-timeouts.ts';
import type { Random } from '../../src/random.ts';
import { Redactor } from '../../src/redactor.ts';
import { waitUntil } from './wait-until.ts';

/** What `rotato.yaml` would hold, as plain values. */
export type FileShape = Readonly<Record<string, unknown>>;

export interface TestRotatoOptions {
  /** A data directory that outlives this rotato; by default one of its own, removed when it closes. */
  readonly folder?: string;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Of the process, for `HTTPS_PROXY` and the original's settings; empty by default. */
  readonly env?: Readonly<Record<string, string>>;
  readonly callerTimeouts?: CallerTimeouts;
  /** False lets the log lines stand as they were written, to see that no key gets as far as the redactor. */
  readonly redacted?: boolean;
  /** Where the panel was built; by default none is served but what lies in dist. */
  readonly panelFolder?: string;
}

/** A whole rotato on a free port, with what it recorded and logged. */
export interface RunningRotato extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  readonly rotato: Rotato;
  /** The data directory. */
  readonly folder: string;
  /** One for each request, oldest first. A record is written after its reply, so wait for it: see `recorded`. */
  readonly records: readonly ExchangeRecord[];
  readonly logLines: readonly string[];
  /** Resolves with all records once there are `count` of them. */
  recorded(count: number): Promise<readonly ExchangeRecord[]>;
  /** The record of the request whose reply carried these headers, once it is written. */
  recordOf(headers: Headers): Promise<ExchangeRecord>;
  /** Puts another file in force. */
  apply(file: FileShape): void;
  close(): Promise<void>;
}

/** Starts rotato from a configuration that went through the real parser, with a data directory of its own. */
export async function startTestRotato(file: FileShape, options: TestRotatoOptions = {}): Promise<RunningRotato> {
  const { clock = systemClock, env = {} } = options;
  const folder = options.folder ?? (await mkdtemp(join(TEMPORARY, 'rotato-test-')));
  const records: ExchangeRecord[] = [];
  const logLines: string[] = [];
  const output = { write: (line: string) => logLines.push(line) };
  const redactor = options.redacted === false ? new BlindRedactor() : new Redactor();
  const log = createLog({ level: 'debug', output, format: 'json', clock, redactor });
  const rotato = await startRotato({
    config: configOf(file, folder, env),
    clock,
    log,
    env,
    record: (record) => records.push(record),
    ...(options.random !== undefined && { random: options.random }),
    ...(options.callerTimeouts !== undefined && { callerTimeouts: options.callerTimeouts }),
    ...(options.panelFolder !== undefined && { panelFolder: options.panelFolder }),
  });
  const close = async () => {
    await rotato.close({ drainMs: 0 });
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
  };
  return {
    url: rotato.url,
    port: rotato.addresses[0]?.port ?? 0,
    rotato,
    folder: join(folder, '.rotato'),
    records,
    logLines,
    recorded: (count) => waitForRecords(records, count),
    recordOf: (headers) => waitForRecord(records, headers.get('x-rotato-request-id') ?? ''),
    apply: (next) => rotato.apply(configOf(next, folder, env)),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A thread for each of hundreds of rotatos is slow; tests of the log say `log: {}`. */
const NO_LOG = { enabled: false };

/** In memory where that can be had: hundreds of rotatos that sync their files are slow on a busy disk. */
const TEMPORARY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

class BlindRedactor extends Redactor {
  override redact(text: string): string {
    return text;
  }
}

function configOf(file: FileShape, folder: string, env: Readonly<Record<string, string>>): Config {
  const listen = { host: '127.0.0.1', port: 0, ...(file.listen as object | undefined) };
  return assembleConfig({
    flags: {},
    environment: new Environment(env),
    file: {
      path: join(folder, 'rotato.yaml'),
      name: 'rotato.yaml',
      text: JSON.stringify({ log: NO_LOG, ...file, listen }),
    },
    cwd: folder,
    presets: PRESET_CATALOG,
  });
}

async function waitForRecords(records: readonly ExchangeRecord[], count: number): Promise<readonly ExchangeRecord[]> {
  await waitUntil(
    () => records.length >= count,
    () => `${count} records; there are ${records.length}`,
  );
  return records;
}

async function waitForRecord(records: readonly ExchangeRecord[], requestId: string): Promise<ExchangeRecord> {
  let found: ExchangeRecord | undefined;
  const isThere = () => {
    found = records.find(({ id }) => id === requestId);
    return found !== undefined;
  };
  await waitUntil(isThere, () => `the record of request ${requestId}`);
  return found as unknown as ExchangeRecord;
}
