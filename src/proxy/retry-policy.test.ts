import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import type { Outcome, OutcomeKind } from '../model/outcome.ts';
import { StatusSet } from '../model/status-set.ts';
import { type Random, seededRandom } from '../random.ts';
import { type AttemptFacts, RetryBudget, RetryPolicy, type RetryRules, type Verdict } from './retry-policy.ts';

const OUTCOMES: { readonly [Kind in OutcomeKind]: Outcome } = {
  served: { kind: 'served', usage: null },
  'rate-limited': {
    ...{ kind: 'rate-limited', reason: '', waitMs: 9_000, dimension: null, periodMs: null },
    ...{ limit: null, scope: 'bucket', ramp: false },
  },
  'request-too-large': { kind: 'request-too-large', reason: '', ceiling: null },
  'quota-exhausted': { kind: 'quota-exhausted', reason: '', scope: 'group', until: { kind: 'unknown' } },
  'key-rejected': { kind: 'key-rejected', reason: '', scope: 'key' },
  'model-unavailable': { kind: 'model-unavailable', reason: '' },
  overloaded: { kind: 'overloaded', reason: '', waitMs: null },
  'not-sent': { kind: 'not-sent', reason: '' },
  uncertain: { kind: 'uncertain', reason: '' },
  'request-refused': { kind: 'request-refused', reason: '' },
  'caller-left': { kind: 'caller-left' },
};

const ALWAYS: Random = { next: () => 0.999_999 };
const MAX_WALK = 20;
const RETRIES = 3;

interface Setting {
  readonly method?: string;
  readonly rotateOn?: readonly string[];
  readonly random?: Random;
  readonly budget?: RetryBudget;
}

/** With a budget that does not matter unless the test gives one. */
function policyFor({ method = 'POST', rotateOn = [], random = ALWAYS, budget = ample() }: Setting = {}): RetryPolicy {
  const statuses = StatusSet.parse(rotateOn);
  if (typeof statuses === 'string') throw new Error(statuses);
  const rules: RetryRules = { method, rotateOn: statuses, maxWalk: MAX_WALK, retries: RETRIES, budget, random };
  return new RetryPolicy(rules);
}

function ample(): RetryBudget {
  const budget = new RetryBudget(new VirtualClock());
  for (let request = 0; request < 1_000; request++) budget.countRequest();
  return budget;
}

function facts(kind: OutcomeKind, status: number | null, more: Partial<AttemptFacts> = {}): AttemptFacts {
  return { outcome: OUTCOMES[kind], status, replayable: true, lastResort: false, fitsElsewhere: false, ...more };
}

/** How often the same outcome is followed by another attempt. */
function sentAgain(policy: RetryPolicy, each: AttemptFacts): number {
  let again = 0;
  while (policy.decide(each).kind === 'again') {
    again++;
    if (again > 100) throw new Error('this never ends');
  }
  return again;
}

const READING = ['GET', 'HEAD', 'OPTIONS'];
const WRITING = ['POST', 'PUT', 'PATCH', 'DELETE'];

