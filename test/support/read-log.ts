import { EVERY_ENTRY, type LogEntry } from '../../src/model/request-log.ts';
import type { RunningRotato } from './running-rotato.ts';
import { waitUntil } from './wait-until.ts';

/** Everything in the request log, oldest first, once it holds `count` entries. */
export async function readLog({ rotato }: RunningRotato, count: number): Promise<readonly LogEntry[]> {
  const log = rotato.requestLog;
  if (log === null) throw new Error('This rotato keeps no log.');
  await waitUntil(
    () => log.recorder.health.backlog === 0 && log.recorder.health.problem === null,
    () => `the log to be written; ${JSON.stringify(log.recorder.health)}`,
  );
  const entries: LogEntry[] = [];
  for (let cursor: string | null = null; ; ) {
    const page = await log.reader.search(EVERY_ENTRY, { cursor, limit: 1_000 });
    entries.push(...page.entries);
    cursor = page.cursor;
    if (cursor === null) break;
  }
  if (entries.length !== count) throw new Error(`The log holds ${entries.length} entries, not ${count}.`);
  return entries.reverse();
}
