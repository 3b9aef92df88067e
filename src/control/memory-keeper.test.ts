import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { type Log, silentLog } from '../log.ts';
import { MemoryFile } from '../store/memory-file.ts';
import { MemoryKeeper } from './memory-keeper.ts';

describe('MemoryKeeper', () => {
  let folder: string;
  let clock: VirtualClock;
  let collected: number;
  const warnings: string[] = [];
  const log: Log = { ...silentLog, warn: (message) => warnings.push(message) };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rotato-keeper-'));
    clock = new VirtualClock();
    collected = 0;
    warnings.length = 0;
  });

  const keeperOf = (file: MemoryFile) => new MemoryKeeper({ file, clock, log, collect: () => ({ nth: ++collected }) });

  it('saves once for many touches, seconds later, and not at all when nothing happened', async () => {
    const keeper = keeperOf(new MemoryFile(join(folder, 'memory.json')));
    await clock.advance(60_000);
    expect(collected).toBe(0);
    for (let nth = 0; nth < 100; nth++) keeper.touch();
    await clock.advance(4_999);
    expect(collected).toBe(0);
    await clock.advance(60_000);
    expect(collected).toBe(1);
  });

  it('saves at the end, whatever was saved before', async () => {
    const file = new MemoryFile(join(folder, 'memory.json'));
    await keeperOf(file).close();
    expect(file.load(() => {})).toEqual({ nth: 1 });
  });

  it('complains once of a disk that refuses, and goes on trying', async () => {
    const file = new MemoryFile(join(folder, 'later', 'memory.json'));
    const keeper = keeperOf(file);
    await keeper.close();
    await keeper.close();
    expect(warnings).toEqual(['What the pool learned cannot be saved; a restart will learn it again']);
    mkdirSync(join(folder, 'later'));
    await keeper.close();
    expect(file.load(() => {})).toEqual({ nth: 3 });
  });
});
