import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CANARY_KEYS, findLeaks } from '../../test/support/canary.ts';
import { HOSTILE_TEXTS } from '../../test/support/hostile-texts.ts';
import { attemptRecord, exchangeRecord } from '../../test/support/log-records.ts';
import type { ExchangeRecord } from '../model/exchange.ts';
import { boundRecord, formatLine, parseLine } from './log-line.ts';

const unpriced = { costUsd: null, pricedBy: null };
// biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is tested.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** A record in which one text stands wherever callers and upstreams can put one. */
function recordOf(text: string): ExchangeRecord {
  return exchangeRecord({
    client: text,
    provider: text,
    model: text,
    method: text,
    path: text,
    error: text,
    callerAddress: text,
    attempts: [attemptRecord({ keyLabel: text, group: text, reason: text, chosen: text, passedOver: [text] })],
  });
}

describe('a line of the log', () => {
  it('begins with what the original rotato wrote, under its names', () => {
    const refused = attemptRecord({ keyLabel: 'team-b', status: 429, outcome: 'rate-limited', reason: 'slow down' });
    const record = exchangeRecord({ attempts: [refused, attemptRecord()] });
    expect(JSON.parse(formatLine({ ...boundRecord(record), ...unpriced }))).toMatchObject({
      timestamp: '2026-01-05T12:00:00.000Z',
      requestId: record.id,
      method: 'POST',
      endpoint: '/openai/chat/completions',
      provider: 'openai',
      status: 200,
      responseTime: 500,
      error: null,
      clientIp: '127.0.0.1',
      keyUsed: 'team-a',
      failedKeys: [{ key: 'team-b', status: 429, reason: 'slow down' }],
    });
  });

  it('reads back as the entry it was', () => {
    const entry = { ...boundRecord(exchangeRecord()), costUsd: 0.0125, pricedBy: 'somebody' };
    expect(parseLine(formatLine(entry))).toEqual(entry);
    expect(parseLine('{"requestId":')).toBeNull();
    expect(parseLine('null')).toBeNull();
  });

  it('holds hostile texts as text: bounded, on one line, without a control character, and unchanged where they are short', () => {
    expect(HOSTILE_TEXTS).toHaveLength(200);
    for (const text of HOSTILE_TEXTS) {
      const entry = { ...boundRecord(recordOf(text)), ...unpriced };
      const line = formatLine(entry);
      expect(line).not.toMatch(CONTROLS);
      expect(line.length).toBeLessThan(60_000);
      const read = parseLine(line);
      expect(read).toEqual(entry);
      if (text.length <= 32) expect(read?.path).toBe(text.toWellFormed());
      else expect(text.toWellFormed().startsWith((read?.path ?? '').slice(0, -1))).toBe(true);
    }
  });

  it('keeps the sum of the phases equal to the total, and attempts to a number', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e5, noNaN: true }), { maxLength: 40 }), (durations) => {
        const phases = durations.map((ms) => ({ kind: 'attempt' as const, ms }));
        const durationMs = durations.reduce((sum, ms) => sum + ms, 0);
        const bounded = boundRecord(exchangeRecord({ phases, durationMs }));
        const sum = bounded.phases.reduce((total, { ms }) => total + ms, 0);
        expect(sum).toBeCloseTo(bounded.durationMs, 3);
      }),
    );
    const many = boundRecord(exchangeRecord({ attempts: Array.from({ length: 5000 }, () => attemptRecord()) }));
    expect(formatLine({ ...many, ...unpriced }).length).toBeLessThan(200_000);
  });

  it('hides what looks like a credential, wherever it was put', () => {
    for (const key of CANARY_KEYS) {
      const record = exchangeRecord({
        path: `/openai/${key}/x`,
        model: key,
        error: `Incorrect API key provided: ${key}.`,
        attempts: [attemptRecord({ reason: `Bearer ${key} is wrong; ${'x'.repeat(600)} ${key}` })],
      });
      expect(findLeaks(formatLine({ ...boundRecord(record), ...unpriced }), [key])).toEqual([]);
    }
  });
});
