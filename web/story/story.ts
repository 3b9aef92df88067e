import type { AttemptRecord, ExchangeRecord } from '../../src/admin/contract.ts';
import { durationText } from '../format/durations.ts';
import { bytesText, counted, numberText } from '../format/numbers.ts';

export type StoryTone = 'neutral' | 'ready' | 'resting' | 'exhausted' | 'rejected' | 'disabled';

/** One thing that happened to a request, at so many milliseconds after it arrived. */
export interface StoryStep {
  readonly id: string;
  readonly kind: 'received' | 'waited' | 'attempt' | 'ended';
  readonly atMs: number;
  readonly lengthMs: number;
  readonly title: string;
  /** Sentences below it, each with its own line. */
  readonly details: readonly string[];
  readonly tone: StoryTone;
}

/** What a record says of an attempt, besides, as far as it was kept. */
type ToldAttempt = AttemptRecord &
  Partial<{
    readonly waitedMs: number;
    readonly firstByteMs: number | null;
    readonly passedOver: readonly string[];
    readonly morePassedOver: number;
  }>;

/** The story of a request in the order in which it happened. */
export function tellStory(exchange: ExchangeRecord): readonly StoryStep[] {
  const steps: StoryStep[] = [received(exchange)];
  let clockMs = 0;
  const attempts: readonly ToldAttempt[] = exchange.attempts;
  attempts.forEach((attempt, place) => {
    const waitedMs = attempt.waitedMs ?? (place === 0 ? exchange.waitMs : 0);
    if (waitedMs >= LEAST_WAIT_MS) steps.push(waited(attempt, place, clockMs, waitedMs));
    clockMs = startOf(attempt, exchange, clockMs + waitedMs);
    steps.push(tellAttempt(exchange, attempt, place, clockMs));
    clockMs += attempt.durationMs;
  });
  if (attempts.length === 0 && exchange.waitMs >= LEAST_WAIT_MS) steps.push(waitedInVain(exchange));
  const end = ended(exchange);
  return end === null ? steps : [...steps, end];
}

const LEAST_WAIT_MS = 5;

/** Where the record says when an attempt began, that is it; else they follow each other. */
function startOf({ startedAt }: AttemptRecord, { at, durationMs }: ExchangeRecord, otherwise: number): number {
  const told = startedAt - at;
  return told >= 0 && told <= durationMs ? told : otherwise;
}

function received(exchange: ExchangeRecord): StoryStep {
  const parts = [
    `from ${exchange.client ?? 'an unnamed caller'}`,
    exchange.model ?? 'no model named',
    exchange.bytesIn > 0 ? bytesText(exchange.bytesIn) : null,
  ];
  return {
    id: 'received',
    kind: 'received',
    atMs: 0,
    lengthMs: 0,
    title: 'Received',
    details: [parts.filter(Boolean).join(' · ')],
    tone: 'neutral',
  };
}

function waited(attempt: ToldAttempt, place: number, atMs: number, lengthMs: number): StoryStep {
  const more = attempt.morePassedOver ?? 0;
  return {
    id: `waited-${place}`,
    kind: 'waited',
    atMs,
    lengthMs,
    title: `Waited ${durationText(lengthMs)} for room`,
    details: [...(attempt.passedOver ?? []), ...(more > 0 ? [`and ${counted(more, 'more quota group')}`] : [])],
    tone: 'resting',
  };
}

function waitedInVain(exchange: ExchangeRecord): StoryStep {
  return {
    id: 'waited',
    kind: 'waited',
    atMs: 0,
    lengthMs: exchange.waitMs,
    title: `Waited ${durationText(exchange.waitMs)} for room`,
    details: [],
    tone: 'resting',
  };
}

function tellAttempt(exchange: ExchangeRecord, attempt: ToldAttempt, place: number, atMs: number): StoryStep {
  const isLast = place === exchange.attempts.length - 1;
  const key = attempt.group === attempt.keyLabel ? attempt.keyLabel : `${attempt.keyLabel} (${attempt.group})`;
  const details = [sayAnswer(attempt)];
  if (attempt.reason !== '' && attempt.outcome !== 'served') details.push(`“${attempt.reason}”`);
  if (isLast && attempt.outcome === 'served') details.push(...sayYield(exchange));
  if (attempt.chosen !== '') details.push(`Chosen: ${attempt.chosen}`);
  return {
    id: `attempt-${place}`,
    kind: 'attempt',
    atMs,
    lengthMs: attempt.durationMs,
    title: exchange.attempts.length === 1 ? `Sent with ${key}` : `Attempt ${place + 1} with ${key}`,
    details,
    tone: TONES[attempt.outcome],
  };
}

