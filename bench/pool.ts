import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureKeys } from './pool-keys.ts';
import { type Run, runRotation, runRotato } from './pool-run.ts';
import type { Scenario } from './pool-scenario.ts';
import { SCENARIOS } from './pool-scenarios.ts';
import { judge, KEYS_GOALS, markdownTable, type Result, rowOf, rowOfKeys } from './pool-table.ts';

/**
 * Every line of the pool's targets over real HTTP: clients, rotato and a simulated provider in this process, on one
 * clock that is sped up where limits demand minutes. What a case came to is counted at the provider, the optimum is
 * worked out from the limits, and plain rotation on 429 runs the same case for comparison. Exits 1 when a target is
 * missed, 2 for a case that does not exist.
 *
 *   npm run bench:pool -- [--only NAME[,NAME…]] [--seed N] [--json]
 */
const KEYS_CASE = 'keys';
const NAMES = [...SCENARIOS.map(({ name }) => name), KEYS_CASE];
const DEFAULT_SEED = 2026;
/** Each case and each of its parts has a seed of its own. */
const SEEDS_A_CASE = 10;
/** Timers that are late by more than this, in simulated time, may have cost the case something. */
const NOTEWORTHY_LAG_MS = 500;

const { values: flags } = parseArgs({
  options: { only: { type: 'string' }, seed: { type: 'string' }, json: { type: 'boolean' } },
});
const chosen = flags.only?.split(',') ?? NAMES;
const unknown = chosen.filter((name) => !NAMES.includes(name));
if (unknown.length > 0) {
  console.error(`There is no case called ${unknown.join(', ')}. There are: ${NAMES.join(', ')}`);
  process.exit(2);
}
const seed = Number(flags.seed ?? DEFAULT_SEED);

const startedAt = Date.now();
await rehearse();
const results: Result[] = [];
for (const [nth, scenario] of SCENARIOS.entries()) {
  if (chosen.includes(scenario.name)) results.push(await resultOf(scenario, seed + nth * SEEDS_A_CASE));
}
progress(`${KEYS_CASE}: reading the configuration`);
const keys = chosen.includes(KEYS_CASE) ? await measureKeys(seed) : null;
progress('');

const verdicts = [
  ...results.flatMap(({ scenario, rotato }) => judge(scenario.goals, rotato.metrics)),
  ...(keys === null ? [] : judge(KEYS_GOALS, { ...keys })),
];
console.log(flags.json ? JSON.stringify(asJson(), null, 2) : report());
process.exitCode = verdicts.every(({ met }) => met) ? 0 : 1;

async function resultOf(scenario: Scenario, caseSeed: number): Promise<Result> {
  const { name, speed } = scenario;
  const nth = `${results.length + 1} of ${chosen.length}`;
  progress(`${nth}, ${name}: rotato, clock ×${speed}, seed ${caseSeed}`);
  const rotato = await runRotato(scenario, caseSeed);
  if (scenario.baseline === false) return { scenario, seed: caseSeed, rotato, baseline: null };
  progress(`${nth}, ${name}: baseline, clock ×${speed}, seed ${caseSeed}`);
  return { scenario, seed: caseSeed, rotato, baseline: await runRotation(scenario, caseSeed) };
}

/** The first use of any code is slower, and no case should pay for it. */
async function rehearse(): Promise<void> {
  progress('warming up');
  const [scenario] = SCENARIOS;
  if (scenario === undefined) return;
  const load = { kind: 'closed-loop', callers: [{ client: 'all', count: 10 }], durationMs: 20_000 } as const;
  const groups = [{ name: 'org-1', keys: ['sk-bench-1'], limits: [{ model: '*', rpm: 100_000 }] }];
  const ample: Scenario = { ...scenario, speed: 10, load, provider: { ...scenario.provider, groups, latency: 50 } };
  await runRotato(ample, seed);
  await runRotation(ample, seed);
}

function report(): string {
  const rows = [...results.map(rowOf), ...(keys === null ? [] : [rowOfKeys(keys)])];
  const missed = verdicts.filter(({ met }) => !met).length;
  const lagging = results.flatMap(({ scenario, rotato, baseline }) =>
    [
      { who: `${scenario.name}, rotato`, run: rotato },
      { who: `${scenario.name}, baseline`, run: baseline },
    ].flatMap(({ who, run }) => (run !== null && run.lagP99Ms > NOTEWORTHY_LAG_MS ? [{ who, run }] : [])),
  );
  const noise = lagging.map(({ who, run }) => `${who} ${Math.round(run.lagP99Ms)} ms`).join('; ');
  return [
    `${machine()}; seed ${seed}, and ${SEEDS_A_CASE} more for each case; took ${Math.round((Date.now() - startedAt) / 1_000)} s.`,
    'clock: how many times as fast as real time the clock ran that provider and rotato shared; times are on that clock.',
    '',
    markdownTable(rows),
    '',
    missed === 0 ? 'Every target was met.' : `${missed} of ${verdicts.length} targets were missed.`,
    ...(noise === '' ? [] : [`Timers were late, at the 99th percentile and on the case's clock, by: ${noise}.`]),
  ].join('\n');
}

function asJson(): unknown {
  return {
    machine: machine(),
    seed,
    cases: results.map(({ scenario, seed: caseSeed, rotato, baseline }) => ({
      name: scenario.name,
      title: scenario.title,
      speed: scenario.speed,
      seed: caseSeed,
      goals: judge(scenario.goals, rotato.metrics),
      rotato: finite(rotato),
      baseline: baseline === null ? null : finite(baseline),
    })),
    keys: keys === null ? null : { ...keys, goals: judge(KEYS_GOALS, { ...keys }) },
  };
}

/** JSON knows no infinity; what has no value is left out. */
function finite(run: Run): Run {
  const metrics = Object.fromEntries(Object.entries(run.metrics).filter(([, value]) => Number.isFinite(value)));
  return { ...run, metrics };
}

function machine(): string {
  return `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}`;
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`);
}
