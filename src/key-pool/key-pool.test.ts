import { describe, expect, it } from 'vitest';
import { demandOf, poolOf, providerOf, rateLimited, served } from '../../test/simulation/fixtures.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import type { Demand } from '../model/demand.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Candidate, Strategy } from '../model/strategy.ts';
import type { KeyPool } from './key-pool.ts';
import type { Lease, Refusal } from './lease.ts';
import type { PoolEvent } from './pool-events.ts';

function raise(text: string): never {
  throw new Error(text);
}

const MANY = [{ model: '*', rpm: 10_000 }];

function lease(answer: Lease | Refusal): Lease {
  if (answer.kind !== 'lease') throw new Error(`refused: ${answer.binding}`);
  return answer;
}

function refusal(answer: Lease | Refusal): Refusal {
  if (answer.kind !== 'refusal') throw new Error(`not refused, but ${answer.key.label}`);
  return answer;
}

/** What the pool says at once: who is still waiting afterwards has `answer` null. */
function ask(pool: KeyPool, options: Partial<Demand> = {}): { answer: Lease | Refusal | null } {
  const asked: { answer: Lease | Refusal | null } = { answer: null };
  void pool.acquire(demandOf(options)).then((answer) => {
    asked.answer = answer;
  });
  return asked;
}

async function serve(
  pool: KeyPool,
  clock: VirtualClock,
  options: Partial<Demand> = {},
  outcome: Outcome = served(),
): Promise<Lease> {
  const asked = ask(pool, { deadline: clock.now() + 20_000, ...options });
  await clock.advance(0);
  if (asked.answer === null) throw new Error('still waiting');
  const given = lease(asked.answer);
  given.sent();
  await clock.advance(50);
  given.settle(outcome);
  return given;
}

describe('a lease', () => {
  it('is given while a window has room; then the time is told at which there is', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: [{ model: '*', rpm: 2 }] }] })]);
    for (let n = 0; n < 2; n++) {
      const given = lease(await pool.acquire(demandOf()));
      given.sent();
      given.settle(served());
    }
    const refused = refusal(await pool.acquire(demandOf({ deadline: 1_000 })));
    expect(refused.retryAfterMs).toBeGreaterThanOrEqual(60_000);
    expect(refused.retryAfterMs).toBeLessThan(61_000);
    const waiting = ask(pool, { deadline: 70_000 });
    await clock.advance(60_000);
    expect(waiting.answer).toBeNull();
    await clock.advance(1_000);
    expect(waiting.answer).toMatchObject({ kind: 'lease' });
  });

  it('is settled once', async () => {
    const pool = poolOf(new VirtualClock(), [providerOf()]);
    const given = lease(await pool.acquire(demandOf()));
    given.settle(served());
    expect(() => given.settle(served())).toThrow('settled twice');
  });

  it('that was never sent gives back what it reserved; one whose caller left does not', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: [{ model: '*', rpm: 2 }] }] })]);
    lease(await pool.acquire(demandOf())).settle({ kind: 'not-sent', reason: 'connection refused' });
    for (let n = 0; n < 2; n++) {
      const given = lease(await pool.acquire(demandOf({ deadline: clock.now() })));
      given.sent();
      given.settle({ kind: 'caller-left' });
      // Silence proves the key, so that the second is not held back for the first.
      await clock.advance(3_000);
      await serve(pool, clock, {}, { kind: 'not-sent', reason: 'reset' }).catch(() => {});
    }
    expect(refusal(await pool.acquire(demandOf({ deadline: clock.now() }))).reason).toBe('full');
  });

  it('says why this key and who was passed over, at most eight groups and a count', async () => {
    const clock = new VirtualClock();
    const limits = [{ model: '*', rpm: 1 }];
    const keys = [...Array.from({ length: 11 }, () => ({ limits })), { limits: MANY }];
    const pool = poolOf(clock, [providerOf({ keys, strategy: 'ordered' })]);
    for (let n = 0; n < 11; n++) await serve(pool, clock);
    await serve(pool, clock);
    const { decision } = await serve(pool, clock);
    expect(decision.chosen).toBe('ordered: the only one with room');
    expect(decision.passedOver).toHaveLength(8);
    expect(decision.passedOver[0]).toMatch(/^key-0: requests\/min full for [\d.]+ s \(1 of 1\)$/);
    expect(decision.more).toBe(3);
  });
});