describe('how often a request is sent again', () => {
  const NAMED = ['400-599'];
  // outcome, status, by writing methods, by reading ones, by either where rotateOn names the status
  const TABLE: readonly (readonly [OutcomeKind, number | null, number, number, number])[] = [
    ['served', 200, 0, 0, 0],
    ['caller-left', null, 0, 0, 0],
    ['caller-left', 429, 0, 0, 0],
    // The caller's own mistake or a policy decision is never carried from key to key.
    ['request-refused', 400, 0, 0, 0],
    ['request-refused', 403, 0, 0, 0],
    ['request-refused', 422, 0, 0, 0],
    ['request-too-large', 413, 0, 0, 0],
    ['request-too-large', 429, 0, 0, 0],
    // Not done, says the answer: another group may do it.
    ['rate-limited', 429, MAX_WALK, MAX_WALK, MAX_WALK],
    ['rate-limited', 200, MAX_WALK, MAX_WALK, MAX_WALK],
    ['quota-exhausted', 402, MAX_WALK, MAX_WALK, MAX_WALK],
    ['key-rejected', 401, MAX_WALK, MAX_WALK, MAX_WALK],
    ['key-rejected', 403, MAX_WALK, MAX_WALK, MAX_WALK],
    ['model-unavailable', 404, MAX_WALK, MAX_WALK, MAX_WALK],
    // Not done, and no key is to blame: one more try, elsewhere.
    ['overloaded', 503, 1, 1, MAX_WALK],
    ['overloaded', 529, 1, 1, MAX_WALK],
    ['overloaded', 200, 1, 1, 1],
    // Provably never delivered.
    ['not-sent', null, RETRIES, RETRIES, RETRIES],
    // May have been done and billed.
    ['uncertain', 500, 0, 2, MAX_WALK],
    ['uncertain', 502, 0, 2, MAX_WALK],
    ['uncertain', 504, 0, 2, MAX_WALK],
    ['uncertain', 408, 0, 2, MAX_WALK],
    ['uncertain', 409, 0, 2, MAX_WALK],
    ['uncertain', 524, 0, 2, MAX_WALK],
    // A reset or a time-out has no status that anybody could name.
    ['uncertain', null, 0, 2, 0],
  ];

  it('has a row for every kind of outcome', () => {
    expect(new Set(TABLE.map(([kind]) => kind))).toEqual(new Set(Object.keys(OUTCOMES)));
  });

  const rows = TABLE.map(([kind, status, writing, reading, byConsent]) => ({
    kind,
    status,
    writing,
    reading,
    byConsent,
  }));

  it.each(rows)('$kind ($status): $writing, where it only reads $reading, by consent $byConsent', (row) => {
    const each = facts(row.kind, row.status);
    for (const method of [...WRITING, ...READING]) {
      const unasked = READING.includes(method) ? row.reading : row.writing;
      expect([method, sentAgain(policyFor({ method }), each)]).toEqual([method, unasked]);
      const asked = Math.max(unasked, row.byConsent);
      expect([method, sentAgain(policyFor({ method, rotateOn: NAMED }), each)]).toEqual([method, asked]);
      expect(sentAgain(policyFor({ method, rotateOn: NAMED }), { ...each, replayable: false })).toBe(0);
    }
  });

  it('consent is for the statuses it names, and no other', () => {
    const setting = { rotateOn: ['500', '520+'] };
    expect(sentAgain(policyFor(setting), facts('uncertain', 500))).toBe(MAX_WALK);
    expect(sentAgain(policyFor(setting), facts('uncertain', 524))).toBe(MAX_WALK);
    expect(sentAgain(policyFor(setting), facts('uncertain', 502))).toBe(0);
    expect(sentAgain(policyFor(setting), facts('uncertain', 520))).toBe(0);
    expect(sentAgain(policyFor(setting), facts('uncertain', null))).toBe(0);
  });

  it('a model that no other group has either goes back to the caller', () => {
    expect(sentAgain(policyFor(), facts('model-unavailable', 404, { lastResort: true }))).toBe(0);
  });

  it('what is too large for one group goes on while another is known to admit it', () => {
    expect(sentAgain(policyFor(), facts('request-too-large', 429, { fitsElsewhere: true }))).toBe(MAX_WALK);
  });

  it('walking the pool and repeating after faults are counted apart', () => {
    const policy = policyFor();
    expect(sentAgain(policy, facts('not-sent', null))).toBe(RETRIES);
    expect(sentAgain(policy, facts('rate-limited', 429))).toBe(MAX_WALK);
    expect(sentAgain(policy, facts('overloaded', 503))).toBe(1);
    expect(sentAgain(policy, facts('key-rejected', 401))).toBe(0);
  });

  it('is bounded, whatever happens', () => {
    const fact = fc.record({
      kind: fc.constantFrom(...(Object.keys(OUTCOMES) as OutcomeKind[])),
      status: fc.constantFrom(null, 200, 401, 429, 500, 503),
    });
    fc.assert(
      fc.property(fc.array(fact, { maxLength: 60 }), fc.constantFrom(...READING, ...WRITING), (list, method) => {
        const policy = policyFor({ method, rotateOn: ['500+'] });
        const again = list.filter(({ kind, status }) => policy.decide(facts(kind, status)).kind === 'again');
        expect(again.length).toBeLessThanOrEqual(MAX_WALK + RETRIES + 1);
      }),
    );
  });
});

