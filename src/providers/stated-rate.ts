import type { Dimension } from '../model/limit.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, parseCount } from './duration-text.ts';
import type { QuotaViolation } from './error-body.ts';

/** What a refusal says about the limit it ran into; null where it does not say. */
export interface StatedRate {
  readonly dimension: Dimension | null;
  readonly periodMs: number | null;
  readonly limit: number | null;
  /** What this one request asked for, in units of `dimension`. */
  readonly requested: number | null;
}

const NOTHING_STATED: StatedRate = { dimension: null, periodMs: null, limit: null, requested: null };

const PERIOD_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  sec: 1_000,
  second: 1_000,
  min: MINUTE_MS,
  minute: MINUTE_MS,
  hour: HOUR_MS,
  day: DAY_MS,
  month: 30 * DAY_MS,
};

/** "tokens per min", "20,000 input tokens per minute", "Requests per minute limit exceeded". */
const PER_PERIOD =
  /(?:(\d[\d,]{0,15}) )?\b(?:(input|output|prompt|generated|total) )?(tokens|requests|images)(?: \([A-Z]{2,5}\))? per (second|sec|minute|min|hour|day|month)\b/i;
/** GitHub Models: "Rate limit of 50 per 86400s exceeded for UserByModelByDay". */
const PER_SECONDS = /\bRate limit of (\d{1,12}) per (\d{1,9})s exceeded/i;
/** Cohere: "limited to 20 API calls / minute". */
const CALLS_PER_PERIOD = /\blimited to (\d{1,12}) API calls \/ (second|minute|hour|day|month)/i;
/** Azure: "have exceeded token rate limit". */
const EXCEEDED_RATE = /\bexceeded (token|call|request) rate limit/i;
const LIMIT = /\blimit:? (\d[\d,]{0,15})/i;
const REQUESTED = /\brequested:? (\d[\d,]{0,15})/i;

/** Reads the limit out of a refusal's own words. */
export function readStatedRate(message: string, violations: readonly QuotaViolation[]): StatedRate {
  const violation = violations[0];
  if (violation !== undefined) return rateOfViolation(violation);
  const perSeconds = PER_SECONDS.exec(message);
  if (perSeconds !== null) {
    return stated('requests', Number(perSeconds[2]) * 1_000, Number(perSeconds[1]), null);
  }
  const calls = CALLS_PER_PERIOD.exec(message);
  if (calls !== null) return stated('requests', periodMs(calls[2]), Number(calls[1]), null);
  const limit = countIn(LIMIT, message);
  const requested = countIn(REQUESTED, message);
  const perPeriod = PER_PERIOD.exec(message);
  if (perPeriod !== null) {
    const [, before, kind, noun, period] = perPeriod;
    return stated(dimensionOf(kind, noun), periodMs(period), limit ?? parseCount(before ?? ''), requested);
  }
  const exceeded = EXCEEDED_RATE.exec(message)?.[1]?.toLowerCase();
  const dimension = exceeded === undefined ? null : exceeded === 'token' ? 'tokens' : 'requests';
  return limit === null && dimension === null ? NOTHING_STATED : stated(dimension, null, limit, requested);
}

function stated(
  dimension: Dimension | null,
  period: number | null,
  limit: number | null,
  requested: number | null,
): StatedRate {
  return { dimension, periodMs: period, limit, requested };
}

function rateOfViolation({ quotaId, quotaValue }: QuotaViolation): StatedRate {
  const period = /Per(Second|Minute|Hour|Day)/.exec(quotaId)?.[1];
  const dimension = /InputToken/.test(quotaId)
    ? 'input-tokens'
    : /Token/.test(quotaId)
      ? 'tokens'
      : /Request/.test(quotaId)
        ? 'requests'
        : null;
  return stated(dimension, periodMs(period), quotaValue, null);
}

/** Images and audio are limited as well, in units the pool does not count. */
function dimensionOf(kind: string | undefined, noun: string | undefined): Dimension | null {
  if (noun?.toLowerCase() === 'requests') return 'requests';
  if (noun?.toLowerCase() !== 'tokens') return null;
  switch (kind?.toLowerCase()) {
    case 'input':
    case 'prompt':
      return 'input-tokens';
    case 'output':
    case 'generated':
      return 'output-tokens';
    default:
      return 'tokens';
  }
}

function periodMs(word: string | undefined): number | null {
  return PERIOD_MS[word?.toLowerCase() ?? ''] ?? null;
}

function countIn(pattern: RegExp, message: string): number | null {
  const count = pattern.exec(message)?.[1];
  return count === undefined ? null : parseCount(count);
}
