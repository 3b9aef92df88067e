import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { systemClock, type Timer } from '../clock.ts';
import type { WriterRequest, WriterThreadData } from './log-messages.ts';
import { LogWriter } from './log-writer.ts';
import { unpackRecords } from './pack-records.ts';

/** The thread that writes the request log: whatever the disk makes it wait for, no relayed request waits with it. */

/** Between two steps of retention, so that what is to be written comes in between. */
const STEP_PAUSE_MS = 20;
const LOOK_EVERY_MS = 60_000;
const SUMS_AFTER_MS = 1_000;

function serve(port: MessagePort): void {
  const { session, settings } = workerData as WriterThreadData;
  const writer = new LogWriter(session, settings, systemClock);
  let sums: Timer | null = null;
  const prune = () => {
    pruning = systemClock.setTimer(writer.prune() ? STEP_PAUSE_MS : LOOK_EVERY_MS, prune);
  };
  let pruning = systemClock.setTimer(LOOK_EVERY_MS, prune);
  const writeSums = () => {
    sums = null;
    writer.writeSums();
  };
  port.on('message', (request: WriterRequest) => {
    if (request.kind === 'write') {
      const { packed, ...batch } = request.batch;
      port.postMessage(writer.write({ ...batch, records: unpackRecords(packed) }));
      if (writer.hasUnwrittenSums) sums ??= systemClock.setTimer(SUMS_AFTER_MS, writeSums);
      return;
    }
    if (request.kind === 'settings') {
      writer.apply(request.settings);
      return;
    }
    pruning.cancel();
    sums?.cancel();
    writer.close();
    port.close();
  });
}

if (parentPort !== null) serve(parentPort);
