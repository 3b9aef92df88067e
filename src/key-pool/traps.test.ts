import { describe, expect, it } from 'vitest';
import { demandOf, poolOf, providerOf, rateLimited, served } from '../../test/simulation/fixtures.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import type { TriedKey } from '../model/demand.ts';
import type { Outcome } from '../model/outcome.ts';
import { Secret } from '../model/secret.ts';
import type { KeyPool } from './key-pool.ts';
import type { Lease, Refusal } from './lease.ts';

/** Mistakes found in the issue trackers of other proxies, one test each. */

function lease(answer: Lease | Refusal): Lease {
  if (answer.kind !== 'lease') throw new Error(`refused: ${answer.binding}`);
  return answer;
}

function refusal(answer: Lease | Refusal): Refusal {
  if (answer.kind !== 'refusal') throw new Error(`not refused, but ${answer.key.label}`);
  return answer;
}

async function attempt(pool: KeyPool, clock: VirtualClock, outcome: Outcome, options = {}): Promise<Lease> {
  const given = lease(await pool.acquire(demandOf({ deadline: clock.now() + 10_000, ...options })));
  given.sent();
  await clock.advance(50);
  given.settle(outcome);
  return given;
}

const keyState = (pool: KeyPool, at = 0) => pool.view().providers[0]?.keys[at]?.state;
const RPM_20 = [{ model: '*', rpm: 20 }];