describe('how long it waits before', () => {
  const delays = (policy: RetryPolicy, each: AttemptFacts) => {
    const found: number[] = [];
    for (let verdict: Verdict = policy.decide(each); verdict.kind === 'again'; verdict = policy.decide(each)) {
      found.push(verdict.delayMs);
    }
    return found;
  };

  it('walking the pool: not at all, since the pool knows when a key has room', () => {
    expect(new Set(delays(policyFor(), facts('rate-limited', 429)))).toEqual(new Set([0]));
  });

  it('an overloaded provider is given the time it asks for', () => {
    const asked: Outcome = { kind: 'overloaded', reason: '', waitMs: 7_000 };
    expect(policyFor().decide({ ...facts('overloaded', 503), outcome: asked })).toEqual({
      kind: 'again',
      delayMs: 7_000,
    });
    expect(delays(policyFor(), facts('overloaded', 503))[0]).toBeCloseTo(200, 1);
  });

  it('a fault: twice as long each time, up to 5 s', () => {
    const rules = {
      method: 'POST',
      rotateOn: StatusSet.EMPTY,
      maxWalk: 0,
      retries: 8,
      budget: ample(),
      random: ALWAYS,
    };
    const found = delays(new RetryPolicy(rules), facts('not-sent', null)).map(Math.round);
    expect(found).toEqual([200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
  });

  it('any part of that by chance, so that those who failed together do not come back together', () => {
    const random = seededRandom(7);
    const first = Array.from({ length: 200 }, () => delays(policyFor({ random }), facts('not-sent', null))[0] ?? -1);
    expect(Math.min(...first)).toBeGreaterThanOrEqual(0);
    expect(Math.min(...first)).toBeLessThan(20);
    expect(Math.max(...first)).toBeGreaterThan(180);
    expect(Math.max(...first)).toBeLessThan(200);
  });
});

describe('the budget of repeats', () => {
  const WINDOW_MS = 10_000;
  const taken = (budget: RetryBudget, wanted = 1_000) => {
    let count = 0;
    while (count < wanted && budget.take()) count++;
    return count;
  };

  it('is three in ten seconds where there is little traffic', async () => {
    const clock = new VirtualClock();
    const budget = new RetryBudget(clock);
    expect(taken(budget)).toBe(3);
    await clock.advance(WINDOW_MS - 1);
    expect(taken(budget)).toBe(0);
    await clock.advance(1);
    expect(taken(budget)).toBe(3);
  });

  it('is a fifth of the traffic where there is more', () => {
    const budget = new RetryBudget(new VirtualClock());
    for (let request = 0; request < 15; request++) budget.countRequest();
    expect(taken(budget)).toBe(3);
    for (let request = 15; request < 500; request++) budget.countRequest();
    expect(taken(budget)).toBe(97);
    expect(taken(budget)).toBe(0);
  });

  it('does not begin a window with nothing, and forgets traffic that is long past', async () => {
    const clock = new VirtualClock();
    const budget = new RetryBudget(clock);
    for (let request = 0; request < 500; request++) budget.countRequest();
    await clock.advance(WINDOW_MS);
    expect(taken(budget)).toBe(50);
    await clock.advance(2 * WINDOW_MS);
    expect(taken(budget)).toBe(3);
  });

  it('over any traffic, is never more than a fifth of it and the floor', async () => {
    const step = fc.record({ requests: fc.nat(60), wanted: fc.nat(60), waitMs: fc.nat(4_000) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const clock = new VirtualClock();
        const budget = new RetryBudget(clock);
        let requests = 0;
        let retries = 0;
        for (const { requests: more, wanted, waitMs } of steps) {
          for (let request = 0; request < more; request++) budget.countRequest();
          requests += more;
          retries += taken(budget, wanted);
          await clock.advance(waitMs);
        }
        const windows = Math.floor(clock.now() / WINDOW_MS) + 1;
        // Half of a window's traffic counts in the next one as well, so the share is at most three tenths.
        expect(retries).toBeLessThanOrEqual(requests * 0.3 + 3 * windows);
      }),
      { numRuns: 50 },
    );
  });

  it('is asked for faults and overload, and never for walking the pool', () => {
    const spent = new RetryBudget(new VirtualClock());
    taken(spent);
    for (const kind of ['not-sent', 'overloaded'] as const) {
      expect(sentAgain(policyFor({ budget: spent }), facts(kind, null))).toBe(0);
    }
    expect(sentAgain(policyFor({ budget: spent, method: 'GET' }), facts('uncertain', 502))).toBe(0);
    expect(sentAgain(policyFor({ budget: spent }), facts('rate-limited', 429))).toBe(MAX_WALK);
    expect(sentAgain(policyFor({ budget: spent, rotateOn: ['502'] }), facts('uncertain', 502))).toBe(MAX_WALK);
  });
});
