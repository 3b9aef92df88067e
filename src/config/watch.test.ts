// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the format under test writes variables this way.
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as realDelay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SAMPLE_PRESETS } from '../../test/support/config-from-text.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import type { Log } from '../log.ts';
import { accessInForce } from './access.ts';
import type { Config, Flags } from './config.ts';
import { loadConfig } from './load.ts';
import { ConfigWatch, fingerprintFiles } from './watch.ts';

let folder: string;
let clock: VirtualClock;
let lines: string[];
let applied: Config[];
let watch: ConfigWatch | null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rotato-watch-'));
  clock = new VirtualClock();
  lines = [];
  applied = [];
  watch = null;
});

afterEach(() => {
  watch?.close();
  rmSync(folder, { recursive: true, force: true });
});

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const portFile = (port: number) => `providers: { p${port}: { preset: openai, keys: [{ key: k }] } }\n`;
const names = () => applied.map(({ providers }) => providers.map(({ name }) => name).join());

function begin(flags: Flags = {}, apply: (config: Config) => void = () => {}): ConfigWatch {
  const load = () => loadConfig({ flags, env: {}, cwd: folder, presets: SAMPLE_PRESETS });
  const current = load();
  const note = (message: string) => void lines.push(message);
  const log: Log = { debug: note, info: note, warn: note, error: note };
  watch = new ConfigWatch({
    current,
    fingerprint: fingerprintFiles(folder, current),
    load,
    apply(config) {
      apply(config);
      applied.push(config);
    },
    cwd: folder,
    clock,
    log,
  });
  return watch;
}

