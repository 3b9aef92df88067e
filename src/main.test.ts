import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** The program as it is run, in a process of its own. */
class Program {
  readonly #child: ChildProcess;
  readonly exited: Promise<unknown[]>;
  out = '';
  err = '';

  constructor(cwd: string, ...words: string[]) {
    const main = fileURLToPath(new URL('main.ts', import.meta.url));
    this.#child = spawn(process.execPath, [main, ...words], { cwd, env: { PATH: process.env.PATH ?? '' } });
    this.exited = once(this.#child, 'close');
    this.#child.stdout?.on('data', (chunk) => {
      this.out += chunk;
    });
    this.#child.stderr?.on('data', (chunk) => {
      this.err += chunk;
    });
  }

  /** Resolves once `text` stands in the output; rejects when the program ends before. */
  async until(text: string): Promise<void> {
    while (!`${this.out}${this.err}`.includes(text)) {
      if (this.#child.exitCode !== null) throw new Error(`ended before "${text}": ${this.out}${this.err}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }
}

let folder: string;
let programs: Program[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rotato-main-'));
  programs = [];
});

afterEach(() => {
  for (const program of programs) program.signal('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function run(...words: string[]): Program {
  const program = new Program(folder, ...words);
  programs.push(program);
  return program;
}

describe('rotato', () => {
  it('without any configuration listens on loopback, makes its data directory, and stops on SIGTERM with 0', async () => {
    const program = run('--port', '0');
    await program.until('rotato demo');
    const url = /listening on (http:\/\/127\.0\.0\.1:\d+)\n/.exec(program.out)?.[1];
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(statSync(join(folder, '.rotato')).mode & 0o777).toBe(0o700);
    program.signal('SIGTERM');
    expect(await program.exited).toEqual([0, null]);
    expect(program.err).not.toContain('Internal error');
  });

  it('puts an edit in force as it is saved, keeps the last good one through a broken one, and stops on SIGINT', async () => {
    const write = (text: string) => writeFileSync(join(folder, 'rotato.yaml'), text);
    write('clients: [{ name: a, key: old-client-key }]');
    const program = run('start', '--port', '0');
    await program.until('rotato demo');
    const url = /listening on (\S+)/.exec(program.out)?.[1];
    const statusFor = async (key: string) =>
      (await fetch(`${url}/nobody/x`, { headers: { authorization: `Bearer ${key}` } })).status;
    expect([await statusFor('old-client-key'), await statusFor('new-client-key')]).toEqual([404, 401]);
    write('clients: [{ name: a, key: new-client-key }');
    await program.until('the last good one stays in force');
    expect(await statusFor('old-client-key')).toBe(404);
    write('clients: [{ name: a, key: new-client-key }]');
    await program.until('Configuration reloaded');
    expect([await statusFor('old-client-key'), await statusFor('new-client-key')]).toEqual([401, 404]);
    program.signal('SIGINT');
    expect(await program.exited).toEqual([0, null]);
    expect(`${program.out}${program.err}`).not.toMatch(/old-client-key|new-client-key/);
  });

  it('says which port is taken, and exits 1', async () => {
    const first = run('--host', '127.0.0.1', '--port', '0');
    await first.until('listening on');
    const port = /127\.0\.0\.1:(\d+)/.exec(first.out)?.[1];
    const second = run('--host', '127.0.0.1', '--port', String(port), '--data', 'of-its-own');
    expect(await second.exited).toEqual([1, null]);
    expect(second.err).toMatch(
      new RegExp(`^rotato: Port ${port} on 127\\.0\\.0\\.1 is taken\\. The next free one is \\d+: use --port \\d+\\n$`),
    );
  });
});
