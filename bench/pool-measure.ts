import type { Counters } from '../src/simulator/counters.ts';
import { leastTimeFor, mostTokensWithin, mostWithin, type UniformCall } from '../src/simulator/optimum.ts';
import type { LoggedRequest } from '../src/simulator/request-log.ts';
import { CLIENT_HEADER } from './pool-call.ts';
import type { Seen } from './pool-load.ts';
import type { Metrics, Scenario } from './pool-scenario.ts';

/** Everything a run leaves behind, as it stood when the load was over. */
export interface Evidence {
  readonly startedAt: number;
  readonly endedAt: number;
  /** When the incident was over; null where there was none. */
  readonly mendedAt: number | null;
  /** The provider's own. */
  readonly counters: Pick<Counters, 'received' | 'admitted' | 'completed' | 'rateLimited'> & {
    readonly tokens: number;
  };
  /** Every request that reached the provider, in the order of arrival. */
  readonly log: readonly LoggedRequest[];
  readonly seen: Seen;
}

export interface Measured {
  /** Requests, tokens or milliseconds: see the scenario's `optimum`. */
  readonly optimum: number;
  readonly reached: number;
  readonly metrics: Metrics;
}

const WINDOW_MS = 60_000;

export function measure(scenario: Scenario, evidence: Evidence): Measured {
  const { counters, startedAt, endedAt, seen } = evidence;
  const { optimum, reached } = compare(scenario, evidence);
  const refusals = evidence.log.filter(({ status }) => status === 429);
  const between = (from: number, to: number) => refusals.filter(({ at }) => at >= from && at < to).length;
  const metrics: Metrics = {
    goodput: scenario.optimum === 'time' ? optimum / reached : reached / optimum,
    provoked: counters.completed === 0 ? Number.POSITIVE_INFINITY : (100 * counters.rateLimited) / counters.completed,
    provokedLater: between(startedAt + WINDOW_MS, endedAt),
    callsPerRequest: counters.received / seen.asked,
    ...ofBurst(scenario, counters.completed, endedAt - startedAt),
    ...ofIncident(scenario, evidence, between),
    ...ofDeadKeys(scenario, evidence.log),
    ...(scenario.load.kind === 'obeying' && { servedOnReturn: seen.servedOnReturn / seen.refused }),
    ...(seen.askedAt.size === 2 && { jain: jainWhileBothWait(evidence) }),
  };
  return { optimum, reached, metrics };
}

/** What the limits say, worked out from the limits alone, beside what the provider counted. */
function compare(scenario: Scenario, { counters, startedAt, endedAt }: Evidence): { optimum: number; reached: number } {
  const elapsedMs = endedAt - startedAt;
  const groups = liveGroups(scenario);
  switch (scenario.optimum) {
    case 'requests':
      return { optimum: mostWithin(elapsedMs, groups, callOf(scenario)), reached: counters.completed };
    case 'tokens':
      return { optimum: mostTokensWithin(elapsedMs, groups), reached: counters.tokens };
    case 'time': {
      const calls = scenario.load.kind === 'burst' ? scenario.load.calls : 0;
      return { optimum: leastTimeFor(calls, groups, callOf(scenario)), reached: elapsedMs };
    }
  }
}

function liveGroups({ provider, deadKeys = [] }: Scenario) {
  return provider.groups
    .filter(({ keys }) => keys.some((key) => !deadKeys.includes(typeof key === 'string' ? key : key.secret)))
    .map(({ limits = [] }) => ({ limits }));
}

/** No answer comes sooner than the shortest latency, whatever the draw. */
function callOf(scenario: Scenario): UniformCall {
  return { model: 'sim-large', inputTokens: 0, outputTokens: 0, latencyMs: shortestLatencyMs(scenario) };
}

function shortestLatencyMs({ provider: { latency = 0 } }: Scenario): number {
  if (typeof latency === 'number') return latency;
  return latency.kind === 'uniform' ? latency.from : latency.kind === 'fixed' ? latency.value : 0;
}

