import { describe, expect, it } from 'vitest';
import type { AttemptRecord, ExchangeRecord } from '../../src/admin/contract.ts';
import { summariseStory, tellStory } from './story.ts';

const AT = 1_790_000_000_000;

function attempt(given: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    keyId: 'k2',
    keyLabel: 'team-a-2',
    group: 'org-a',
    status: 200,
    outcome: 'served',
    reason: '',
    startedAt: AT + 1_310,
    durationMs: 1_400,
    waitedMs: 1_310,
    firstByteMs: 600,
    chosen: 'round-robin: its turn',
    passedOver: [],
    morePassedOver: 0,
    ...given,
  };
}

function exchange(given: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return {
    id: 'ab',
    at: AT,
    client: 'my-app',
    callerAddress: '127.0.0.1',
    provider: 'openai',
    model: 'gpt-4o',
    method: 'POST',
    path: '/openai/chat/completions',
    status: 200,
    end: 'served',
    attempts: [attempt()],
    phases: [
      { kind: 'receiving', ms: 1 },
      { kind: 'queueing', ms: 1_310 },
      { kind: 'attempt', ms: 1_400 },
    ],
    waitMs: 1_310,
    firstByteMs: 1_900,
    durationMs: 2_711,
    bytesIn: 2_048,
    bytesOut: 900,
    usage: { inputTokens: 1_200, outputTokens: 312, cachedInputTokens: null, reasoningTokens: null },
    error: null,
    ...given,
  };
}

const titles = (given: Partial<ExchangeRecord>) => tellStory(exchange(given)).map(({ title }) => title);

describe('the story of a request', () => {
  it('tells arrival, wait and answer in order, each at its time', () => {
    const steps = tellStory(exchange());
    expect(steps.map(({ kind, atMs, lengthMs }) => [kind, atMs, lengthMs])).toEqual([
      ['received', 0, 0],
      ['waited', 1, 1_310],
      ['attempt', 1_311, 1_400],
    ]);
    expect(steps[0]?.details).toEqual(['from my-app · gpt-4o · 2 KB']);
    expect(steps[2]).toMatchObject({
      title: 'Sent with team-a-2 (org-a)',
      tone: 'ready',
      details: [
        '200 answered, first byte after 0.6 s, whole after 1.4 s',
        '1,200 tokens in, 312 tokens out',
        'Chosen by round-robin: its turn',
      ],
    });
  });

  it('says which groups were passed over during a wait, and nothing of a wait that was none', () => {
    const told = attempt({ passedOver: ['org-b: tokens/min full for 4.1 s'], morePassedOver: 2 });
    const steps = tellStory(exchange({ attempts: [told] }));
    expect(steps[1]?.details).toEqual(['org-b: tokens/min full for 4.1 s', 'and 2 more quota groups']);
    const phases = [{ kind: 'queueing', ms: 40 } as const, { kind: 'attempt', ms: 100 } as const];
    expect(titles({ phases })).toEqual(['Received', 'Sent with team-a-2 (org-a)']);
  });

  it('numbers attempts, gives the reason of each that failed, and tells the pauses between', () => {
    const refused = attempt({ status: 429, outcome: 'rate-limited', reason: 'Limit 20, used 20', durationMs: 200 });
    const phases = [
      { kind: 'attempt', ms: 200 },
      { kind: 'back-off', ms: 50 },
      { kind: 'queueing', ms: 100 },
      { kind: 'attempt', ms: 900 },
    ] as const;
    const steps = tellStory(exchange({ attempts: [refused, attempt()], phases }));
    expect(steps.map(({ title, atMs }) => [title, atMs])).toEqual([
      ['Received', 0],
      ['Attempt 1 with team-a-2 (org-a)', 0],
      ['Paused 50 ms before trying again', 200],
      ['Waited 0.1 s for its turn', 250],
      ['Attempt 2 with team-a-2 (org-a)', 350],
    ]);
    expect(steps[1]?.details.slice(0, 2)).toEqual(['429 rate limited after 0.2 s', '“Limit 20, used 20”']);
  });

  it('says how it ended where no attempt says it, a wait in vain included', () => {
    const steps = tellStory(
      exchange({
        attempts: [],
        phases: [{ kind: 'queueing', ms: 2_711 }],
        end: 'rate_limited',
        status: 429,
        error: 'Room in 41 s.',
      }),
    );
    expect(steps.map(({ kind }) => kind)).toEqual(['received', 'waited', 'ended']);
    expect(steps.at(-1)).toMatchObject({
      atMs: 2_711,
      title: 'No room within the time the caller would wait',
      details: ['Room in 41 s.'],
    });
  });

  it('is summed up in a line', () => {
    expect(summariseStory(exchange())).toBe('Served by team-a-2, after a wait of 1.3 s, at the first attempt.');
    expect(summariseStory(exchange({ attempts: [], end: 'refused' }))).toBe('Refused by rotato. No key was used.');
  });
});