describe('a key that is a group of its own', () => {
  it('goes by its label wherever people read of it, and by its id wherever a machine does', async () => {
    const clock = new VirtualClock();
    const keys = [
      { id: 'a1b2c3', group: 'a1b2c3', label: 'team-a', limits: [{ model: '*', rpm: 1 }] },
      { id: 'd4e5f6', group: 'org', label: 'team-b', limits: [{ model: '*', rpm: 1 }] },
    ];
    const groups = [
      { name: 'a1b2c3', limits: [] },
      { name: 'org', limits: [] },
    ];
    const pool = poolOf(clock, [providerOf({ keys, groups, strategy: 'ordered' })]);
    const first = await serve(pool, clock);
    expect(first).toMatchObject({ group: 'a1b2c3', groupLabel: 'team-a' });
    const second = await serve(pool, clock);
    expect(second).toMatchObject({ group: 'org', groupLabel: 'org' });
    expect(second.decision.passedOver).toEqual([expect.stringMatching(/^team-a: requests/)]);
    const refused = refusal(await pool.acquire(demandOf({ deadline: clock.now() })));
    expect(refused.group).toBe('team-a');
    expect(refused.binding).toMatch(/^team-a: /);
    expect(refused.decision.passedOver.join()).not.toContain('a1b2c3');
    expect(pool.view().providers[0]?.groups.map(({ name, label }) => [name, label])).toEqual([
      ['a1b2c3', 'team-a'],
      ['org', 'org'],
    ]);
  });

  it('gives way to a group that an operator named, when both turn out to share a quota', async () => {
    const clock = new VirtualClock();
    const keys = [
      { id: 'a1b2c3', group: 'a1b2c3', limits: MANY },
      { id: 'd4e5f6', group: 'org', limits: MANY },
    ];
    const groups = [
      { name: 'a1b2c3', limits: [] },
      { name: 'org', limits: [] },
    ];
    const pool = poolOf(clock, [providerOf({ keys, groups })]);
    for (let n = 0; n < 6; n++) {
      const given = lease(await pool.acquire(demandOf({ deadline: clock.now() + 1_000 })));
      given.sent();
      given.observe([], 'one organisation');
      given.settle(served());
    }
    expect(pool.view().providers[0]?.groups.map(({ name }) => name)).toEqual(['org']);
  });
});

