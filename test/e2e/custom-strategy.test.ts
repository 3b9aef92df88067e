import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../support/wait-until.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Prefers the key whose label stands highest in the alphabet. */
const HIGHEST_LABEL = `
interface Key { readonly label: string }
export function highestLabel(keys: readonly Key[]): Key {
  return keys.toSorted((one, other) => (one.label < other.label ? 1 : -1))[0] as Key;
}
`;

describe("an operator's own strategy, in the whole program", () => {
  let folder: string;
  let upstream: Server;
  let used: string[];
  let program: ChildProcess;
  let output: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rotato-strategy-'));
    used = [];
    output = '';
    upstream = createServer((request, reply) => {
      used.push(request.headers.authorization ?? '');
      request.resume();
      reply.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    const limits = [{ model: '*', rpm: 1_000 }];
    const file = {
      listen: { host: '127.0.0.1', port: 0 },
      providers: {
        bench: {
          wire: 'openai',
          baseUrl: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`,
          allowPrivateAddress: true,
          strategy: './mine.ts',
          keys: ['a', 'b', 'c'].map((label) => ({ key: `sk-${label}`, label, limits })),
        },
      },
    };
    writeFileSync(join(folder, 'rotato.json'), JSON.stringify(file));
  });

  afterEach(async () => {
    const gone = new Promise((resolve) => program.once('close', resolve));
    program.kill('SIGKILL');
    await gone;
    upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = async (module: string) => {
    writeFileSync(join(folder, 'mine.ts'), module);
    program = spawn(process.execPath, [MAIN, 'start'], { cwd: folder, env: { PATH: process.env.PATH ?? '' } });
    const note = (chunk: Buffer) => {
      output += chunk;
    };
    program.stdout?.on('data', note);
    program.stderr?.on('data', note);
    await waitUntil(
      () => /listening on \S+/.test(output),
      () => `a start: ${output}`,
    );
    return /listening on (\S+)/.exec(output)?.[1] ?? '';
  };

  const chat = async (url: string) => {
    const body = JSON.stringify({ model: 'm', messages: [] });
    const reply = await fetch(`${url}/bench/chat/completions`, { method: 'POST', body });
    await reply.text();
    return reply.status;
  };

  it('chooses, and is loaded anew when it is edited', async () => {
    const url = await start(HIGHEST_LABEL);
    for (let nth = 0; nth < 3; nth++) expect(await chat(url)).toBe(200);
    expect(used).toEqual(['Bearer sk-c', 'Bearer sk-c', 'Bearer sk-c']);

    writeFileSync(join(folder, 'mine.ts'), 'export default (keys: readonly unknown[]) => keys[0];');
    program.kill('SIGHUP');
    await waitUntil(
      () => output.includes('Configuration reloaded'),
      () => `a reload: ${output}`,
    );
    used.length = 0;
    for (let nth = 0; nth < 3; nth++) expect(await chat(url)).toBe(200);
    expect(new Set(used)).not.toEqual(new Set(['Bearer sk-c']));

    writeFileSync(join(folder, 'mine.ts'), 'export const keys = 3;');
    await waitUntil(
      () => output.includes('which exports keys, which is a number'),
      () => `a complaint: ${output}`,
    );
    expect(await chat(url)).toBe(200);
  });

  it('that throws is replaced by round-robin, and one warning says so', async () => {
    const url = await start('export default () => { throw new Error("not today"); };');
    for (let nth = 0; nth < 6; nth++) expect(await chat(url)).toBe(200);
    expect(new Set(used).size).toBe(3);
    expect(output.split('its own strategy threw \\"not today\\"; round-robin chooses instead')).toHaveLength(2);
  });
});
