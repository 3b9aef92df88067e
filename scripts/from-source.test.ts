import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('from-source.ts', import.meta.url));

describe.skipIf(process.platform === 'win32')('rotato in an npm script', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rotato-script-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each(['SIGTERM', 'SIGKILL'] as const)('stops in good order when %s takes its shell away', async (signal) => {
    // What follows the command keeps the shell from becoming it.
    const line = `"${process.execPath}" "${script}" start --port 0; true`;
    const shell = spawn('sh', ['-c', line], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const log = text(shell.stderr);
    for await (const chunk of shell.stdout.iterator({ destroyOnReturn: false })) {
      if (String(chunk).includes('listening on')) break;
    }
    shell.stdout.resume();
    shell.kill(signal);
    // Its output ends when rotato does, which is no longer the shell's child.
    expect(await log).toContain('SIGTERM received');
  });
});