describe('whose turn it is', () => {
  const ONE_A_SECOND = [{ model: '*', rpm: 60, window: 'refill' as const }];

  it('clients in turn, however many each has waiting', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: ONE_A_SECOND }] })]);
    const served_ = new Map<string, number>();
    const again = (client: string) =>
      void pool.acquire(demandOf({ client, deadline: 1_000_000 })).then((answer) => {
        if (answer.kind !== 'lease') return;
        served_.set(client, (served_.get(client) ?? 0) + 1);
        answer.sent();
        answer.settle(served());
        if (clock.now() < 300_000) again(client);
      });
    for (let n = 0; n < 100; n++) again('many');
    await clock.advance(70_000);
    served_.clear();
    again('one');
    await clock.advance(230_000);
    const [many = 0, one = 0] = [served_.get('many'), served_.get('one')];
    expect((many + one) ** 2 / (2 * (many ** 2 + one ** 2))).toBeGreaterThanOrEqual(0.98);
  });

  it('interactive before batch, and batch leaves a share of the window', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: [{ model: '*', rpm: 10 }] }] })]);
    await serve(pool, clock);
    for (let n = 0; n < 7; n++) await serve(pool, clock, { priority: 'batch' });
    const batch = ask(pool, { priority: 'batch', deadline: 200_000 });
    await clock.advance(10);
    expect(batch.answer).toBeNull();
    await serve(pool, clock);
    await serve(pool, clock);
    const interactive = ask(pool, { deadline: 200_000 });
    await clock.advance(60_600);
    expect(interactive.answer?.kind).toBe('lease');
  });

  it('no model waits behind another', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: [{ model: 'each', rpm: 1 }] }] })]);
    await serve(pool, clock, { model: 'a' });
    const waiting = ask(pool, { model: 'a', deadline: 100_000 });
    await serve(pool, clock, { model: 'b' });
    expect(waiting.answer).toBeNull();
  });

  it('a large request is not overtaken by small ones that would delay it', async () => {
    const clock = new VirtualClock();
    const limits = [{ model: '*', rpm: 1_000, tpm: 1_000, window: 'refill' as const }];
    const pool = poolOf(clock, [providerOf({ keys: [{ limits }] })]);
    await serve(pool, clock, { tokens: { bodyBytes: 3_600, maxOutputTokens: 0 } });
    const large = ask(pool, { tokens: { bodyBytes: 3_600, maxOutputTokens: 0 }, deadline: 100_000, client: 'large' });
    const small = [];
    for (let n = 0; n < 60; n++) {
      small.push(
        ask(pool, { tokens: { bodyBytes: 200, maxOutputTokens: 0 }, deadline: clock.now() + 100_000, client: 'small' }),
      );
      await clock.advance(1_000);
      if (large.answer !== null) break;
    }
    // 900 of 1,000 tokens are spent and 16.7 come back each second: 800 are missing for 48 s and no more.
    expect(large.answer?.kind).toBe('lease');
    expect(clock.now()).toBeLessThanOrEqual(52_000);
  });

  it('a request that can go elsewhere is not held up by one that cannot', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [
      providerOf({ keys: [{ limits: [{ model: '*', rpm: 1 }] }, { limits: MANY }], strategy: 'ordered' }),
    ]);
    await serve(pool, clock);
    await serve(pool, clock);
    const pinned = ask(pool, { homeGroup: 'k0', deadline: 100_000 });
    const free = ask(pool, { deadline: 100_000 });
    await clock.advance(0);
    expect(pinned.answer).toBeNull();
    expect(free.answer).toMatchObject({ kind: 'lease', group: 'k1' });
  });

  it('callers refused together are told different times', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: [{ model: '*', rpm: 2 }] }] })]);
    for (let n = 0; n < 2; n++) await serve(pool, clock);
    const told = [];
    for (let n = 0; n < 6; n++)
      told.push(refusal(await pool.acquire(demandOf({ deadline: clock.now() }))).retryAfterMs ?? 0);
    expect(told.map((ms) => Math.round(ms / 60_000))).toEqual([1, 1, 2, 2, 3, 3]);
  });
});

