import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeaderList } from '../model/header-list.ts';
import type { LimitReading } from '../model/limit.ts';
import { LONGEST_WAIT_MS } from './duration-text.ts';
import { LIMIT_HEADER_FAMILIES, type LimitHeaderFamily } from './limit-header-families.ts';
import { limitReader } from './rate-limit-headers.ts';

const NOW = Date.UTC(2026, 7, 19, 14, 34, 11);
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
const FAMILIES = Object.keys(LIMIT_HEADER_FAMILIES) as LimitHeaderFamily[];

function read(family: LimitHeaderFamily, headers: Readonly<Record<string, string>>): readonly LimitReading[] {
  return limitReader(family)(new HeaderList(Object.entries(headers).flat()), NOW);
}

/** Without the header's name, which is for people. */
function figures(family: LimitHeaderFamily, headers: Readonly<Record<string, string>>) {
  return read(family, headers).map(({ dimension, periodMs, limit, remaining, resetMs }) => [
    dimension,
    periodMs,
    limit,
    remaining,
    resetMs,
  ]);
}

function triple(subject: string, limit: string, remaining: string, reset: string) {
  return {
    [`x-ratelimit-limit-${subject}`]: limit,
    [`x-ratelimit-remaining-${subject}`]: remaining,
    [`x-ratelimit-reset-${subject}`]: reset,
  };
}