const TONES: Readonly<Record<AttemptRecord['outcome'], StoryTone>> = {
  served: 'ready',
  'rate-limited': 'resting',
  'request-too-large': 'rejected',
  'quota-exhausted': 'exhausted',
  'key-rejected': 'rejected',
  'model-unavailable': 'disabled',
  overloaded: 'resting',
  'not-sent': 'disabled',
  uncertain: 'rejected',
  'request-refused': 'rejected',
  'caller-left': 'disabled',
};

const OUTCOMES: Readonly<Record<AttemptRecord['outcome'], string>> = {
  served: 'answered',
  'rate-limited': 'rate limited',
  'request-too-large': 'larger than the limit can ever admit',
  'quota-exhausted': 'quota exhausted',
  'key-rejected': 'key refused',
  'model-unavailable': 'no such model for this account',
  overloaded: 'provider overloaded',
  'not-sent': 'never delivered',
  uncertain: 'failed after it was sent',
  'request-refused': 'request refused',
  'caller-left': 'caller hung up',
};

function sayAnswer({ status, outcome, durationMs }: AttemptRecord): string {
  const what = status === null ? OUTCOMES[outcome] : `${status} ${OUTCOMES[outcome]}`;
  return `${what} after ${durationText(durationMs)}`;
}

/** What the caller got of it. */
function sayYield({ firstByteMs, usage, bytesOut }: ExchangeRecord): string[] {
  const parts = [
    firstByteMs === null ? null : `first byte after ${durationText(firstByteMs)}`,
    usage?.inputTokens ? `${numberText(usage.inputTokens)} tokens in` : null,
    usage?.outputTokens ? `${numberText(usage.outputTokens)} tokens out` : bytesText(bytesOut),
  ];
  return [parts.filter(Boolean).join(', ')];
}

/** Said only where the last attempt does not say it all. */
function ended(exchange: ExchangeRecord): StoryStep | null {
  if (exchange.end === 'served' && exchange.attempts.length > 0) return null;
  return {
    id: 'ended',
    kind: 'ended',
    atMs: exchange.durationMs,
    lengthMs: 0,
    title: ENDS[exchange.end],
    details: exchange.error === null ? [] : [exchange.error],
    tone: exchange.end === 'client_aborted' ? 'disabled' : 'rejected',
  };
}

const ENDS: Readonly<Record<ExchangeRecord['end'], string>> = {
  served: 'Answered',
  refused: 'Refused by rotato',
  client_aborted: 'The caller hung up',
  client_stall: 'The caller stopped reading',
  connect_refused: 'The provider refused the connection',
  connect_timeout: 'The provider could not be reached in time',
  dns: "The provider's name could not be resolved",
  tls: 'No trusted connection to the provider',
  address_forbidden: "The provider's address is not allowed",
  first_byte_timeout: 'The provider did not begin to answer in time',
  upstream_idle: 'The provider fell silent in the middle of its answer',
  upstream_closed: 'The provider closed the connection in the middle of its answer',
  upstream_aborted: 'The provider broke its answer off',
  bad_response: 'The provider answered something that is not HTTP',
  rate_limited: 'No room within the time the caller would wait',
  internal: 'rotato failed',
};

/** In one line: who served it, after how long a wait, in how many attempts. */
export function summariseStory(exchange: ExchangeRecord): string {
  const last = exchange.attempts.at(-1);
  if (last === undefined) return `${ENDS[exchange.end]}. No key was used.`;
  const waited =
    exchange.waitMs < LEAST_WAIT_MS ? 'without a wait' : `after a wait of ${durationText(exchange.waitMs)}`;
  const tries =
    exchange.attempts.length === 1 ? 'at the first attempt' : `in ${counted(exchange.attempts.length, 'attempt')}`;
  const verb = last.outcome === 'served' ? 'Served by' : 'Last tried with';
  return `${verb} ${last.keyLabel}, ${waited}, ${tries}.`;
}
