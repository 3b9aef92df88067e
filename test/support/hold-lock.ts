import { writeSync } from 'node:fs';
import { DataDirLock } from '../../src/store/data-dir-lock.ts';

/** A program for crash tests: it takes the lock of a data directory and keeps it until it is killed. */
const [dataDir = ''] = process.argv.slice(2);
DataDirLock.take(dataDir);
// Whatever nobody refers to any more is gone before the lock is put to the test.
globalThis.gc?.();
writeSync(1, 'taken\n');
setInterval(() => {}, 60_000);