function ofBurst(scenario: Scenario, completed: number, elapsedMs: number): Metrics {
  const { load, provider } = scenario;
  if (load.kind !== 'burst') return {};
  const leastMs = leastTimeFor(
    load.calls,
    provider.groups.map(({ limits = [] }) => ({ limits })),
    callOf(scenario),
  );
  return { completed: completed / load.calls, stretch: (elapsedMs - shortestLatencyMs(scenario)) / leastMs };
}

function ofIncident(
  scenario: Scenario,
  evidence: Evidence,
  refusedBetween: (from: number, to: number) => number,
): Metrics {
  const { mendedAt } = evidence;
  if (mendedAt === null) return {};
  // Whatever was spent before the restart has left every window a minute after it.
  if (scenario.incident?.kind === 'restart') {
    return { provokedAfterRestart: refusedBetween(mendedAt, mendedAt + WINDOW_MS) };
  }
  return { recoverySeconds: (recoveredAt(scenario, evidence, mendedAt) - mendedAt) / 1_000 };
}

/** The first instant after the incident at which the second before it saw the admissions that the limits sustain. */
function recoveredAt(scenario: Scenario, { log }: Evidence, mendedAt: number): number {
  const groups = liveGroups(scenario);
  const call = { ...callOf(scenario), latencyMs: 0 };
  const aMinute = mostWithin(2 * WINDOW_MS, groups, call) - mostWithin(WINDOW_MS, groups, call);
  const aSecond = Math.max(1, Math.floor(aMinute / 60));
  const admitted = log.filter(({ at, decision }) => at >= mendedAt && decision === 'admitted').map(({ at }) => at);
  const nth = admitted.findIndex((at, n) => (admitted[n - aSecond + 1] ?? Number.NEGATIVE_INFINITY) >= at - 1_000);
  return admitted[nth] ?? Number.POSITIVE_INFINITY;
}

function ofDeadKeys({ deadKeys }: Scenario, log: readonly LoggedRequest[]): Metrics {
  if (deadKeys === undefined) return {};
  return { callsPerDeadKey: Math.max(...deadKeys.map((dead) => log.filter(({ key }) => key === dead).length)) };
}

/**
 * The client with one call in flight waits from when it called until its call was admitted; the other one always
 * waits. So what is counted is how many calls of each were admitted in just these times.
 */
function jainWhileBothWait({ log, seen, startedAt, endedAt }: Evidence): number {
  const admitted = log.filter(({ decision }) => decision === 'admitted');
  const [light = ''] = [...seen.askedAt].sort(([, one], [, other]) => one.length - other.length)[0] ?? [];
  const arrivals = (mine: boolean) =>
    admitted.filter((entry) => (clientOf(entry) === light) === mine).map(({ at }) => at);
  const lights = arrivals(true);
  const heavies = arrivals(false);
  const counted = { light: 0, heavy: 0 };
  for (const [nth, askedAt] of (seen.askedAt.get(light) ?? []).entries()) {
    const admittedAt = lights[nth];
    // In the first window there is room for all, and nobody waits.
    const from = Math.max(askedAt, startedAt + WINDOW_MS);
    const until = admittedAt ?? endedAt;
    if (until <= from) continue;
    if (admittedAt !== undefined) counted.light += 1;
    counted.heavy += heavies.filter((at) => at > from && at < until).length;
  }
  const { light: x, heavy: y } = counted;
  return x + y === 0 ? Number.NaN : (x + y) ** 2 / (2 * (x * x + y * y));
}

function clientOf({ rawHeaders }: LoggedRequest): string | undefined {
  const at = rawHeaders.findIndex((name, nth) => nth % 2 === 0 && name.toLowerCase() === CLIENT_HEADER);
  return at < 0 ? undefined : rawHeaders[at + 1];
}