describe('which key', () => {
  it('stays with an affinity, waits for it a moment, and then takes another', async () => {
    const clock = new VirtualClock();
    const limits = [{ model: '*', concurrent: 1, rpm: 1_000 }];
    const pool = poolOf(clock, [providerOf({ keys: Array.from({ length: 5 }, () => ({ limits })) })]);
    const chosen = new Set<string>();
    for (let n = 0; n < 10; n++) chosen.add((await serve(pool, clock, { affinity: 'conversation' })).key.id);
    expect(chosen.size).toBe(1);
    const holder = lease(await pool.acquire(demandOf({ affinity: 'conversation', deadline: clock.now() + 30_000 })));
    const patient = ask(pool, { affinity: 'conversation', deadline: clock.now() + 30_000 });
    await clock.advance(1_000);
    expect(patient.answer).toBeNull();
    await clock.advance(1_500);
    expect(patient.answer).toMatchObject({ kind: 'lease' });
    expect(patient.answer).not.toMatchObject({ key: { id: holder.key.id } });
  });

  it("is the one that an operator's own strategy picks", async () => {
    const clock = new VirtualClock();
    const keys = Array.from({ length: 3 }, () => ({ limits: MANY }));
    const customStrategy: Strategy = (candidates) => candidates.at(-1) as Candidate;
    const pool = poolOf(clock, [providerOf({ keys, customStrategy })]);
    for (let n = 0; n < 3; n++) expect((await serve(pool, clock)).key.id).toBe('k2');
    expect((await serve(pool, clock)).decision.chosen).toBe('custom: of 3 with room');
  });

  it.each<[string, Strategy, string]>([
    ['throws', () => raise('not today'), 'threw "not today"'],
    ['picks a stranger', (candidates) => ({ ...(candidates[0] as Candidate) }), 'chose what it was not offered'],
  ])('is chosen by round-robin, with one warning, where such a strategy %s', async (_, customStrategy, fault) => {
    const clock = new VirtualClock();
    const events: PoolEvent[] = [];
    const keys = Array.from({ length: 3 }, () => ({ limits: MANY }));
    const onEvent = (event: PoolEvent) => events.push(event);
    const pool = poolOf(clock, [providerOf({ keys, customStrategy })], { onEvent });
    const chosen = [];
    for (let n = 0; n < 6; n++) chosen.push((await serve(pool, clock)).key.id);
    expect(chosen).toEqual(['k0', 'k1', 'k2', 'k0', 'k1', 'k2']);
    const text = `its own strategy ${fault}; round-robin chooses instead`;
    expect(events).toEqual([{ kind: 'warning', provider: 'acme', text }]);
  });

  it('moves only its own callers when a key goes', async () => {
    const clock = new VirtualClock();
    const keys = Array.from({ length: 8 }, () => ({ limits: MANY }));
    const pool = poolOf(clock, [providerOf({ keys })]);
    const before = new Map<string, string>();
    for (let n = 0; n < 64; n++) before.set(`c${n}`, (await serve(pool, clock, { affinity: `c${n}` })).key.id);
    expect(new Set(before.values()).size).toBeGreaterThanOrEqual(6);
    pool.setEnabled('k3', false);
    for (const [affinity, key] of before) {
      const now = (await serve(pool, clock, { affinity })).key.id;
      if (key !== 'k3') expect(now).toBe(key);
    }
  });

  it("is never outside the client's scope, nor away from home", async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: MANY }, { limits: MANY }, { limits: MANY }] })]);
    for (let n = 0; n < 6; n++) {
      expect((await serve(pool, clock, { groups: ['k1'] })).group).toBe('k1');
      expect((await serve(pool, clock, { homeGroup: 'k2' })).group).toBe('k2');
    }
    expect(refusal(await pool.acquire(demandOf({ groups: ['k1'], homeGroup: 'k2' }))).reason).toBe('no-keys');
  });

  it('is another group than those tried, unless nothing else can serve in time', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: MANY }, { limits: MANY }], strategy: 'ordered' })]);
    const first = await serve(pool, clock, {}, rateLimited({ waitMs: 1_000 }));
    const tried = [{ keyId: first.key.id, group: first.group }];
    const second = await serve(pool, clock, { tried }, rateLimited({ waitMs: 60_000 }));
    expect(second.group).toBe('k1');
    const both = [...tried, { keyId: second.key.id, group: second.group }];
    const third = ask(pool, { tried: both, deadline: clock.now() + 5_000 });
    await clock.advance(2_000);
    expect(third.answer).toMatchObject({ kind: 'lease', group: 'k0' });
  });

  it('is a sibling in the same group when the key itself was refused', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [
      providerOf({
        keys: [
          { group: 'org', limits: MANY },
          { group: 'org', limits: MANY },
        ],
      }),
    ]);
    const first = await serve(pool, clock, {}, { kind: 'key-rejected', scope: 'key', reason: 'invalid api key' });
    const second = await serve(pool, clock, { tried: [{ keyId: first.key.id, group: first.group }] });
    expect(second.key.id).not.toBe(first.key.id);
  });

  it('is the last resort when every other group may not use the model', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: MANY }, { limits: MANY }] })]);
    const gone = { kind: 'model-unavailable', reason: 'no such model' } as const;
    const first = await serve(pool, clock, {}, gone);
    expect(first.lastResort).toBe(false);
    const second = await serve(pool, clock, { tried: [{ keyId: first.key.id, group: first.group }] }, gone);
    expect(second.lastResort).toBe(true);
    // The next caller hears it from the upstream, not from us.
    expect((await serve(pool, clock, {}, gone)).lastResort).toBe(true);
    expect((await serve(pool, clock, { model: 'large' })).lastResort).toBe(false);
  });
});