describe('limitReader', () => {
  it('reads OpenAI, and tells its minute from its day by how fast it refills', () => {
    const tokens = triple('tokens', '2000000', '1999235', '22ms');
    expect(figures('openai', { ...triple('requests', '500', '499', '120ms'), ...tokens })).toEqual([
      ['requests', MINUTE, 500, 499, 120],
      ['tokens', MINUTE, 2_000_000, 1_999_235, 22],
    ]);
    expect(figures('openai', triple('requests', '10000', '9999', '8.64s'))).toEqual([
      ['requests', DAY, 10_000, 9_999, 8_640],
    ]);
    // Ten seconds are no period that OpenAI has.
    expect(figures('openai', triple('requests', '10', '9', '1s'))).toEqual([['requests', null, 10, 9, 1_000]]);
    expect(figures('openai', triple('requests', '60', '60', '0s'))).toEqual([['requests', null, 60, 60, 0]]);
    expect(figures('openai', triple('project-tokens', '150000', '149984', '6m0s'))).toEqual([
      ['tokens', MINUTE, 150_000, 149_984, 360_000],
    ]);
  });

  it('reads Groq: requests are of the day, tokens of the minute', () => {
    const headers = {
      ...triple('requests', '500000', '499999', '172.799999ms'),
      ...triple('tokens', '250000', '249969', '7.44ms'),
    };
    expect(figures('groq', headers)).toEqual([
      ['requests', DAY, 500_000, 499_999, 172.799999],
      ['tokens', MINUTE, 250_000, 249_969, 7.44],
    ]);
  });

  it('reads Azure, whose resets are whole seconds and whose period is named', () => {
    const headers = {
      'x-ratelimit-key': 'gpt-5-nano',
      ...triple('requests', '250', '249', '1'),
      'x-ratelimit-renewalperiod-requests': '10',
      ...triple('tokens', '250000', '249000', '0'),
      'x-ratelimit-abusepenalty-active': 'False',
    };
    expect(figures('azure', headers)).toEqual([
      ['requests', 10_000, 250, 249, 1_000],
      ['tokens', MINUTE, 250_000, 249_000, 0],
    ]);
  });

  it('reads Anthropic, whose resets are dates', () => {
    const headers = Object.fromEntries(
      ['requests', 'tokens', 'input-tokens', 'output-tokens'].flatMap((subject) => [
        [`Anthropic-RateLimit-${subject}-Limit`, '1000'],
        [`anthropic-ratelimit-${subject}-remaining`, '999'],
        [`anthropic-ratelimit-${subject}-reset`, '2026-08-19T14:34:14Z'],
      ]),
    );
    expect(figures('anthropic', headers)).toEqual([
      ['requests', MINUTE, 1_000, 999, 3_000],
      ['tokens', MINUTE, 1_000, 999, 3_000],
      ['input-tokens', MINUTE, 1_000, 999, 3_000],
      ['output-tokens', MINUTE, 1_000, 999, 3_000],
    ]);
  });

  it('reads Mistral, which has no resets, in both its forms', () => {
    const headers = {
      'x-ratelimit-limit-req-minute': '360',
      'x-ratelimit-remaining-req-minute': '353',
      'x-ratelimit-limit-tokens-minute': '1500000',
      'x-ratelimit-remaining-tokens-minute': '1499888',
      'x-ratelimit-tokens-query-cost': '112',
      'x-ratelimit-limit-req-10-second': '60',
      'x-ratelimit-limit-tokens-month': '1000000000',
    };
    expect(figures('mistral', headers)).toEqual([
      ['requests', 10_000, 60, null, null],
      ['requests', MINUTE, 360, 353, null],
      ['tokens', MINUTE, 1_500_000, 1_499_888, null],
      ['tokens', 30 * DAY, 1_000_000_000, null, null],
    ]);
  });

  it('reads Cerebras: three periods, resets in fractions of a second', () => {
    const headers = {
      ...triple('requests-minute', '5', '4', '11.38'),
      ...triple('requests-hour', '150', '149', '2400.5'),
      ...triple('tokens-day', '1000000', '999000', '33011.382867097855'),
    };
    expect(figures('cerebras', headers)).toEqual([
      ['requests', MINUTE, 5, 4, 11_380],
      ['requests', HOUR, 150, 149, 2_400_500],
      ['tokens', DAY, 1_000_000, 999_000, 33_011_382.867097855],
    ]);
  });

  it('reads xAI, SambaNova, Fireworks and Cohere', () => {
    expect(figures('xai', { 'x-ratelimit-limit-requests': '1800', 'x-ratelimit-remaining-requests': '1789' })).toEqual([
      ['requests', null, 1_800, 1_789, null],
    ]);
    expect(figures('sambanova', { 'x-ratelimit-limit-requests-day': '20' })).toEqual([
      ['requests', DAY, 20, null, null],
    ]);
    const fireworks = {
      'x-ratelimit-limit-tokens-prompt': '60000',
      'x-ratelimit-remaining-tokens-prompt': '59000',
      'x-ratelimit-limit-tokens-generated': '6000',
    };
    expect(figures('fireworks', fireworks)).toEqual([
      ['input-tokens', null, 60_000, 59_000, null],
      ['output-tokens', null, 6_000, null, null],
    ]);
    const cohere = {
      'x-endpoint-monthly-call-limit': '1000',
      'x-trial-endpoint-call-limit': '20',
      'x-trial-endpoint-call-remaining': '5',
    };
    expect(figures('cohere', cohere)).toEqual([
      ['requests', 30 * DAY, 1_000, null, null],
      ['requests', MINUTE, 20, 5, null],
    ]);
  });

  it('reads the bare form: OpenRouter in milliseconds of the epoch, Together in seconds', () => {
    const openrouter = {
      'X-RateLimit-Limit': '50',
      'X-RateLimit-Remaining': '0',
      'X-RateLimit-Reset': `${NOW + 9_000}`,
    };
    expect(figures('openrouter', openrouter)).toEqual([['requests', null, 50, 0, 9_000]]);
    expect(figures('together', { 'x-ratelimit-reset': '7' })).toEqual([['requests', null, null, null, 7_000]]);
    expect(figures('github', { 'x-ratelimit-timeremaining': '52220' })).toEqual([
      ['requests', null, null, null, 52_220_000],
    ]);
  });

  it('reads from an unknown host whatever of these it sends', () => {
    const headers = {
      ...triple('requests', '500', '499', '120ms'),
      ...triple('tokens-minute', '30,000', '29,000', '11.38'),
      'anthropic-ratelimit-output-tokens-limit': '90000',
    };
    expect(figures('generic', headers)).toEqual([
      ['requests', MINUTE, 500, 499, 120],
      ['tokens', MINUTE, 30_000, 29_000, 11_380],
      ['output-tokens', MINUTE, 90_000, null, null],
    ]);
    expect(
      figures('generic', { 'RateLimit-Limit': '100, 100;w=60', 'RateLimit-Remaining': '42', 'RateLimit-Reset': '13' }),
    ).toEqual([['requests', null, 100, 42, 13_000]]);
  });

  it('drops garbage and keeps what is good beside it', () => {
    const headers = triple('requests', 'lots', '-1', 'soon');
    expect(figures('openai', { ...headers, ...triple('tokens', '100', 'NaN', '1s') })).toEqual([
      ['tokens', MINUTE, 100, null, 1_000],
    ]);
  });

  it('never says that more is left than the limit', () => {
    expect(figures('openai', triple('tokens', '100', '200', '0s'))).toEqual([['tokens', MINUTE, 100, 100, 0]]);
  });

  it('takes the first of repeated headers', () => {
    const headers = new HeaderList(['x-ratelimit-limit-tokens', '100', 'x-ratelimit-limit-tokens', '900']);
    expect(limitReader('openai')(headers, NOW)[0]?.limit).toBe(100);
  });

  it('names the header the figures came from', () => {
    expect(read('openai', triple('tokens', '100', '99', '1s'))[0]?.header).toBe('x-ratelimit-remaining-tokens');
  });

  it('reads nothing where nothing is announced', () => {
    for (const family of FAMILIES) {
      expect(read(family, { 'content-type': 'application/json', 'x-request-id': 'r', 'retry-after': '3' })).toEqual([]);
    }
  });

  it('gives sound figures or none, whatever the values', () => {
    const value = fc.oneof(fc.string(), fc.integer().map(String), fc.double().map(String), fc.constant('6m0s'));
    fc.assert(
      fc.property(fc.constantFrom(...FAMILIES), fc.array(value, { minLength: 60, maxLength: 60 }), (family, values) => {
        const names = LIMIT_HEADER_FAMILIES[family].flatMap(({ limit, remaining, reset, renewalPeriod }) =>
          [limit, remaining, reset, renewalPeriod].filter((name) => name !== undefined),
        );
        const raw = [...names, 'ratelimit', 'ratelimit-policy'].flatMap((name, at) => [name, values[at] ?? '']);
        for (const reading of limitReader(family)(new HeaderList(raw), NOW)) {
          for (const figure of [reading.limit, reading.remaining]) {
            expect(figure === null || (Number.isInteger(figure) && figure >= 0)).toBe(true);
          }
          const { resetMs, periodMs } = reading;
          expect(resetMs === null || (resetMs >= 0 && resetMs <= LONGEST_WAIT_MS)).toBe(true);
          expect(periodMs === null || periodMs > 0).toBe(true);
        }
      }),
    );
  });
});
