import { systemClock } from '../../src/clock.ts';
import { silentLog } from '../../src/log.ts';
import { Recorder } from '../../src/usage/recorder.ts';
import { exchangeRecord } from './log-records.ts';

/** A process to be killed: records a request every few milliseconds into the folder it is given, and prints its id. */
const folder = process.argv[2] ?? '';
const EVERY_MS = 5;

const recorder = new Recorder({
  settings: { folder, keptMs: 1e12, maxBytes: 1e9, maxLineBytes: 1e8, prices: { own: [], apiUrls: {} } },
  clock: systemClock,
  log: silentLog,
});
const stop = recorder.tail(() => {
  stop();
  process.stdout.write('ready\n');
});
const again = () => {
  const record = exchangeRecord();
  recorder.record(record);
  process.stdout.write(`${record.id}\n`);
  systemClock.setTimer(EVERY_MS, again);
};
again();
