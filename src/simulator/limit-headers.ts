import type { Wire } from '../model/provider.ts';
import type { WindowReading } from './meter.ts';
import type { HeaderStyle } from './provider-options.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './windows.ts';

export type ResolvedStyle = Exclude<HeaderStyle, 'native'>;

export function resolveStyle(style: HeaderStyle, wire: Wire): ResolvedStyle {
  return style === 'native' ? wire : style;
}

/** What every metered answer announces, good or bad. `wallNow` is the provider's own idea of the date. */
export function limitHeaders(
  style: ResolvedStyle,
  readings: readonly WindowReading[],
  wallNow: number,
): Record<string, string> {
  const announced = readings.filter(({ hidden }) => !hidden);
  switch (style) {
    case 'openai':
      return {
        ...openaiFamily('requests', shortest(announced, 'requests')),
        ...openaiFamily('tokens', tokens(announced)),
      };
    case 'groq':
      // Groq's request headers speak of the day, its token headers of the minute; requests a minute have none.
      return {
        ...openaiFamily('requests', longest(announced, 'requests')),
        ...openaiFamily('tokens', tokens(announced)),
      };
    case 'anthropic':
      return anthropicFamily(announced, wallNow);
    case 'gemini':
    case 'retry-after':
    case 'none':
      return {};
  }
}

function byPeriod(readings: readonly WindowReading[], dimension: string): WindowReading[] {
  return readings
    .filter(({ limit }) => limit.dimension === dimension)
    .sort((one, other) => one.limit.periodMs - other.limit.periodMs);
}

/** Where a minute and a day are both limited, OpenAI's headers speak of the minute. */
function shortest(readings: readonly WindowReading[], dimension: string): WindowReading | undefined {
  return byPeriod(readings, dimension)[0];
}

function longest(readings: readonly WindowReading[], dimension: string): WindowReading | undefined {
  return byPeriod(readings, dimension).at(-1);
}

function tokens(readings: readonly WindowReading[]): WindowReading | undefined {
  return shortest(readings, 'tokens') ?? shortest(readings, 'input-tokens');
}

function openaiFamily(name: string, reading: WindowReading | undefined): Record<string, string> {
  if (reading === undefined) return {};
  return {
    [`x-ratelimit-limit-${name}`]: String(reading.limit.limit),
    [`x-ratelimit-remaining-${name}`]: String(reading.left),
    [`x-ratelimit-reset-${name}`]: goDuration(reading.fullInMs),
  };
}

function anthropicFamily(readings: readonly WindowReading[], wallNow: number): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const dimension of ['requests', 'tokens', 'input-tokens', 'output-tokens']) {
    const reading = shortest(readings, dimension);
    if (reading === undefined) continue;
    const resetSecond = Math.ceil((wallNow + reading.fullInMs) / SECOND_MS) * SECOND_MS;
    headers[`anthropic-ratelimit-${dimension}-limit`] = String(reading.limit.limit);
    headers[`anthropic-ratelimit-${dimension}-remaining`] = String(reading.left);
    headers[`anthropic-ratelimit-${dimension}-reset`] = `${new Date(resetSecond).toISOString().slice(0, 19)}Z`;
  }
  return headers;
}

/** As Go prints a duration, which is what OpenAI and Groq send: `6m0s`, `2m59.56s`, `120ms`, `172.799999ms`, `0s`. */
export function goDuration(ms: number): string {
  if (!Number.isFinite(ms)) return '8760h0m0s';
  if (ms <= 0) return '0s';
  if (ms < SECOND_MS) return `${trimmed(ms, 6)}ms`;
  // Rounded before it is split, or 59.9999999 s would print as 60s inside a minute.
  const whole = Math.round(ms * 1_000) / 1_000;
  const hours = Math.floor(whole / HOUR_MS);
  const minutes = Math.floor((whole % HOUR_MS) / MINUTE_MS);
  const seconds = trimmed((whole % MINUTE_MS) / SECOND_MS, 6);
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}

interface PeriodWords {
  /** In OpenAI's sentences. */
  readonly short: string;
  readonly long: string;
  readonly initial: string;
  /** In Gemini's quota ids. */
  readonly camel: string;
}

export function periodWords(periodMs: number): PeriodWords {
  if (periodMs <= SECOND_MS) return { short: 'sec', long: 'second', initial: 'S', camel: 'Second' };
  if (periodMs <= MINUTE_MS) return { short: 'min', long: 'minute', initial: 'M', camel: 'Minute' };
  if (periodMs <= HOUR_MS) return { short: 'hour', long: 'hour', initial: 'H', camel: 'Hour' };
  if (periodMs <= DAY_MS) return { short: 'day', long: 'day', initial: 'D', camel: 'Day' };
  return { short: 'month', long: 'month', initial: 'MO', camel: 'Month' };
}
