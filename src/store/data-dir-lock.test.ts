import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CrashingProcess } from '../../test/support/crashing-process.ts';
import { DataDirLock } from './data-dir-lock.ts';

/** Who may write anywhere. */
const IS_SUPERUSER = process.getuid?.() === 0;
const HOLD_LOCK = fileURLToPath(new URL('../../test/support/hold-lock.ts', import.meta.url));

let dataDir: string;

beforeEach(() => {
  dataDir = join(mkdtempSync(join(tmpdir(), 'rotato-lock-')), 'data');
});

afterEach(() => rmSync(join(dataDir, '..'), { recursive: true }));

const refusal = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    return error as Error;
  }
  throw new Error('It was not refused.');
};

describe('DataDirLock', () => {
  it('makes the folder, and is for one at a time', () => {
    const first = DataDirLock.take(dataDir);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    expect(readdirSync(dataDir).map((name) => [name, statSync(join(dataDir, name)).mode & 0o777])).toEqual([
      ['lock.db', 0o600],
      ['lock.txt', 0o600],
    ]);
    expect(refusal(() => DataDirLock.take(dataDir))).toMatchObject({ code: 'bad-configuration' });
    first.release();
    first.release();
    expect(existsSync(join(dataDir, 'lock.txt'))).toBe(false);
    DataDirLock.take(dataDir).release();
  });

  it('tells who has it, and what to do', () => {
    const first = DataDirLock.take(dataDir);
    first.describe('http://127.0.0.1:8990');
    expect(refusal(() => DataDirLock.take(dataDir)).message).toBe(
      `The data directory ${dataDir} is in use by another rotato (process ${process.pid} on ${hostname()}, http://127.0.0.1:8990). Stop it first, or give this one a data directory of its own with --data.`,
    );
    rmSync(join(dataDir, 'lock.txt'));
    expect(refusal(() => DataDirLock.take(dataDir, { remedy: 'Use the panel.' })).message).toBe(
      `The data directory ${dataDir} is in use by another rotato. Use the panel.`,
    );
    first.release();
  });

  it('of another process is held by it, whatever its note says, and falls with it', async () => {
    const other = new CrashingProcess(HOLD_LOCK, [dataDir]);
    await other.firstLine();
    expect(refusal(() => DataDirLock.take(dataDir)).message).toContain(`(process ${other.pid} on ${hostname()})`);
    await other.kill();
    expect(readFileSync(join(dataDir, 'lock.txt'), 'utf8')).toContain(`process ${other.pid} `);
    const lock = DataDirLock.take(dataDir);
    expect(readFileSync(join(dataDir, 'lock.txt'), 'utf8')).toContain(`process ${process.pid} `);
    lock.release();
  });

  it('is not lost by trying to take it again', async () => {
    const lock = DataDirLock.take(dataDir);
    refusal(() => DataDirLock.take(dataDir));
    const other = new CrashingProcess(HOLD_LOCK, [dataDir]);
    await expect(other.firstLine()).rejects.toThrow('is in use by another rotato');
    lock.release();
  });

  it('cannot be had on a file that is something else', () => {
    DataDirLock.take(dataDir).release();
    writeFileSync(join(dataDir, 'lock.db'), 'x'.repeat(9_999));
    expect(refusal(() => DataDirLock.take(dataDir))).toMatchObject({
      code: 'bad-configuration',
      message: expect.stringContaining('cannot be locked (file is not a database)'),
    });
  });

  it.skipIf(IS_SUPERUSER)('cannot be had in a folder that may not be written to', () => {
    mkdirSync(dataDir);
    chmodSync(dataDir, 0o500);
    expect(refusal(() => DataDirLock.take(dataDir)).message).toContain(`${dataDir} cannot be used (EACCES)`);
    chmodSync(dataDir, 0o700);
  });
});
