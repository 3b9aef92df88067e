import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryFile } from './memory-file.ts';

describe('MemoryFile', () => {
  let folder: string;
  let path: string;
  const warnings: string[] = [];
  const warn = (text: string) => warnings.push(text);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rotato-memory-'));
    path = join(folder, 'pool-memory.json');
    warnings.length = 0;
  });

  it('gives back what was saved, and nothing, without complaint, before that', async () => {
    const file = new MemoryFile(path);
    expect(file.load(warn)).toBeNull();
    await file.save({ groups: [1, 2] });
    expect(new MemoryFile(path).load(warn)).toEqual({ groups: [1, 2] });
    expect(warnings).toEqual([]);
  });

  it('is readable by its owner alone and leaves no temporary file behind', async () => {
    await new MemoryFile(path).save({});
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['pool-memory.json']);
  });

  it('saves in order, whatever is asked at once', async () => {
    const file = new MemoryFile(path);
    await Promise.all([file.save(1), file.save(2), file.save(3)]);
    expect(file.load(warn)).toBe(3);
  });

  it('sets a damaged file aside, says so, and goes on without it', () => {
    writeFileSync(path, '{"groups": [1, 2');
    expect(new MemoryFile(path).load(warn)).toBeNull();
    expect(warnings).toEqual([
      `${path} is damaged and was set aside as ${path}.damaged; what it held is learned anew.`,
    ]);
    expect(readFileSync(`${path}.damaged`, 'utf8')).toBe('{"groups": [1, 2');
  });

  it('tells its caller when the disk refuses, keeps what was there, and can save again later', async () => {
    const file = new MemoryFile(path);
    await file.save('before');
    const nowhere = new MemoryFile(join(folder, 'missing', 'pool-memory.json'));
    await expect(nowhere.save('after')).rejects.toThrow('ENOENT');
    await expect(nowhere.save('again')).rejects.toThrow('ENOENT');
    expect(file.load(warn)).toBe('before');
  });
});
