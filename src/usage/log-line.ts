import { escapeControls } from '../escape-controls.ts';
import type { AttemptRecord, EndReason, ExchangeRecord, Phase } from '../model/exchange.ts';
import type { TokenUsage } from '../model/outcome.ts';
import type { LogEntry } from '../model/request-log.ts';
import { redactShapes } from '../redactor.ts';

/**
 * An entry as it is written, in the database and in logs.jsonl alike: one line of JSON without a control character.
 * The first fields are those of the original rotato's log, under its names; the rest is what it did not know.
 */
interface LogLine {
  /** ISO 8601. */
  readonly timestamp: string;
  readonly requestId: string;
  readonly method: string;
  readonly endpoint: string;
  readonly provider: string | null;
  readonly status: number | null;
  /** Milliseconds. */
  readonly responseTime: number;
  readonly error: string | null;
  readonly clientIp: string | null;
  readonly keyUsed: string | null;
  readonly failedKeys: readonly { readonly key: string; readonly status: number | null; readonly reason: string }[];

  readonly client: string | null;
  readonly model: string | null;
  readonly end: EndReason;
  readonly waitMs: number;
  readonly firstByteMs: number | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly usage: TokenUsage | null;
  readonly costUsd: number | null;
  readonly pricedBy: string | null;
  readonly phases: readonly Phase[];
  readonly attempts: readonly AttemptRecord[];
}

/** Characters; what is longer ends in an ellipsis. */
const LONGEST = { id: 64, name: 128, model: 256, method: 32, path: 2048, error: 2048, reason: 512, sentence: 256 };
/** Ten times what the default settings let one request try. */
const MOST_ATTEMPTS = 200;
const MOST_PASSED_OVER = 8;

/**
 * The record with every text bounded and free of credentials; nothing that a caller, or an upstream, wrote is longer.
 * Numbers are rounded to the microsecond, phases so that their sum is still the total.
 */
export function boundRecord(record: ExchangeRecord): ExchangeRecord {
  return {
    id: bounded(record.id, LONGEST.id),
    at: Math.floor(record.at),
    callerAddress: boundedOrNull(record.callerAddress, LONGEST.name),
    client: boundedOrNull(record.client, LONGEST.name),
    provider: boundedOrNull(record.provider, LONGEST.name),
    model: record.model === null ? null : foreign(record.model, LONGEST.model),
    method: bounded(record.method, LONGEST.method),
    path: foreign(record.path, LONGEST.path),
    status: record.status,
    end: record.end,
    attempts: record.attempts.slice(0, MOST_ATTEMPTS).map(boundAttempt),
    phases: roundPhases(record.phases),
    waitMs: roundMs(record.waitMs),
    firstByteMs: record.firstByteMs === null ? null : roundMs(record.firstByteMs),
    durationMs: roundMs(record.durationMs),
    bytesIn: record.bytesIn,
    bytesOut: record.bytesOut,
    usage: record.usage,
    error: record.error === null ? null : foreign(record.error, LONGEST.error),
  };
}

function boundAttempt(attempt: AttemptRecord): AttemptRecord {
  const passedOver = attempt.passedOver.slice(0, MOST_PASSED_OVER);
  return {
    keyId: bounded(attempt.keyId, LONGEST.id),
    keyLabel: bounded(attempt.keyLabel, LONGEST.name),
    group: bounded(attempt.group, LONGEST.name),
    status: attempt.status,
    outcome: attempt.outcome,
    reason: foreign(attempt.reason, LONGEST.reason),
    startedAt: Math.floor(attempt.startedAt),
    waitedMs: roundMs(attempt.waitedMs),
    firstByteMs: attempt.firstByteMs === null ? null : roundMs(attempt.firstByteMs),
    durationMs: roundMs(attempt.durationMs),
    chosen: bounded(attempt.chosen, LONGEST.sentence),
    passedOver: passedOver.map((text) => bounded(text, LONGEST.sentence)),
    morePassedOver: attempt.morePassedOver + attempt.passedOver.length - passedOver.length,
  };
}

