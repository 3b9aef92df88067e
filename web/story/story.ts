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

/** What passes in less is the machine's own pace, and not worth a line. */
const LEAST_WAIT_MS = 50;

/** The story of a request in the order in which it happened. */
export function tellStory(exchange: ExchangeRecord): readonly StoryStep[] {
  const steps: StoryStep[] = [];
  let atMs = 0;
  let place = 0;
  for (const { kind, ms } of exchange.phases) {
    const span: Span = { atMs, lengthMs: ms };
    const attempt = exchange.attempts[place];
    if (kind === 'attempt' && attempt !== undefined) steps.push(tellAttempt(exchange, place++, span));
    else if (kind === 'queueing' && ms >= LEAST_WAIT_MS) steps.push(waited(attempt, span, steps.length));
    else if (kind === 'back-off' && ms >= LEAST_WAIT_MS) steps.push(pausedStep(span, steps.length));
    atMs += ms;
  }
  const end = ended(exchange);
  return [received(exchange), ...steps, ...(end === null ? [] : [end])];
}

interface Span {
  readonly atMs: number;
  readonly lengthMs: number;
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

/** `attempt` is the one that ended the wait; none when it was in vain. */
function waited(attempt: AttemptRecord | undefined, span: Span, place: number): StoryStep {
  const more = attempt?.morePassedOver ?? 0;
  return {
    ...span,
    id: `waited-${place}`,
    kind: 'waited',
    title: `Waited ${durationText(span.lengthMs)} ${attempt?.passedOver.length === 0 ? 'for its turn' : 'for room'}`,
    details: [...(attempt?.passedOver ?? []), ...(more > 0 ? [`and ${counted(more, 'more quota group')}`] : [])],
    tone: 'resting',
  };
}

function pausedStep(span: Span, place: number): StoryStep {
  return {
    ...span,
    id: `paused-${place}`,
    kind: 'waited',
    title: `Paused ${durationText(span.lengthMs)} before trying again`,
    details: [],
    tone: 'disabled',
  };
}

function tellAttempt(exchange: ExchangeRecord, place: number, span: Span): StoryStep {
  const attempt = exchange.attempts[place] as AttemptRecord;
  const { keyLabel, group, outcome, reason, chosen } = attempt;
  const key = group === keyLabel ? keyLabel : `${keyLabel} (${group})`;
  const details = [sayAnswer(attempt)];
  if (reason !== '' && outcome !== 'served') details.push(`“${reason}”`);
  if (place === exchange.attempts.length - 1 && outcome === 'served') details.push(sayYield(exchange));
  if (chosen !== '') details.push(`Chosen by ${chosen}`);
  return {
    ...span,
    id: `attempt-${place}`,
    kind: 'attempt',
    title: exchange.attempts.length === 1 ? `Sent with ${key}` : `Attempt ${place + 1} with ${key}`,
    details,
    tone: TONES[outcome],
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

function sayAnswer({ status, outcome, durationMs, firstByteMs }: AttemptRecord): string {
  const what = status === null ? OUTCOMES[outcome] : `${status} ${OUTCOMES[outcome]}`;
  if (outcome !== 'served' || firstByteMs === null) return `${what} after ${durationText(durationMs)}`;
  return `${what}, first byte after ${durationText(firstByteMs)}, whole after ${durationText(durationMs)}`;
}

/** What the caller got of it. */
function sayYield({ usage, bytesOut }: ExchangeRecord): string {
  const { inputTokens = null, outputTokens = null } = usage ?? {};
  if (outputTokens === null) return `${bytesText(bytesOut)} handed on`;
  const input = inputTokens === null ? '' : `${numberText(inputTokens)} tokens in, `;
  return `${input}${numberText(outputTokens)} tokens out`;
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