describe('a model that a group may not use', () => {
  const gone = { kind: 'model-unavailable', reason: 'no such model' } as const;
  const family = { keys: [{ limits: MANY }, { limits: MANY }], traits: { modelClass: () => 'family' } };

  it('is that very model, and not the others that share its limit', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ ...family, strategy: 'ordered' })]);
    expect((await serve(pool, clock, { model: 'new' }, gone)).key.id).toBe('k0');
    expect((await serve(pool, clock, { model: 'new' })).key.id).toBe('k1');
    expect((await serve(pool, clock, { model: 'old' })).key.id).toBe('k0');
    expect(pool.view().providers[0]?.groups[0]?.buckets[0]).toMatchObject({
      state: 'unavailable',
      reason: 'new: no such model',
    });
    await clock.advance(3_600_000);
    expect((await serve(pool, clock, { model: 'new' })).key.id).toBe('k0');
  });

  it('stays known over a restart, and is forgotten when an operator clears the key', async () => {
    const clock = new VirtualClock();
    const before = poolOf(clock, [providerOf({ ...family, strategy: 'ordered' })]);
    await serve(before, clock, { model: 'new' }, gone);
    const pool = poolOf(clock, [providerOf({ ...family, strategy: 'ordered' })]);
    expect(pool.restore(JSON.parse(JSON.stringify(before.remember())))).toEqual([]);
    expect((await serve(pool, clock, { model: 'new' })).key.id).toBe('k1');
    pool.clear('k0');
    expect((await serve(pool, clock, { model: 'new' })).key.id).toBe('k0');
  });
});

describe('health', () => {
  it('a key that never succeeded carries one request at a time until its first answer or acknowledgement', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: MANY }] })]);
    const first = lease(await pool.acquire(demandOf()));
    first.sent();
    const second = ask(pool);
    await clock.advance(2_900);
    expect(second.answer).toBeNull();
    await clock.advance(200);
    expect(second.answer?.kind).toBe('lease');
  });

  it('an overloaded provider blames no key; one real request tries it, and the others follow', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: MANY }, { limits: MANY }] })]);
    for (let n = 0; n < 4; n++) await serve(pool, clock);
    const busy = { kind: 'overloaded', waitMs: 2_000, reason: 'busy' } as const;
    await serve(pool, clock, {}, busy);
    await serve(pool, clock, {}, busy);
    expect(pool.view().providers[0]?.overloaded).toHaveLength(1);
    const waiting = [ask(pool), ask(pool), ask(pool)];
    await clock.advance(1_900);
    expect(waiting.map(({ answer }) => answer)).toEqual([null, null, null]);
    await clock.advance(200);
    const trying = waiting.filter(({ answer }) => answer !== null);
    expect(trying).toHaveLength(1);
    const probe = lease(trying[0]?.answer as Lease);
    probe.sent();
    probe.settle(served());
    await clock.advance(1_000);
    expect(waiting.every(({ answer }) => answer?.kind === 'lease')).toBe(true);
    expect(pool.view().providers[0]?.keys.every(({ state }) => state === 'ready')).toBe(true);
  });

  it('when keys that used to serve are all rejected at once, the provider is at fault', async () => {
    const clock = new VirtualClock();
    const events: PoolEvent[] = [];
    const keys = Array.from({ length: 4 }, () => ({ limits: MANY }));
    const pool = poolOf(clock, [providerOf({ keys })], { onEvent: (event) => events.push(event) });
    for (let n = 0; n < 8; n++) await serve(pool, clock);
    await clock.advance(10_000);
    for (let n = 0; n < 3; n++) await serve(pool, clock, {}, { kind: 'key-rejected', scope: 'key', reason: 'invalid' });
    expect(events.map(({ kind }) => kind)).toContain('provider-overloaded');
    expect(pool.view().providers[0]?.keys.map(({ state }) => state)).toEqual(['ready', 'ready', 'ready', 'ready']);
  });

  it('quota without a date is probed by one request, later and later', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: MANY }] })]);
    const broke = { kind: 'quota-exhausted', scope: 'group', until: { kind: 'unknown' }, reason: 'no credit' } as const;
    await serve(pool, clock, {}, broke);
    expect(refusal(await pool.acquire(demandOf({ deadline: clock.now() })))).toMatchObject({
      reason: 'no-usable-keys',
      retryAfterMs: null,
    });
    await clock.advance(15 * 60_000);
    const probe = lease(await pool.acquire(demandOf({ deadline: clock.now() })));
    const second = ask(pool, { deadline: clock.now() + 100 });
    probe.sent();
    await clock.advance(50);
    expect(second.answer?.kind).not.toBe('lease');
    probe.settle(broke);
    const until = pool.view().providers[0]?.groups[0]?.until ?? 0;
    expect(until - clock.wallNow()).toBeGreaterThan(25 * 60_000);
  });
});

