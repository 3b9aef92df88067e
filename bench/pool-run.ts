import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Clock, scaledClock, sleep } from '../src/clock.ts';
import type { ExchangeRecord } from '../src/model/exchange.ts';
import { type Random, seededRandom } from '../src/random.ts';
import { type SimulatedProvider, startSimulatedProvider } from '../src/simulator/simulated-provider.ts';
import type { Answer, Call } from './pool-call.ts';
import { LoadRun } from './pool-load.ts';
import { type Evidence, type Measured, measure } from './pool-measure.ts';
import { Rotation } from './pool-rotation.ts';
import { RotatoUnderTest } from './pool-rotato.ts';
import type { Incident, Scenario } from './pool-scenario.ts';

/** A way of getting calls answered with the keys there are. */
interface Way {
  ask(call: Call): Promise<Answer>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface Run extends Measured {
  readonly elapsedMs: number;
  readonly asked: number;
  readonly counters: Evidence['counters'];
  /** What callers were answered, by status; 0 where no answer came. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly refused: Readonly<Record<string, number>>;
  readonly groups: Readonly<Record<string, { completed: number; rateLimited: number }>>;
  /** Refusals for rate in each window of a minute. */
  readonly refusedByWindow: readonly number[];
  /** rotato's own record of its attempts, by outcome: to explain a figure, never to make one. */
  readonly attempts: Readonly<Record<string, number>>;
  /** How late this process's timers were, in simulated milliseconds: nothing smaller can be told from noise. */
  readonly lagP99Ms: number;
}

const LOG_SIZE = 1_000_000;
const WINDOW_MS = 60_000;

export async function runRotato(scenario: Scenario, seed: number): Promise<Run> {
  const { clock, provider } = await openStage(scenario, seed);
  await using _ = provider;
  const rotato = await RotatoUnderTest.start({ scenario, provider, clock, random: seededRandom(seed + 1) });
  return await drive(scenario, {
    clock,
    provider,
    way: rotato,
    random: seededRandom(seed + 2),
    records: rotato.records,
  });
}

export async function runRotation(scenario: Scenario, seed: number): Promise<Run> {
  const { clock, provider } = await openStage(scenario, seed);
  await using _ = provider;
  const { wire } = scenario;
  const parts = { wire, baseUrl: provider.baseUrls[wire], keys: provider.keys, clock, random: seededRandom(seed + 1) };
  return await drive(scenario, {
    clock,
    provider,
    way: new Rotation(parts),
    random: seededRandom(seed + 2),
    records: [],
  });
}

async function openStage(scenario: Scenario, seed: number): Promise<{ clock: Clock; provider: SimulatedProvider }> {
  const clock = scaledClock(scenario.speed);
  const faults = (scenario.deadKeys ?? []).map((key) => ({ fault: 'invalid-key', key }) as const);
  const provider = await startSimulatedProvider({
    ...scenario.provider,
    faults,
    clock,
    random: seededRandom(seed),
    requestLogSize: LOG_SIZE,
  });
  return { clock, provider };
}

interface Stage {
  readonly clock: Clock;
  readonly provider: SimulatedProvider;
  readonly way: Way;
  readonly random: Random;
  readonly records: readonly ExchangeRecord[];
}

async function drive(scenario: Scenario, stage: Stage): Promise<Run> {
  const { clock, provider, way, random, records } = stage;
  const lag = monitorEventLoopDelay({ resolution: 1 });
  // The windows are whole, and fixed ones begin, at the instant at which the load does.
  provider.reset();
  lag.enable();
  const startedAt = clock.now();
  const load = new LoadRun({ clock, random, ask: (call) => way.ask(call) });
  const incident = strike(scenario.incident, stage);
  const endedAt = await load.run(scenario.load);
  const { received, admitted, completed, rateLimited, inputTokens, outputTokens } = provider.counters;
  const counters = { received, admitted, completed, rateLimited, tokens: inputTokens + outputTokens };
  const log = provider.requests.all();
  const refused = Object.fromEntries(provider.counters.refused);
  const groups = Object.fromEntries(
    [...provider.counters.byGroup].map(([name, tally]) => [
      name,
      { completed: tally.completed, rateLimited: tally.rateLimited },
    ]),
  );
  const statuses = Object.fromEntries(load.seen.statuses);
  const attempts = countAttempts(records);
  load.stop();
  lag.disable();
  const mendedAt = await incident;
  const measured = measure(scenario, { startedAt, endedAt, mendedAt, counters, log, seen: load.seen });
  await way.close();
  const elapsedMs = endedAt - startedAt;
  return {
    ...measured,
    elapsedMs,
    asked: load.seen.asked,
    counters,
    statuses,
    refused,
    groups,
    refusedByWindow: byWindow(log, startedAt, elapsedMs),
    attempts,
    lagP99Ms: (lag.percentile(99) / 1e6) * scenario.speed,
  };
}

/** Lets it happen in its time; returns when it was over. */
async function strike(incident: Incident | undefined, { clock, provider, way }: Stage): Promise<number | null> {
  if (incident === undefined) return null;
  await sleep(clock, incident.atMs);
  if (incident.kind === 'restart') {
    await way.restart();
    return clock.now();
  }
  const fault = provider.inject({ fault: 'overloaded' });
  await sleep(clock, incident.forMs);
  provider.clearFault(fault);
  return clock.now();
}

function byWindow(log: Evidence['log'], startedAt: number, elapsedMs: number): number[] {
  const windows = new Array<number>(Math.max(1, Math.ceil(elapsedMs / WINDOW_MS))).fill(0);
  for (const { at, status } of log) {
    if (status !== 429) continue;
    const nth = Math.min(windows.length - 1, Math.floor((at - startedAt) / WINDOW_MS));
    windows[nth] = (windows[nth] ?? 0) + 1;
  }
  return windows;
}

function countAttempts(records: readonly ExchangeRecord[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of records.flatMap(({ attempts }) => attempts)) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
