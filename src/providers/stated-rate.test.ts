import { describe, expect, it } from 'vitest';
import { readStatedRate, type StatedRate } from './stated-rate.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

function rate(
  dimension: StatedRate['dimension'],
  periodMs: number | null,
  limit: number | null,
  requested: number | null = null,
): StatedRate {
  return { dimension, periodMs, limit, requested };
}

describe('readStatedRate', () => {
  it.each<[string, StatedRate]>([
    ['on tokens per min (TPM): Limit 30000, Used 29937, Requested 385.', rate('tokens', MINUTE, 30_000, 385)],
    ['on requests per day (RPD): Limit 200, Used 200, Requested 1.', rate('requests', DAY, 200, 1)],
    ['on input tokens per minute (ITPM): Limit 30,000, Requested 30,601', rate('input-tokens', MINUTE, 30_000, 30_601)],
    ['on images per min: Limit 5 / 1min. Current: 6 / 1min.', rate(null, MINUTE, 5)],
    ['for your organization of 20,000 input tokens per minute.', rate('input-tokens', MINUTE, 20_000)],
    ['of 8,000 output tokens per minute', rate('output-tokens', MINUTE, 8_000)],
    ['of 50 requests per minute', rate('requests', MINUTE, 50)],
    ['Requests per minute limit exceeded - too many requests sent.', rate('requests', MINUTE, null)],
    ['Tokens per day limit exceeded', rate('tokens', DAY, null)],
    ['Rate limit of 50 per 86400s exceeded for UserByModelByDay.', rate('requests', DAY, 50)],
    ['which is limited to 20 API calls / minute.', rate('requests', MINUTE, 20)],
    ['which is limited to 1000 API calls / month.', rate('requests', 30 * DAY, 1_000)],
    ['have exceeded token rate limit of your current tier', rate('tokens', null, null)],
    ['have exceeded call rate limit of your current tier', rate('requests', null, null)],
    ['* Quota exceeded for metric: x/y_requests, limit: 20, model: m', rate(null, null, 20)],
    ['Too Many Requests', rate(null, null, null)],
    ['', rate(null, null, null)],
  ])('reads %j', (message, expected) => {
    expect(readStatedRate(message, [])).toEqual(expected);
  });

  it.each([
    ['GenerateContentPaidTierInputTokensPerModelPerMinute', rate('input-tokens', MINUTE, 7)],
    ['GenerateRequestsPerMinutePerProjectPerModel-FreeTier', rate('requests', MINUTE, 7)],
    ['GenerateRequestsPerDayPerProjectPerModel', rate('requests', DAY, 7)],
    ['SomethingElse', rate(null, null, 7)],
  ])('reads the violation %s rather than the text', (quotaId, expected) => {
    expect(readStatedRate('limit: 99', [{ quotaId, quotaValue: 7 }])).toEqual(expected);
  });
});