describe('groups found by their organisation', () => {
  const hear = async (pool: KeyPool, clock: VirtualClock, group: string, organisation: string) => {
    const asked = ask(pool, { groups: [group], deadline: clock.now() + 20_000 });
    await clock.advance(0);
    const given = lease(asked.answer ?? ({ kind: 'refusal', binding: 'waiting' } as Refusal));
    given.sent();
    given.observe([], organisation);
    given.settle(served());
  };
  const groupsOf = (pool: KeyPool) => pool.view().providers[0]?.groups.map(({ keys }) => [...keys].sort()) ?? [];

  it('are one after two agreeing replies from each, and two again after two that contradict', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: MANY }, { limits: MANY }, { limits: MANY }] })]);
    await hear(pool, clock, 'k0', 'org');
    await hear(pool, clock, 'k1', 'org');
    await hear(pool, clock, 'k0', 'org');
    expect(groupsOf(pool)).toHaveLength(3);
    await hear(pool, clock, 'k1', 'org');
    await hear(pool, clock, 'k2', 'another');
    expect(groupsOf(pool)).toEqual([['key-0', 'key-1'], ['key-2']]);
    await hear(pool, clock, 'k1', 'another');
    await hear(pool, clock, 'k1', 'yet another');
    expect(groupsOf(pool)).toHaveLength(3);
  });

  it('stay apart once an operator says so', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: MANY }, { limits: MANY }] })]);
    for (const group of ['k0', 'k1', 'k0', 'k1']) await hear(pool, clock, group, 'org');
    expect(groupsOf(pool)).toHaveLength(1);
    pool.part('k1');
    for (const group of ['k0', 'k1', 'k0', 'k1']) await hear(pool, clock, group, 'org');
    expect(groupsOf(pool)).toHaveLength(2);
  });

  it('are never parted when the operator put them together', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [
      providerOf({
        keys: [
          { group: 'mine', limits: MANY },
          { group: 'mine', limits: MANY },
        ],
      }),
    ]);
    for (let n = 0; n < 8; n++) await hear(pool, clock, 'mine', `org-${n}`);
    expect(groupsOf(pool)).toHaveLength(1);
  });

  it('move windows and leases under way together', async () => {
    const clock = new VirtualClock();
    const limits = [{ model: '*', rpm: 10, concurrent: 3 }];
    const groups = [
      { name: 'k0', limits },
      { name: 'k1', limits },
    ];
    const pool = poolOf(clock, [providerOf({ groups, keys: [{}, {}] })]);
    for (const group of ['k0', 'k1', 'k0']) await hear(pool, clock, group, 'org');
    const running = lease(await pool.acquire(demandOf({ homeGroup: 'k0' })));
    await hear(pool, clock, 'k1', 'org');
    const view = () => pool.view().providers[0]?.groups[0];
    expect(view()?.concurrency).toEqual({ running: 1, cap: 3 });
    running.sent();
    running.settle(served());
    expect(view()?.concurrency).toEqual({ running: 0, cap: 3 });
    expect(view()?.windows[0]?.left).toBeLessThanOrEqual(7);
  });
});

