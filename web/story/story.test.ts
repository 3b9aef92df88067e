import { describe, expect, it } from 'vitest';
import type { AttemptRecord, ExchangeRecord } from '../../src/admin/contract.ts';
import { summariseStory, tellStory } from './story.ts';

const AT = 1_790_000_000_000;

function attempt(given: Record<string, unknown> = {}): AttemptRecord {
  return {
    keyLabel: 'team-a-2',
    group: 'org-a',
    status: 200,
    outcome: 'served',
    reason: '',
    startedAt: AT + 1_310,
    durationMs: 1_400,
    chosen: 'round-robin: its turn',
    ...given,
  } as AttemptRecord;
}

function exchange(given: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return {
    id: 'ab',
    at: AT,
    client: 'my-app',
    provider: 'openai',
    model: 'gpt-4o',
    method: 'POST',
    path: '/openai/chat/completions',
    status: 200,
    end: 'served',
    attempts: [attempt()],
    waitMs: 1_310,
    firstByteMs: 1_900,
    durationMs: 2_710,
    bytesIn: 2_048,
    bytesOut: 900,
    usage: { inputTokens: 1_200, outputTokens: 312, cachedInputTokens: null, reasoningTokens: null },
    error: null,
    ...given,
  } as ExchangeRecord;
}

describe('the story of a request', () => {
  it('tells arrival, wait and answer in order, each at its time', () => {
    const steps = tellStory(exchange());
    expect(steps.map(({ kind, atMs, lengthMs }) => [kind, atMs, lengthMs])).toEqual([
      ['received', 0, 0],
      ['waited', 0, 1_310],
      ['attempt', 1_310, 1_400],
    ]);
    expect(steps[0]?.details).toEqual(['from my-app · gpt-4o · 2 KB']);
    expect(steps[2]).toMatchObject({
      title: 'Sent with team-a-2 (org-a)',
      tone: 'ready',
      details: [
        '200 answered after 1.4 s',
        'first byte after 1.9 s, 1,200 tokens in, 312 tokens out',
        'Chosen: round-robin: its turn',
      ],
    });
  });

  it('says which groups were passed over during a wait', () => {
    const told = attempt({ waitedMs: 1_310, passedOver: ['org-b: tokens/min full for 4.1 s'], morePassedOver: 2 });
    const steps = tellStory(exchange({ attempts: [told] }));
    expect(steps[1]?.details).toEqual(['org-b: tokens/min full for 4.1 s', 'and 2 more quota groups']);
  });

  it('numbers attempts, and gives the reason of each that failed', () => {
    const refused = attempt({
      status: 429,
      outcome: 'rate-limited',
      reason: 'Limit 20, used 20',
      startedAt: AT,
      durationMs: 200,
    });
    const steps = tellStory(exchange({ attempts: [refused, attempt({ startedAt: AT + 210 })], waitMs: 0 }));
    expect(steps.map(({ title }) => title)).toEqual([
      'Received',
      'Attempt 1 with team-a-2 (org-a)',
      'Attempt 2 with team-a-2 (org-a)',
    ]);
    expect(steps[1]?.details.slice(0, 2)).toEqual(['429 rate limited after 0.2 s', '“Limit 20, used 20”']);
    expect(steps[2]?.atMs).toBe(210);
  });

  it('lets attempts follow each other where the record does not say when they began', () => {
    const steps = tellStory(
      exchange({ attempts: [attempt({ startedAt: 5 }), attempt({ startedAt: 9 })], waitMs: 100 }),
    );
    expect(steps.map(({ atMs }) => atMs)).toEqual([0, 0, 100, 1_500]);
  });

  it('says how it ended where no attempt says it', () => {
    const steps = tellStory(exchange({ attempts: [], end: 'rate_limited', status: 429, error: 'Room in 41 s.' }));
    expect(steps.at(-1)).toMatchObject({
      kind: 'ended',
      atMs: 2_710,
      title: 'No room within the time the caller would wait',
      details: ['Room in 41 s.'],
    });
  });

  it('is summed up in a line', () => {
    expect(summariseStory(exchange())).toBe('Served by team-a-2, after a wait of 1.3 s, at the first attempt.');
    expect(summariseStory(exchange({ attempts: [], end: 'refused' }))).toBe('Refused by rotato. No key was used.');
  });
});
