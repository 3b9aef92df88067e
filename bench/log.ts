import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/clock.ts';
import type { ExchangeRecord } from '../src/model/exchange.ts';
import { EVERY_ENTRY, type LogFilter } from '../src/model/request-log.ts';
import { LogReader } from '../src/usage/log-reader.ts';
import { LogWriter } from '../src/usage/log-writer.ts';

/**
 * What the request log costs and how quickly it is searched: a million entries of one day are written as they would be,
 * then every filter is asked for something common, something rare and something that is not there. Each figure is the
 * slowest of some tries. `LOG_ENTRIES` for another number of entries.
 */
const ENTRIES = Number(process.env.LOG_ENTRIES ?? 1_000_000);
const BATCH = 64;
const TRIES = 5;
const TARGET_MS = 200;
const DAY_MS = 86_400_000;
const now = Date.now();

const folder = mkdtempSync(join(tmpdir(), 'rotato-log-bench-'));
try {
  const settings = {
    folder,
    keptMs: 30 * DAY_MS,
    maxBytes: 8 * 1024 ** 3,
    maxLineBytes: 200 * 1024 ** 2,
    prices: { own: [], apiUrls: { openai: 'https://api.openai.com/v1' } },
  };
  const writer = new LogWriter('bench', settings, systemClock);
  fill(writer);
  measureWriting(writer);
  process.exitCode = searchAll() ? 0 : 1;
  measureRetention(writer);
  writer.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function fill(writer: LogWriter): void {
  for (let number = 1; (number - 1) * BATCH < ENTRIES; number++) {
    const records = Array.from({ length: BATCH }, (_, nth) => {
      const index = (number - 1) * BATCH + nth;
      return record(index, now - DAY_MS + 60_000 + Math.floor((index / ENTRIES) * (DAY_MS - 120_000)));
    });
    write(writer, number, records);
  }
  const megabytes = Math.round(statSync(join(folder, 'log.db')).size / 1e6);
  console.log(`${ENTRIES} entries of one day take ${megabytes} MB`);
}

/** What a request costs the thread that writes, when many come at once. */
function measureWriting(writer: LogWriter): void {
  const batches = Array.from({ length: 300 }, (_, number) => {
    const first = ENTRIES + 1 + number * BATCH;
    return Array.from({ length: BATCH }, (_, nth) => record(first + nth, Date.now()));
  });
  const cpu = process.cpuUsage();
  for (const [nth, records] of batches.entries()) write(writer, ENTRIES + nth, records);
  const { user, system } = process.cpuUsage(cpu);
  console.log(`writing one takes ${((user + system) / (batches.length * BATCH)).toFixed(1)} µs of processor time`);
}

function write(writer: LogWriter, number: number, records: readonly ExchangeRecord[]): void {
  const reply = writer.write({ number, isFirst: true, records, toDatabase: true, toLines: true });
  if (!reply.isInDatabase) throw new Error(reply.databaseProblem ?? 'not written');
}

function record(nth: number, at: number): ExchangeRecord {
  const refused = nth % 10 === 0;
  const rare = nth % Math.floor(ENTRIES / 20) === 7;
  const key = rare ? 'rarely-used' : `team-${nth % 5}`;
  const durationMs = 400.123 + (nth % 1000) + (rare ? 60_000 : 0);
  return {
    id: nth.toString(16).padStart(32, '0'),
    at,
    callerAddress: '127.0.0.1',
    client: `app-${nth % 7}`,
    provider: 'openai',
    model: ['gpt-4o-mini', 'gpt-4o', 'o3', 'gpt-5'][nth % 4] ?? '',
    method: 'POST',
    path: nth % 100 === 0 ? `/openai/v1/responses/resp_${(nth * 7919).toString(36)}` : '/openai/v1/chat/completions',
    status: rare ? 502 : refused ? 429 : 200,
    end: rare ? 'upstream_aborted' : refused ? 'rate_limited' : 'served',
    attempts: refused
      ? []
      : [
          {
            keyId: `key-${nth % 5}`,
            keyLabel: key,
            group: 'org-a',
            status: 200,
            outcome: 'served',
            reason: rare ? 'Something Odd happened at the upstream' : '',
            startedAt: at,
            waitedMs: 0.012,
            firstByteMs: 180.2,
            durationMs: durationMs - 1,
            chosen: 'round-robin: next of 5',
            passedOver: nth % 3 === 0 ? ['org-b: requests/min full for 4.1 s'] : [],
            morePassedOver: 0,
          },
        ],
    phases: [
      { kind: 'receiving', ms: 0.4 },
      { kind: 'queueing', ms: 0.1 },
      { kind: 'attempt', ms: durationMs - 0.5 },
    ],
    waitMs: 0.012,
    firstByteMs: 181,
    durationMs,
    bytesIn: 412,
    bytesOut: 8123,
    usage: refused
      ? null
      : { inputTokens: 1000 + (nth % 500), outputTokens: 300, cachedInputTokens: 100, reasoningTokens: null },
    error: refused
      ? `All keys of openai are resting: org-a: requests/min full (20 of 20). The next room is in ${(nth % 600) / 10} s.`
      : null,
  };
}

function searchAll(): boolean {
  const reader = new LogReader(join(folder, 'log.db'), systemClock);
  const range = { ...EVERY_ENTRY, from: now - DAY_MS };
  const filters: [string, Partial<LogFilter>][] = [
    ['everything', {}],
    ['provider, common', { provider: 'openai' }],
    ['provider, not there', { provider: 'nobody' }],
    ['client, common', { client: 'app-3' }],
    ['client, not there', { client: 'nobody' }],
    ['key, common', { key: 'team-2' }],
    ['key, 20 entries', { key: 'rarely-used' }],
    ['key, not there', { key: 'nobody' }],
    ['model, common', { model: 'gpt-4o' }],
    ['model, not there', { model: 'nothing' }],
    ['status, common', { status: { min: 429, max: 429 } }],
    ['status, 20 entries', { status: { min: 500, max: 599 } }],
    ['status, not there', { status: { min: 400, max: 410 } }],
    ['end, 20 entries', { end: 'upstream_aborted' }],
    ['end, not there', { end: 'dns' }],
    ['duration, 20 entries', { minDurationMs: 60_000 }],
    ['duration, not there', { minDurationMs: 600_000 }],
    ['text, common', { text: 'completions' }],
    ['text, 20 entries', { text: 'something odd' }],
    ['text, not there', { text: 'nothing-like-it' }],
    ['text, an id', { text: (7).toString(16).padStart(32, '0') }],
    ['text and key', { text: 'odd', key: 'rarely-used' }],
    [
      'five at once, not there',
      { provider: 'openai', client: 'app-3', model: 'gpt-4o', key: 'team-2', minDurationMs: 9e4 },
    ],
    ['an old hour', { from: now - DAY_MS + 3_600_000, until: now - DAY_MS + 7_200_000 }],
  ];
  let isGood = true;
  for (const [what, filter] of filters) {
    const tries = Array.from({ length: TRIES }, () => {
      const startedAt = performance.now();
      const { entries, complete } = reader.search({ ...range, ...filter }, { cursor: null, limit: 50 }, TARGET_MS);
      return { ms: performance.now() - startedAt, found: entries.length, complete };
    });
    const slowest = Math.max(...tries.map(({ ms }) => ms));
    const incomplete = tries.filter(({ complete }) => !complete).length;
    isGood &&= incomplete === 0 && slowest < TARGET_MS;
    console.log(
      `${what.padEnd(28)}${slowest.toFixed(1).padStart(8)} ms  ${tries[0]?.found} found${incomplete > 0 ? `, ${incomplete} of ${TRIES} ran out of time` : ''}`,
    );
  }
  const startedAt = performance.now();
  const found = reader.get((12_345).toString(16).padStart(32, '0'));
  console.log(
    `${'one by its id'.padEnd(28)}${(performance.now() - startedAt).toFixed(1).padStart(8)} ms  ${found === null ? 'missing' : 'found'}`,
  );
  reader.close();
  return isGood;
}

function measureRetention(writer: LogWriter): void {
  writer.apply({
    folder,
    keptMs: DAY_MS * 0.9,
    maxBytes: 8 * 1024 ** 3,
    maxLineBytes: null,
    prices: { own: [], apiUrls: {} },
  });
  let slowest = 0;
  let steps = 0;
  const begun = performance.now();
  for (let more = true; more; steps++) {
    const startedAt = performance.now();
    more = writer.prune();
    slowest = Math.max(slowest, performance.now() - startedAt);
  }
  console.log(
    `a tenth taken away: ${steps} steps, the longest ${slowest.toFixed(1)} ms, ${Math.round(performance.now() - begun)} ms in all`,
  );
}