describe('a new configuration', () => {
  it('keeps what was learned of keys that stay, whatever else changes about them', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [
      providerOf({ keys: [{ limits: [{ model: '*', rpm: 5 }] }, { limits: MANY }], strategy: 'ordered' }),
    ]);
    for (let n = 0; n < 5; n++) await serve(pool, clock, { homeGroup: 'k0' });
    await serve(
      pool,
      clock,
      { homeGroup: 'k1' },
      { kind: 'quota-exhausted', scope: 'key', until: { kind: 'in', waitMs: 50_000 }, reason: 'spent' },
    );
    pool.configure([
      providerOf({
        keys: [
          { id: 'k1', label: 'renamed', group: 'k1', limits: MANY, weight: 3 },
          { id: 'k0', group: 'k0', limits: [{ model: '*', rpm: 6 }] },
        ],
      }),
    ]);
    expect(pool.view().providers[0]?.keys[0]).toMatchObject({ label: 'renamed', state: 'exhausted' });
    await serve(pool, clock, { homeGroup: 'k0' });
    expect(refusal(await pool.acquire(demandOf({ homeGroup: 'k0', deadline: clock.now() }))).reason).toBe('full');
  });

  it('looks at waiters anew: served by a key that came, refused when none is left', async () => {
    const clock = new VirtualClock();
    const one = { id: 'k0', limits: [{ model: '*', rpm: 1 }] };
    const pool = poolOf(clock, [providerOf({ keys: [one] })]);
    await serve(pool, clock);
    const waiting = ask(pool, { deadline: 100_000 });
    await clock.advance(10);
    pool.configure([providerOf({ keys: [one, { limits: MANY }] })]);
    await clock.advance(0);
    expect(waiting.answer).toMatchObject({ kind: 'lease', group: 'k1' });
    const hopeless = ask(pool, { homeGroup: 'k0', deadline: 100_000 });
    await clock.advance(10);
    pool.configure([]);
    await clock.advance(0);
    expect(hopeless.answer).toMatchObject({ kind: 'refusal', reason: 'no-keys' });
  });

  it('lets leases of a removed key settle', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf()]);
    const given = lease(await pool.acquire(demandOf()));
    pool.configure([]);
    given.sent();
    expect(() => given.settle(served())).not.toThrow();
  });

  it('keeps what an operator did', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: MANY }, { limits: MANY }] })]);
    pool.drain('k0');
    pool.configure([providerOf({ keys: [{ limits: MANY }, { limits: MANY }] })]);
    for (let n = 0; n < 4; n++) expect((await serve(pool, clock)).key.id).toBe('k1');
    expect(pool.view().providers[0]?.keys[0]?.state).toBe('draining');
    pool.setEnabled('k0', true);
    expect((await serve(pool, clock)).key.id).toBe('k0');
  });
});

describe('the pool when it closes', () => {
  it('refuses those who wait, and anyone after', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: [{ model: '*', rpm: 1 }] }] })]);
    await serve(pool, clock);
    const waiting = ask(pool, { deadline: 100_000 });
    pool.close();
    await clock.advance(0);
    expect(waiting.answer?.kind).toBe('refusal');
    expect(clock.nextAt()).toBeNull();
  });
});