function roundPhases(phases: readonly Phase[]): Phase[] {
  let exact = 0;
  let rounded = 0;
  return phases.slice(0, 2 * MOST_ATTEMPTS + 2).map(({ kind, ms }) => {
    exact += ms;
    const before = rounded;
    rounded = roundMs(exact);
    return { kind, ms: roundMs(rounded - before) };
  });
}

function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** `entry` is bounded already. */
export function formatLine(entry: LogEntry): string {
  const { attempts } = entry;
  const failed = attempts.filter(({ outcome }) => outcome !== 'served');
  const line: LogLine = {
    timestamp: new Date(entry.at).toISOString(),
    requestId: entry.id,
    method: entry.method,
    endpoint: entry.path,
    provider: entry.provider,
    status: entry.status,
    responseTime: entry.durationMs,
    error: entry.error,
    clientIp: entry.callerAddress,
    keyUsed: attempts.at(-1)?.keyLabel ?? null,
    failedKeys: failed.map(({ keyLabel, status, reason }) => ({ key: keyLabel, status, reason })),
    client: entry.client,
    model: entry.model,
    end: entry.end,
    waitMs: entry.waitMs,
    firstByteMs: entry.firstByteMs,
    bytesIn: entry.bytesIn,
    bytesOut: entry.bytesOut,
    usage: entry.usage,
    costUsd: entry.costUsd,
    pricedBy: entry.pricedBy,
    phases: entry.phases,
    attempts,
  };
  // Inside JSON an escape reads back as the character it stands for.
  return escapeControls(JSON.stringify(line));
}

/** Null for what is no line of ours: in a damaged file, or in one that others have written to. */
export function parseLine(text: string): LogEntry | null {
  try {
    return toEntry(JSON.parse(text) as LogLine);
  } catch {
    return null;
  }
}

function toEntry(line: LogLine): LogEntry {
  return {
    id: line.requestId,
    at: Date.parse(line.timestamp),
    callerAddress: line.clientIp,
    client: line.client,
    provider: line.provider,
    model: line.model,
    method: line.method,
    path: line.endpoint,
    status: line.status,
    end: line.end,
    attempts: line.attempts,
    phases: line.phases,
    waitMs: line.waitMs,
    firstByteMs: line.firstByteMs,
    durationMs: line.responseTime,
    bytesIn: line.bytesIn,
    bytesOut: line.bytesOut,
    usage: line.usage,
    error: line.error,
    costUsd: line.costUsd,
    pricedBy: line.pricedBy,
  };
}

/** Everything of an entry that a search for text looks into, its id first. */
export function textsOf(entry: LogEntry): string[] {
  const texts = [entry.id, entry.path, entry.end, entry.method];
  for (const text of [entry.provider, entry.client, entry.model, entry.error, entry.callerAddress]) {
    if (text !== null) texts.push(text);
  }
  for (const { keyLabel, group, outcome, reason } of entry.attempts) texts.push(keyLabel, group, outcome, reason);
  return texts;
}

/** A text of the caller's or an upstream's: it may hold anything. */
function foreign(text: string, longest: number): string {
  const known = redacted.get(text);
  if (known !== undefined) return known;
  // Cut with room to spare first: a credential must not be cut in half before it is recognised.
  const harmless = bounded(redactShapes(text.length > 2 * longest ? text.slice(0, 2 * longest) : text), longest);
  if (redacted.size >= MOST_REMEMBERED) redacted.clear();
  if (text.length <= SHORT) redacted.set(text, harmless);
  return harmless;
}

/** Paths, models and reasons come again and again, and looking for credentials takes longer than looking here. */
const redacted = new Map<string, string>();
const MOST_REMEMBERED = 2_000;
/** No bound cuts it. */
const SHORT = 256;

function boundedOrNull(text: string | null, longest: number): string | null {
  return text === null ? null : bounded(text, longest);
}

/** Half a surrogate pair, which no encoding can carry, becomes a replacement character. */
function bounded(text: string, longest: number): string {
  return (text.length > longest ? `${text.slice(0, longest - 1)}…` : text).toWellFormed();
}
