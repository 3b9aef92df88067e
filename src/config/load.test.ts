// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the format under test writes variables this way.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SAMPLE_PRESETS } from '../../test/support/config-from-text.ts';
import type { Flags } from './config.ts';
import { loadConfig } from './load.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rotato-load-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string | Buffer) => writeFileSync(join(folder, name), text);
const load = (flags: Flags = {}, env: Record<string, string> = {}) =>
  loadConfig({ flags, env, cwd: folder, presets: SAMPLE_PRESETS });

describe('the configuration file', () => {
  it('is looked for in the working directory, YAML before JSON', () => {
    expect(load().configFile).toBeNull();
    write('rotato.json', '{"listen": {"port": 1}}');
    expect(load()).toMatchObject({ configFile: join(folder, 'rotato.json'), listen: { port: 1 } });
    write('rotato.yaml', 'listen: { port: 2 }');
    expect(load()).toMatchObject({ configFile: join(folder, 'rotato.yaml'), listen: { port: 2 } });
  });

  it('may be named, by flag or variable, from the working directory', () => {
    mkdirSync(join(folder, 'etc'));
    write('etc/a.yml', 'listen: { port: 3 }');
    write('etc/b.yml', 'listen: { port: 4 }');
    expect(load({ config: 'etc/a.yml' }).listen.port).toBe(3);
    expect(load({}, { ROTATO_CONFIG: join(folder, 'etc/b.yml') }).listen.port).toBe(4);
    expect(load({ config: 'etc/a.yml' }, { ROTATO_CONFIG: 'etc/b.yml' }).sources.get('configFile')).toEqual({
      kind: 'flag',
      detail: '--config',
    });
  });

  it('has to be there when it is named', () => {
    expect(() => load({ config: 'gone.yaml' })).toThrow(
      'gone.yaml: no such file; allowed: a readable YAML or JSON file',
    );
  });

  it('is named whole when it lies elsewhere', () => {
    expect(() => load({ config: '/nowhere/rotato.yaml' })).toThrow('/nowhere/rotato.yaml: no such file');
  });

  it('has to be a file', () => {
    mkdirSync(join(folder, 'rotato.yaml'));
    expect(() => load()).toThrow('rotato.yaml: cannot be read (EISDIR)');
  });

  it('has to be UTF-8', () => {
    write('rotato.yaml', Buffer.from([0x61, 0x3a, 0x20, 0xff]));
    expect(() => load()).toThrow('rotato.yaml: found bytes that are not UTF-8');
  });

  it('may begin with a byte order mark', () => {
    write('rotato.yaml', '\uFEFFlisten: { port: 5 }');
    expect(load().listen.port).toBe(5);
  });

  it('may not be endless', () => {
    write('rotato.yaml', Buffer.alloc(16 * 1024 ** 2 + 1, '#'));
    expect(() => load()).toThrow('allowed: at most 16777216');
  });
});

describe('.env', () => {
  it('of the working directory fills in what the environment leaves open', () => {
    write('.env', 'KEY_A=from-file\nKEY_B=from-file');
    write('rotato.yaml', 'providers: { openai: { keys: [{ key: "${KEY_A}" }, { key: "${KEY_B}2" }] } }');
    expect(load({}, { KEY_A: 'from-environment' }).providers[0]?.keys.map(({ key }) => key.reveal())).toEqual([
      'from-environment',
      'from-file2',
    ]);
  });

  it('may name the configuration file', () => {
    write('.env', 'ROTATO_CONFIG=other.yaml');
    write('other.yaml', 'listen: { port: 6 }');
    expect(load().listen.port).toBe(6);
  });

  it('may be a folder, as in some Python projects', () => {
    mkdirSync(join(folder, '.env'));
    expect(load().listen.port).toBe(8990);
  });

  it.skipIf(process.getuid?.() === 0)('that cannot be read stops the start', () => {
    write('.env', 'A=1');
    chmodSync(join(folder, '.env'), 0);
    expect(() => load()).toThrow('.env: cannot be read (EACCES)');
  });
});
