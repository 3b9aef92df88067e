import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LineFile } from './line-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rotato-lines-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const pathOf = (name: string) => join(folder, name);
const read = (name = 'logs.jsonl') => readFileSync(pathOf(name), 'utf8');

it('never takes more than its size by more than one batch, and loses nothing of the newest half', () => {
  const file = new LineFile({ folder, maxBytes: 10_000 });
  const lines: string[] = [];
  for (let nth = 0; nth < 500; nth++) {
    const batch = [`{"nth":${nth}}`.padEnd(100), `{"nth":${nth}.5}`];
    lines.push(...batch);
    file.append(batch);
    const older = existsSync(pathOf('logs.1.jsonl')) ? statSync(pathOf('logs.1.jsonl')).size : 0;
    expect(older + statSync(pathOf('logs.jsonl')).size).toBeLessThanOrEqual(10_000);
  }
  const kept = `${read('logs.1.jsonl')}${read()}`.trimEnd().split('\n');
  expect(kept).toEqual(lines.slice(-kept.length));
  expect(kept.join('\n').length).toBeGreaterThan(5_000);
});

it('goes on when others rename, empty or delete the file', () => {
  const file = new LineFile({ folder, maxBytes: 10_000 });
  file.append(['one']);
  renameSync(pathOf('logs.jsonl'), pathOf('logs.jsonl.by-logrotate'));
  file.append(['two']);
  expect(read()).toBe('two\n');
  truncateSync(pathOf('logs.jsonl'));
  file.append(['three']);
  expect(read()).toBe('three\n');
  rmSync(pathOf('logs.jsonl'));
  file.append(['four']);
  expect(read()).toBe('four\n');
});

it('does not wait for a reader of a pipe, and writes to no device', () => {
  const file = new LineFile({ folder, maxBytes: 10_000 });
  execFileSync('mkfifo', [pathOf('logs.jsonl')]);
  expect(() => file.append(['x'])).toThrow();
  rmSync(pathOf('logs.jsonl'));
  symlinkSync('/dev/full', pathOf('logs.jsonl'));
  expect(() => file.append(['x'])).toThrow(/not a file/);
});
