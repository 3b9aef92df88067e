import type { AttemptRecord, ExchangeRecord, Phase } from '../model/exchange.ts';
import type { TokenUsage } from '../model/outcome.ts';

/**
 * Records on their way to another thread: all their texts in one list and all their numbers in another, in the order in
 * which they are taken out again. Copying a thousand objects, each with the names of its members, takes four times as
 * long, and it is the relaying thread that copies.
 */
export interface PackedRecords {
  readonly count: number;
  readonly texts: readonly (string | null)[];
  /** Null is written as NaN, which no record holds. */
  readonly numbers: readonly number[];
}

export function packRecords(records: readonly ExchangeRecord[]): PackedRecords {
  const texts: (string | null)[] = [];
  const numbers: number[] = [];
  for (const record of records) packRecord(record, texts, numbers);
  return { count: records.length, texts, numbers };
}

function packRecord(record: ExchangeRecord, texts: (string | null)[], numbers: number[]): void {
  const { id, callerAddress, client, provider, model, method, path, end, error } = record;
  texts.push(id, callerAddress, client, provider, model, method, path, end, error);
  numbers.push(record.at, orNaN(record.status), record.waitMs, orNaN(record.firstByteMs), record.durationMs);
  numbers.push(record.bytesIn, record.bytesOut, record.attempts.length, record.phases.length);
  packUsage(record.usage, numbers);
  for (const attempt of record.attempts) packAttempt(attempt, texts, numbers);
  for (const { kind, ms } of record.phases) {
    texts.push(kind);
    numbers.push(ms);
  }
}

function packUsage(usage: TokenUsage | null, numbers: number[]): void {
  numbers.push(usage === null ? 0 : 1);
  if (usage === null) return;
  numbers.push(orNaN(usage.inputTokens), orNaN(usage.outputTokens));
  numbers.push(orNaN(usage.cachedInputTokens), orNaN(usage.reasoningTokens));
  numbers.push(orNaN(usage.cacheWriteTokens ?? null), orNaN(usage.cacheWriteHourTokens ?? null));
}

function packAttempt(attempt: AttemptRecord, texts: (string | null)[], numbers: number[]): void {
  const { keyId, keyLabel, group, outcome, reason, chosen, passedOver } = attempt;
  texts.push(keyId, keyLabel, group, outcome, reason, chosen, ...passedOver);
  numbers.push(orNaN(attempt.status), attempt.startedAt, attempt.waitedMs, orNaN(attempt.firstByteMs));
  numbers.push(attempt.durationMs, attempt.morePassedOver, passedOver.length);
}

function orNaN(number: number | null): number {
  return number ?? Number.NaN;
}

export function unpackRecords(packed: PackedRecords): ExchangeRecord[] {
  const taker = new Taker(packed);
  return Array.from({ length: packed.count }, () => takeRecord(taker));
}

class Taker {
  readonly #packed: PackedRecords;
  #nextText = 0;
  #nextNumber = 0;

  constructor(packed: PackedRecords) {
    this.#packed = packed;
  }

  textOrNull(): string | null {
    return this.#packed.texts[this.#nextText++] ?? null;
  }

  text(): string {
    return this.textOrNull() ?? '';
  }

  number(): number {
    return this.#packed.numbers[this.#nextNumber++] ?? 0;
  }

  numberOrNull(): number | null {
    const number = this.number();
    return Number.isNaN(number) ? null : number;
  }

  many<T>(count: number, take: () => T): T[] {
    return Array.from({ length: count }, take);
  }
}

function takeRecord(taker: Taker): ExchangeRecord {
  const texts = {
    id: taker.text(),
    callerAddress: taker.textOrNull(),
    client: taker.textOrNull(),
    provider: taker.textOrNull(),
    model: taker.textOrNull(),
    method: taker.text(),
    path: taker.text(),
    end: taker.text() as ExchangeRecord['end'],
    error: taker.textOrNull(),
  };
  const numbers = {
    at: taker.number(),
    status: taker.numberOrNull(),
    waitMs: taker.number(),
    firstByteMs: taker.numberOrNull(),
    durationMs: taker.number(),
    bytesIn: taker.number(),
    bytesOut: taker.number(),
  };
  const attempts = taker.number();
  const phases = taker.number();
  return {
    ...texts,
    ...numbers,
    usage: takeUsage(taker),
    attempts: taker.many(attempts, () => takeAttempt(taker)),
    phases: taker.many(phases, (): Phase => ({ kind: taker.text() as Phase['kind'], ms: taker.number() })),
  };
}

function takeUsage(taker: Taker): TokenUsage | null {
  if (taker.number() === 0) return null;
  const usage = {
    inputTokens: taker.numberOrNull(),
    outputTokens: taker.numberOrNull(),
    cachedInputTokens: taker.numberOrNull(),
    reasoningTokens: taker.numberOrNull(),
  };
  const cacheWriteTokens = taker.numberOrNull();
  const cacheWriteHourTokens = taker.numberOrNull();
  return {
    ...usage,
    ...(cacheWriteTokens !== null && { cacheWriteTokens }),
    ...(cacheWriteHourTokens !== null && { cacheWriteHourTokens }),
  };
}

function takeAttempt(taker: Taker): AttemptRecord {
  const texts = {
    keyId: taker.text(),
    keyLabel: taker.text(),
    group: taker.text(),
    outcome: taker.text() as AttemptRecord['outcome'],
    reason: taker.text(),
    chosen: taker.text(),
  };
  const numbers = {
    status: taker.numberOrNull(),
    startedAt: taker.number(),
    waitedMs: taker.number(),
    firstByteMs: taker.numberOrNull(),
    durationMs: taker.number(),
    morePassedOver: taker.number(),
  };
  return { ...texts, ...numbers, passedOver: taker.many(taker.number(), () => taker.text()) };
}
