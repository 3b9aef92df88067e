import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exchangeRecord } from '../../test/support/log-records.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { type Clock, systemClock } from '../clock.ts';
import { type LogFields, silentLog } from '../log.ts';
import type { ExchangeRecord } from '../model/exchange.ts';
import { EVERY_ENTRY, type LogEntry } from '../model/request-log.ts';
import type { LogSettings } from './log-messages.ts';
import { Recorder } from './recorder.ts';
import { WorkerRequestLog } from './worker-request-log.ts';

let folder: string;
let said: { message: string; fields: LogFields }[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rotato-recorder-'));
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function start(clock: Clock = systemClock, given: Partial<LogSettings> = {}): Recorder {
  const say = (message: string, fields: LogFields = {}) => said.push({ message, fields });
  const apiUrls = { openai: 'https://api.openai.com/v1' };
  return new Recorder({
    settings: { folder, keptMs: 1e12, maxBytes: 1e9, maxLineBytes: 1e8, prices: { own: [], apiUrls }, ...given },
    clock,
    log: { ...silentLog, warn: say, info: say },
  });
}

function recordMany(recorder: Recorder, count: number): string[] {
  const records = Array.from({ length: count }, () => exchangeRecord());
  for (const record of records) recorder.record(record);
  return idsOf(records);
}

function idsOf(entries: readonly ExchangeRecord[]): string[] {
  return entries.map(({ id }) => id);
}

async function logged(): Promise<string[]> {
  const log = new WorkerRequestLog(folder);
  const ids: string[] = [];
  for (let cursor: string | null = null; ; ) {
    const page = await log.search(EVERY_ENTRY, { cursor, limit: 1000 });
    ids.push(...idsOf(page.entries));
    cursor = page.cursor;
    if (cursor === null) break;
  }
  await log.close();
  return ids.reverse();
}

function inLines(): string[] {
  return readFileSync(join(folder, 'logs.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).requestId);
}

describe('the recorder', () => {
  it('has written everything when it is closed, in both places, once', async () => {
    const recorder = start();
    const ids = recordMany(recorder, 1_000);
    await recorder.close();
    expect(await logged()).toEqual(ids);
    expect(inLines()).toEqual(ids);
    expect(said).toEqual([]);
  });

  it('tells who listens of every entry, priced, within a moment', async () => {
    const recorder = start();
    const heard: LogEntry[] = [];
    const stop = recorder.tail((entries) => heard.push(...entries));
    const ids = recordMany(recorder, 3);
    await waitUntil(
      () => heard.length === 3,
      () => '3 entries',
    );
    expect(idsOf(heard)).toEqual(ids);
    expect(heard[0]?.costUsd).toBeCloseTo(0.0035, 9);
    stop();
    recordMany(recorder, 1);
    await recorder.close();
    expect(heard).toHaveLength(3);
  });

  it('goes on without its folder, warns once a minute, and loses nothing once it is back', async () => {
    const clock = new VirtualClock();
    const recorder = start(clock);
    const ids = recordMany(recorder, 64);
    await waitUntil(
      () => recorder.health.backlog === 0,
      () => 'the first batch',
    );
    renameSync(folder, `${folder}-away`);
    for (let second = 0; second < 130; second++) {
      ids.push(...recordMany(recorder, 1));
      await clock.advance(1_000);
      await waitUntil(
        () => recorder.health.problem !== null,
        () => 'a problem',
      );
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const warnings = said.filter(({ message }) => message.startsWith('The request log cannot be written'));
    expect(warnings.length).toBeGreaterThanOrEqual(2);
    expect(warnings.length).toBeLessThanOrEqual(3);
    expect(recorder.health).toMatchObject({
      problem: `log.db in ${folder}: the folder is gone`,
      backlog: 130,
      lost: 0,
      since: expect.any(Number),
    });
    renameSync(`${folder}-away`, folder);
    while (recorder.health.backlog > 0) {
      await clock.advance(1_000);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(recorder.health).toMatchObject({ problem: null, since: null });
    expect(said.at(-1)?.message).toBe('The request log is written again');
    await recorder.close();
    expect(await logged()).toEqual(ids);
    expect(inLines()).toEqual(ids);
  });

  it('keeps a bounded number of records while it waits, and says how many it gave up', async () => {
    const clock = new VirtualClock();
    const recorder = start(clock, { folder: join(folder, 'not there'), maxLineBytes: null });
    recordMany(recorder, 12_000);
    await waitUntil(
      () => recorder.health.problem !== null,
      () => 'a problem',
    );
    await waitUntil(
      () => recorder.health.backlog <= 10_000 + 8 * 64,
      () => 'a bounded backlog',
    );
    const closed = recorder.close();
    await clock.advance(10_000);
    await closed;
    // What the thread still had when the others were counted may have been given up since.
    const { backlog, lost } = recorder.health;
    expect(backlog + lost).toBe(12_000);
    expect(said.at(-1)).toMatchObject({
      message: 'The last requests could not be logged',
      fields: { requests: backlog },
    });
  });

  it('costs a process that is killed no more than its last second', { timeout: 60_000 }, async () => {
    const script = fileURLToPath(new URL('../../test/support/log-child.ts', import.meta.url));
    const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    const printed: { id: string; at: number }[] = [];
    let isReady = false;
    createInterface(child.stdout).on('line', (line) => {
      if (line === 'ready') isReady = true;
      else printed.push({ id: line, at: performance.now() });
    });
    await waitUntil(
      () => isReady,
      () => 'the first entry',
      30_000,
    );
    const readyAt = performance.now();
    await waitUntil(
      () => performance.now() - readyAt > 2_000 && printed.length > 100,
      () => 'some requests',
      30_000,
    );
    const killedAt = performance.now();
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    const found = new Set(await logged());
    const missing = printed.filter(({ id }) => !found.has(id));
    expect(missing.filter(({ at }) => at < killedAt - 1_000)).toEqual([]);
    expect(found.size).toBeGreaterThan(50);
  });
});