describe('traps', () => {
  it('a refusal for rate is not the death of a key', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: RPM_20 }] })]);
    for (let n = 0; n < 5; n++) {
      await attempt(pool, clock, rateLimited({ waitMs: 1_000 }));
      expect(keyState(pool)).toBe('ready');
      await clock.advance(2_000);
    }
    await attempt(pool, clock, served());
  });

  it("a caller's own mistake punishes no key", async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: [{ model: '*', rpm: 1_000 }] }] })]);
    for (let n = 0; n < 50; n++) await attempt(pool, clock, { kind: 'request-refused', reason: 'invalid request' });
    expect(keyState(pool)).toBe('ready');
    expect(pool.view().providers[0]?.groups[0]?.buckets[0]?.state).toBe('ready');
  });

  it('refusals under way together escalate nothing, and those that follow each other do', async () => {
    const clock = new VirtualClock();
    const limits = [{ model: '*', rpm: 1_000 }];
    const pool = poolOf(clock, [providerOf({ keys: [{ limits }], traits: { refusalsCount: false } })]);
    await attempt(pool, clock, served());
    const together = [];
    for (let n = 0; n < 10; n++) together.push(lease(await pool.acquire(demandOf({ deadline: clock.now() }))));
    for (const one of together) one.sent();
    await clock.advance(50);
    for (const one of together) one.settle(rateLimited({ scope: 'group' }));
    const rest = () => (pool.view().providers[0]?.groups[0]?.until ?? 0) - clock.wallNow();
    const first = rest();
    expect(first).toBeLessThanOrEqual(2_000);
    let last = first;
    for (let n = 0; n < 4; n++) {
      await clock.advance(last + 1);
      await attempt(pool, clock, rateLimited({ scope: 'group' }));
      expect(rest()).toBeGreaterThan(last);
      last = rest();
    }
  });

  it('a wait has an end, though nothing ever happens', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: [{ model: '*', concurrent: 1 }] }] })]);
    lease(await pool.acquire(demandOf())).sent();
    const waiting = pool.acquire(demandOf({ deadline: 5_000 }));
    await clock.advance(5_000);
    expect(refusal(await waiting).reason).toBe('full');
    expect(pool.view().waiting).toBe(0);
  });

  it('a model with waiters is never forgotten to make room for another', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: [{ model: 'each', concurrent: 1, rpm: 100 }] }] })], {
      settings: { maxModelClasses: 2 },
    });
    await attempt(pool, clock, served(), { model: 'a' });
    const running = lease(await pool.acquire(demandOf({ model: 'a' })));
    const waiting = pool.acquire(demandOf({ model: 'a' }));
    for (let n = 0; n < 20; n++) await attempt(pool, clock, served(), { model: `other-${n}` });
    running.sent();
    running.settle(served());
    await clock.advance(100);
    expect(lease(await waiting).modelClass).toBe('a');
  });

  it('a refusal of ours is told apart from one of the upstream, and says what binds', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: [{ model: '*', rpm: 1 }] }] })]);
    await attempt(pool, clock, served());
    const refused = refusal(await pool.acquire(demandOf({ deadline: clock.now() })));
    expect(refused).toMatchObject({ kind: 'refusal', reason: 'full', group: 'key-0', modelClass: 'small' });
    expect(refused.binding).toMatch(/^key-0: requests\/min full for [\d.]+ s \(1 of 1\)$/);
  });

  it("a month's quota is not a passing limit, and a passing limit is not a spent quota", async () => {
    const clock = new VirtualClock(Date.UTC(2026, 0, 5, 12));
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: RPM_20 }, { limits: RPM_20 }] })]);
    await attempt(pool, clock, {
      kind: 'quota-exhausted',
      scope: 'group',
      until: { kind: 'next-month' },
      reason: 'spend',
    });
    await attempt(pool, clock, rateLimited({ waitMs: 4_000 }));
    const groups = pool.view().providers[0]?.groups ?? [];
    expect(groups[0]).toMatchObject({ state: 'exhausted', until: Date.UTC(2026, 1, 1) });
    expect(groups[1]?.buckets[0]).toMatchObject({ state: 'cooling' });
    expect(groups[1]?.state).toBe('ready');
  });

  it('walks past every resting key to the one that serves', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: Array.from({ length: 12 }, () => ({ limits: RPM_20 })) })]);
    const tried: TriedKey[] = [];
    for (let n = 0; n < 11; n++) {
      const given = await attempt(pool, clock, rateLimited({ waitMs: 30_000 }), { tried: [...tried] });
      tried.push({ keyId: given.key.id, group: given.group });
    }
    const last = await attempt(pool, clock, served(), { tried });
    expect(new Set([...tried.map(({ keyId }) => keyId), last.key.id]).size).toBe(12);
  });

  it('tells the time at which there is room, not a round figure', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: [{ model: '*', rpm: 6, window: 'refill' }] }] })]);
    await attempt(pool, clock, served());
    for (let n = 0; n < 5; n++) await attempt(pool, clock, served());
    const { retryAfterMs } = refusal(await pool.acquire(demandOf({ deadline: clock.now() })));
    // Six a minute, six spent within a third of a second: the next comes after ten seconds.
    expect(retryAfterMs).toBeGreaterThan(9_000);
    expect(retryAfterMs).toBeLessThan(11_000);
  });

  it('does not spend one minute at its end and the next at its beginning', async () => {
    const clock = new VirtualClock(Date.UTC(2026, 0, 5, 12, 0, 55));
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: RPM_20 }] })]);
    for (let n = 0; n < 20; n++) await attempt(pool, clock, served());
    await clock.advance(10_000);
    expect(refusal(await pool.acquire(demandOf({ deadline: clock.now() }))).reason).toBe('full');
  });

  it('counts a request when it goes out, not when its answer comes', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: [{ model: '*', rpm: 3 }] }] })]);
    await attempt(pool, clock, served());
    lease(await pool.acquire(demandOf({ deadline: clock.now() })));
    lease(await pool.acquire(demandOf({ deadline: clock.now() })));
    expect(refusal(await pool.acquire(demandOf({ deadline: clock.now() }))).reason).toBe('full');
  });

  it('a key that was disabled or rejected comes back', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: RPM_20 }] })]);
    pool.setEnabled('k0', false);
    expect(refusal(await pool.acquire(demandOf())).reason).toBe('no-keys');
    pool.setEnabled('k0', true);
    await attempt(pool, clock, { kind: 'key-rejected', scope: 'key', reason: 'invalid api key' });
    await clock.advance(10_000);
    await attempt(pool, clock, { kind: 'key-rejected', scope: 'key', reason: 'invalid api key' });
    expect(keyState(pool)).toBe('rejected');
    await clock.advance(10 * 60_000);
    await attempt(pool, clock, served());
    expect(keyState(pool)).toBe('ready');
  });

  it('keeps a bounded number of models, whatever callers write', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{}] })], { settings: { maxModelClasses: 16 } });
    for (let n = 0; n < 500; n++)
      await attempt(pool, clock, served(), { model: `made-up-${n}`, client: `client-${n}` });
    expect(pool.view().providers[0]?.groups[0]?.buckets.length).toBeLessThanOrEqual(17);
  });

  it('a validation changes nothing but what it finds out', async () => {
    const clock = new VirtualClock();
    const keys = [{ limits: RPM_20 }, { limits: RPM_20 }];
    const asked: string[] = [];
    const validate = async (keyId: string) => {
      asked.push(keyId);
      return true;
    };
    const pool = poolOf(clock, [providerOf({ keys, traits: { freeValidation: true } })], { validate });
    const first = await attempt(pool, clock, { kind: 'key-rejected', scope: 'key', reason: 'invalid api key' });
    await clock.advance(1);
    expect(asked).toEqual([first.key.id]);
    expect(keyState(pool)).toBe('ready');
    const next = await attempt(pool, clock, served());
    expect(next.key.id).not.toBe(first.key.id);
    expect(pool.view().providers[0]?.groups[0]?.keys).toHaveLength(1);
  });

  it('a caller that leaves the queue is gone from it', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: [{ model: '*', concurrent: 1 }] }] })]);
    const running = lease(await pool.acquire(demandOf()));
    const abort = new AbortController();
    const leaving = pool.acquire(demandOf({ signal: abort.signal }));
    const staying = pool.acquire(demandOf());
    abort.abort();
    expect(refusal(await leaving).reason).toBe('caller-left');
    expect(pool.view().waiting).toBe(1);
    running.settle(served());
    expect(lease(await staying).key.id).toBe('k0');
  });

  it('binds no key before there is room: the first to be free serves', async () => {
    const clock = new VirtualClock();
    const limits = [{ model: '*', concurrent: 1, rpm: 100 }];
    const pool = poolOf(clock, [providerOf({ keys: [{ limits }, { limits }] })]);
    const [one, other] = [lease(await pool.acquire(demandOf())), lease(await pool.acquire(demandOf()))];
    const waiting = pool.acquire(demandOf());
    other.sent();
    other.settle(served());
    expect(lease(await waiting).key.id).toBe(other.key.id);
    one.settle(served());
  });

  it('prints no key, wherever it tells about one', async () => {
    const clock = new VirtualClock();
    const said: unknown[] = [];
    const keys = [
      {
        secret: new Secret('sk-canary'),
        limits: [
          { model: '*', rpm: 1 },
          { model: '*', rpd: -1 },
        ],
      },
    ];
    const pool = poolOf(clock, [providerOf({ keys })], { onEvent: (event) => said.push(event) });
    const given = await attempt(pool, clock, { kind: 'key-rejected', scope: 'key', reason: 'invalid' });
    said.push(pool.view(), pool.remember(), given.decision, await pool.acquire(demandOf({ deadline: clock.now() })));
    expect(JSON.stringify(said)).not.toContain('sk-canary');
  });

  it('a word in an answer costs no key a year', async () => {
    const clock = new VirtualClock();
    const pool = poolOf(clock, [providerOf({ keys: [{ limits: RPM_20 }] })]);
    const year = { kind: 'in', waitMs: 365 * 86_400_000 } as const;
    await attempt(pool, clock, { kind: 'quota-exhausted', scope: 'key', until: year, reason: 'banned' });
    expect(
      (pool.view().providers[0]?.keys[0]?.until ?? Number.POSITIVE_INFINITY) - clock.wallNow(),
    ).toBeLessThanOrEqual(32 * 86_400_000);
    pool.clear('k0');
    await attempt(pool, clock, served());
  });
});
