import type { KeyPool } from '../../src/key-pool/key-pool.ts';
import type { Lease } from '../../src/key-pool/lease.ts';
import type { TriedKey } from '../../src/model/demand.ts';
import { seededRandom } from '../../src/random.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import { demandOf } from './fixtures.ts';
import type { ModelReply, ProviderModel } from './provider-model.ts';

/** What callers saw. What the provider saw is counted at the provider. */
export interface Seen {
  asked: number;
  served: number;
  refused: number;
  /** Refusals that carried a time, and how many of those callers came back then and were served. */
  failed: number;
  waits: number[];
  perClient: Map<string, number>;
  lastServedAt: number;
}

export interface Caller {
  readonly client?: string;
  readonly inputTokens?: () => number;
  readonly outputTokens?: number;
  readonly patienceMs?: number;
  readonly priority?: 'interactive' | 'batch';
  readonly affinity?: string;
  /** Comes back at the time a refusal names, so often. */
  readonly comesBack?: number;
}

export interface Simulation {
  readonly clock: VirtualClock;
  readonly pool: KeyPool;
  readonly provider: ProviderModel;
  readonly seen: Seen;
  stopped: boolean;
}

export function simulation(clock: VirtualClock, pool: KeyPool, provider: ProviderModel): Simulation {
  const seen: Seen = { asked: 0, served: 0, refused: 0, failed: 0, waits: [], perClient: new Map(), lastServedAt: 0 };
  return { clock, pool, provider, seen, stopped: false };
}

/** One call from arrival to its end, with what a proxy does after refusals: another group, at most 20. */
export async function call(sim: Simulation, caller: Caller = {}): Promise<'served' | 'refused' | 'failed'> {
  const { clock, pool, seen } = sim;
  seen.asked++;
  const arrivedAt = clock.now();
  const inputTokens = caller.inputTokens?.() ?? 100;
  const outputTokens = caller.outputTokens ?? 16;
  const tried: TriedKey[] = [];
  let again = caller.comesBack ?? 0;
  let overloads = 0;
  let deadline = arrivedAt + (caller.patienceMs ?? 600_000);
  for (let walked = 0; walked <= 20; ) {
    const answer = await pool.acquire(
      demandOf({
        client: caller.client ?? 'anonymous',
        tokens: { bodyBytes: inputTokens * 4, maxOutputTokens: outputTokens },
        deadline,
        priority: caller.priority ?? 'interactive',
        affinity: caller.affinity ?? null,
        tried,
      }),
    );
    if (answer.kind === 'refusal') {
      if (again > 0 && answer.retryAfterMs !== null) {
        again--;
        await sleep(clock, answer.retryAfterMs);
        deadline = clock.now() + (caller.patienceMs ?? 600_000);
        continue;
      }
      seen.refused++;
      return 'refused';
    }
    tried.push({ keyId: answer.key.id, group: answer.group });
    const reply = await attempt(sim, answer, { inputTokens, outputTokens });
    if (reply.outcome.kind === 'served') {
      seen.served++;
      seen.lastServedAt = clock.now();
      seen.waits.push(clock.now() - arrivedAt);
      const client = caller.client ?? 'anonymous';
      seen.perClient.set(client, (seen.perClient.get(client) ?? 0) + 1);
      return 'served';
    }
    if (reply.outcome.kind === 'overloaded' && ++overloads > 1) break;
    walked++;
  }
  seen.failed++;
  return 'failed';
}

async function attempt(
  { clock, provider }: Simulation,
  lease: Lease,
  tokens: { inputTokens: number; outputTokens: number },
): Promise<ModelReply> {
  lease.sent();
  await sleep(clock, provider.travelMs());
  const reply = provider.receive({ key: lease.key.id, ...tokens }, clock.now());
  await sleep(clock, reply.headMs + provider.travelMs());
  lease.observe(reply.readings, reply.organisation);
  if (reply.outcome.kind === 'served') lease.accepted();
  if (reply.bodyMs > 0) await sleep(clock, reply.bodyMs);
  reply.done();
  lease.settle(reply.outcome);
  return reply;
}

export function sleep(clock: VirtualClock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(ms, resolve);
  });
}

/** `callers` in a circle: each calls again as soon as it was answered. */
export function closedLoop(sim: Simulation, callers: number, caller: Caller = {}): void {
  const loop = async () => {
    while (!sim.stopped) {
      const ended = await call(sim, caller);
      // A caller that is refused takes a breath, or a refusing pool would spin it.
      if (ended !== 'served') await sleep(sim.clock, 1_000);
    }
  };
  for (let n = 0; n < callers; n++) void loop();
}

export function burst(sim: Simulation, calls: number, caller: Caller = {}): Promise<unknown> {
  return Promise.all(Array.from({ length: calls }, () => call(sim, caller)));
}

export function poisson(sim: Simulation, perSecond: number, seed: number, caller: Caller = {}): void {
  const random = seededRandom(seed);
  const next = () => {
    if (sim.stopped) return;
    void call(sim, caller);
    sim.clock.setTimer((-Math.log(1 - random.next()) * 1_000) / perSecond, next);
  };
  next();
}