/** Lets the kernel's events come in, which takes real time, while the program's own time moves in steps. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await realDelay(2);
    await clock.advance(100);
  }
}

describe('an edit', () => {
  it('in place is put in force', async () => {
    write('rotato.yaml', portFile(1));
    begin();
    write('rotato.yaml', portFile(2));
    await until(() => applied.length > 0);
    expect(names()).toEqual(['p2']);
    expect(lines).toEqual(['Configuration reloaded']);
  });

  it('by replacing the file, again and again, is put in force each time', async () => {
    write('rotato.yaml', portFile(1));
    begin();
    for (const port of [2, 3, 4]) {
      write('draft', portFile(port));
      renameSync(join(folder, 'draft'), join(folder, 'rotato.yaml'));
      await until(() => applied.length === port - 1);
    }
    expect(names()).toEqual(['p2', 'p3', 'p4']);
  });

  it('of what a link leads to is put in force, also after the link leads elsewhere', async () => {
    for (const name of ['v1', 'v2']) mkdirSync(join(folder, name));
    write('v1/rotato.yaml', portFile(1));
    write('v2/rotato.yaml', portFile(2));
    symlinkSync('v1/rotato.yaml', join(folder, 'rotato.yaml'));
    begin();
    write('v1/rotato.yaml', portFile(11));
    await until(() => applied.length === 1);
    symlinkSync('v2/rotato.yaml', join(folder, 'link'));
    renameSync(join(folder, 'link'), join(folder, 'rotato.yaml'));
    await until(() => applied.length === 2);
    write('v2/rotato.yaml', portFile(22));
    await until(() => applied.length === 3);
    expect(names()).toEqual(['p11', 'p2', 'p22']);
  });

  it('that changes nothing is not one', async () => {
    write('rotato.yaml', portFile(1));
    begin();
    write('rotato.yaml', portFile(1));
    write('other.txt', 'x');
    await realDelay(20);
    await clock.advance(10_000);
    write('rotato.yaml', portFile(2));
    await until(() => applied.length > 0);
    expect(names()).toEqual(['p2']);
  });

  it('made between reading and watching is not missed', async () => {
    write('rotato.yaml', portFile(1));
    const { fingerprint, current } = { current: begin().current, fingerprint: 'of an older content' };
    watch?.close();
    watch = new ConfigWatch({
      current,
      fingerprint,
      load: () => current,
      apply: (config) => void applied.push(config),
      cwd: folder,
      clock,
      log: { debug() {}, info() {}, warn() {}, error() {} },
    });
    await clock.advance(1000);
    expect(applied).toHaveLength(1);
  });

  it('still going on is waited for, even in a folder that never rests', async () => {
    write('rotato.yaml', portFile(1));
    begin();
    write('rotato.yaml', 'providers: { half');
    await realDelay(10);
    await clock.advance(200);
    write('rotato.yaml', portFile(2));
    await until(() => {
      write('other.txt', String(Math.floor(clock.now())));
      return applied.length > 0;
    });
    expect(names()).toEqual(['p2']);
    expect(lines).toEqual(['Configuration reloaded']);
  });

  it('of .env is put in force', async () => {
    write('rotato.yaml', 'providers: { openai: { keys: [{ key: "${K}" }] } }');
    write('.env', 'K=old');
    begin();
    write('.env', 'K=new');
    await until(() => applied.length > 0);
    expect(applied[0]?.providers[0]?.keys[0]?.key.reveal()).toBe('new');
  });

  it('that makes the first file is put in force', async () => {
    begin();
    write('rotato.yaml', portFile(1));
    await until(() => applied.length > 0);
    expect(names()).toEqual(['p1']);
  });
});

describe('a broken edit', () => {
  it('keeps the last good configuration in force, says so once, and is forgotten when mended', async () => {
    write('rotato.yaml', portFile(1));
    const { current } = begin();
    write('rotato.yaml', 'providers: { p2: { strategy: fastest, preset: openai } }');
    await until(() => lines.length > 0);
    await clock.advance(10_000);
    expect(watch?.current).toBe(current);
    expect(lines).toEqual([
      'The configuration was changed but not applied; the last good one stays in force',
      'The configuration has a problem:',
      'rotato.yaml:1: providers.p2.strategy: found "fastest"; allowed: round-robin, ordered, least-used, headroom, weighted, random, latency, or a module of your own such as ./my-strategy.ts',
    ]);
    write('rotato.yaml', portFile(3));
    await until(() => applied.length > 0);
    expect(names()).toEqual(['p3']);
  });

  it.each([
    ['gone', () => rmSync(join(folder, 'rotato.yaml')), 'the file is gone; to run without settings, restart rotato'],
    ['empty', () => write('rotato.yaml', ' \n'), 'the file is empty; to run without settings, restart rotato'],
  ])('is a file that is %s', async (_, change, message) => {
    write('rotato.yaml', portFile(1));
    begin();
    change();
    await until(() => lines.length > 0);
    expect(lines.at(-1)).toContain(message);
    expect(applied).toEqual([]);
  });

  it('is one that cannot be applied', async () => {
    write('rotato.yaml', portFile(1));
    const { current } = begin({}, () => {
      throw new Error('no room');
    });
    write('rotato.yaml', portFile(2));
    await until(() => lines.length > 0);
    expect(lines.at(-1)).toBe('no room');
    expect(watch?.current).toBe(current);
  });
});

describe('SIGHUP', () => {
  it('reloads whether or not anything changed', () => {
    write('rotato.yaml', portFile(1));
    const { reload } = begin();
    reload.call(watch);
    expect(names()).toEqual(['p1']);
  });
});

describe('what a running program keeps', () => {
  it('is its address, and it says so', () => {
    write('rotato.yaml', 'listen: { port: 1 }');
    const running = begin();
    write('rotato.yaml', 'listen: { port: 2, host: 127.0.0.2, hosts: [api.example] }');
    running.reload();
    expect(running.current.listen).toEqual({ addresses: ['127.0.0.1', '::1'], port: 1, hosts: ['api.example'] });
    expect(lines.slice(1)).toEqual([
      'listen.host was changed, which needs restart; the old value stays in force',
      'listen.port was changed, which needs restart; the old value stays in force',
    ]);
  });

  it('is that callers need a key, until the operator writes otherwise', () => {
    write('rotato.yaml', 'clients: [{ name: a, key: abc }]');
    const running = begin();
    write('rotato.yaml', 'listen: {}');
    running.reload();
    expect(accessInForce(running.current)).toBe('keys');
    write('rotato.yaml', 'access: open');
    running.reload();
    expect(accessInForce(running.current)).toBe('open');
  });

  it('is a secret, while others can reach it, although the file no longer says that they can', () => {
    write('rotato.yaml', 'listen: { host: 0.0.0.0 }\nclients: [{ name: a, key: abc }]');
    const running = begin();
    write('rotato.yaml', 'listen: { host: 127.0.0.1 }\naccess: open');
    running.reload();
    expect(applied).toEqual([]);
    expect(lines.join('\n')).toContain('listen address 0.0.0.0, which others can reach');
  });
});
