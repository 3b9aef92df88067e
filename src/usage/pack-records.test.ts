import fc from 'fast-check';
import { expect, it } from 'vitest';
import { attemptRecord, exchangeRecord } from '../../test/support/log-records.ts';
import { packRecords, unpackRecords } from './pack-records.ts';

const text = fc.string({ unit: 'binary' });
const textOrNull = fc.option(text);
const number = fc.double({ min: 0, max: 1e15, noNaN: true });
const numberOrNull = fc.option(number);

const attempt = fc
  .record({
    keyId: text,
    keyLabel: text,
    group: text,
    status: numberOrNull,
    reason: text,
    startedAt: number,
    waitedMs: number,
    firstByteMs: numberOrNull,
    durationMs: number,
    chosen: text,
    passedOver: fc.array(text, { maxLength: 9 }),
    morePassedOver: number,
  })
  .map(attemptRecord);

const usage = fc.record(
  {
    inputTokens: numberOrNull,
    outputTokens: numberOrNull,
    cachedInputTokens: numberOrNull,
    reasoningTokens: numberOrNull,
    cacheWriteTokens: number,
    cacheWriteHourTokens: number,
  },
  { requiredKeys: ['inputTokens', 'outputTokens', 'cachedInputTokens', 'reasoningTokens'] },
);

const record = fc
  .record({
    id: text,
    at: number,
    callerAddress: textOrNull,
    client: textOrNull,
    provider: textOrNull,
    model: textOrNull,
    method: text,
    path: text,
    status: numberOrNull,
    error: textOrNull,
    attempts: fc.array(attempt, { maxLength: 5 }),
    phases: fc.array(fc.record({ kind: fc.constantFrom('queueing' as const, 'attempt' as const), ms: number })),
    waitMs: number,
    firstByteMs: numberOrNull,
    durationMs: number,
    bytesIn: number,
    bytesOut: number,
    usage: fc.option(usage),
  })
  .map(exchangeRecord);

it('takes out what was put in, also after a copy to another thread', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 5 }), (records) => {
      expect(unpackRecords(structuredClone(packRecords(records)))).toEqual(records);
    }),
    { numRuns: 200 },
  );
});
