import type { AttemptRecord, ExchangeRecord } from '../../src/model/exchange.ts';

let ids = 0;

/** A request that was served at once, but for what is given. */
export function exchangeRecord(given: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return {
    id: (++ids).toString(16).padStart(32, '0'),
    at: Date.UTC(2026, 0, 5, 12),
    callerAddress: '127.0.0.1',
    client: 'my-app',
    provider: 'openai',
    model: 'gpt-4o',
    method: 'POST',
    path: '/openai/chat/completions',
    status: 200,
    end: 'served',
    attempts: [attemptRecord()],
    phases: [
      { kind: 'receiving', ms: 1 },
      { kind: 'queueing', ms: 0 },
      { kind: 'attempt', ms: 499 },
    ],
    waitMs: 0,
    firstByteMs: 120,
    durationMs: 500,
    bytesIn: 200,
    bytesOut: 3000,
    usage: { inputTokens: 1000, outputTokens: 100, cachedInputTokens: null, reasoningTokens: null },
    error: null,
    ...given,
  };
}

export function attemptRecord(given: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    keyId: 'key-a',
    keyLabel: 'team-a',
    group: 'org-a',
    status: 200,
    outcome: 'served',
    reason: '',
    startedAt: Date.UTC(2026, 0, 5, 12),
    waitedMs: 0,
    firstByteMs: 119,
    durationMs: 499,
    chosen: 'round-robin: next of 3',
    passedOver: [],
    morePassedOver: 0,
    ...given,
  };
}
