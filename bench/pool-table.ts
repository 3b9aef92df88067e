import type { KeysMeasured } from './pool-keys.ts';
import type { Run } from './pool-run.ts';
import type { Goal, Metric, Metrics, Scenario } from './pool-scenario.ts';

/** What came of one case. */
export interface Result {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly rotato: Run;
  /** Null where the case has none. */
  readonly baseline: Run | null;
}

export interface Verdict extends Goal {
  readonly value: number;
  readonly met: boolean;
}

export function judge(goals: readonly Goal[], metrics: Metrics): Verdict[] {
  return goals.map((goal) => {
    const value = metrics[goal.metric] ?? Number.NaN;
    const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = goal;
    return { ...goal, value, met: value >= atLeast && value <= atMost };
  });
}

const NOTHING = '–';

const HEADINGS = [
  'case',
  'name',
  'clock',
  'optimum',
  'rotato',
  'baseline',
  'goodput',
  'of baseline',
  'provoked /100',
  'of baseline',
  'target',
  'verdict',
] as const;

/** Markdown, aligned so that it can be read in a terminal as well. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const all = [HEADINGS, ...rows];
  const widths = HEADINGS.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, nth) => cell.padEnd(widths[nth] ?? 0)).join(' | ')} |`;
  return [line(HEADINGS), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

export function rowOf({ scenario, rotato, baseline }: Result): string[] {
  const verdicts = judge(scenario.goals, rotato.metrics);
  return [
    scenario.title,
    scenario.name,
    scenario.speed === 1 ? 'real' : `×${scenario.speed}`,
    optimumOf(scenario, rotato),
    reachedBy(scenario, rotato),
    baseline === null ? NOTHING : reachedBy(scenario, baseline),
    ratioOf(scenario, rotato),
    baseline === null ? NOTHING : ratioOf(scenario, baseline),
    figure(rotato.metrics.provoked),
    figure(baseline?.metrics.provoked),
    targetText(scenario.goals),
    verdictText(verdicts),
  ];
}

/** There is no optimum to compare with, and rotation that only counts to the next key takes no time at all. */
export function rowOfKeys({ keys, medianMicroseconds, httpMedianMs, httpMedianOfFewMs }: KeysMeasured): string[] {
  const verdicts = judge(KEYS_GOALS, { medianMicroseconds });
  const http = `over HTTP ${httpMedianMs.toFixed(2)} ms, with 10 keys ${httpMedianOfFewMs.toFixed(2)} ms`;
  return [
    `${keys.toLocaleString('en')} keys, acquire + settle`,
    'keys',
    'real',
    NOTHING,
    `${medianMicroseconds.toFixed(1)} µs; ${http}`,
    ...[NOTHING, NOTHING, NOTHING, NOTHING, NOTHING],
    targetText(KEYS_GOALS),
    verdictText(verdicts),
  ];
}

export const KEYS_GOALS: readonly Goal[] = [{ metric: 'medianMicroseconds', atMost: 50 }];

const UNITS: Readonly<Record<Metric, string>> = {
  goodput: 'goodput',
  provoked: 'provoked',
  provokedLater: 'after the first window',
  provokedAfterRestart: 'in the window after the restart',
  completed: 'of the burst',
  stretch: '× optimum + a round trip',
  callsPerDeadKey: 'calls per dead key',
  recoverySeconds: 's to recover',
  callsPerRequest: 'upstream calls per request',
  jain: 'Jain index',
  servedOnReturn: 'served on return',
  medianMicroseconds: 'µs median',
};

function targetText(goals: readonly Goal[]): string {
  return goals.map((goal) => `${boundText(goal)} ${UNITS[goal.metric]}`).join(', ');
}

function boundText({ atLeast, atMost }: Goal): string {
  if (atMost === 0) return '0';
  if (atLeast === 1) return 'all';
  return atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`;
}

function verdictText(verdicts: readonly Verdict[]): string {
  const missed = verdicts.filter(({ met }) => !met);
  if (missed.length === 0) return 'met';
  return `MISSED: ${missed.map(({ metric, value }) => `${figure(value)} ${UNITS[metric]}`).join(', ')}`;
}

function optimumOf({ optimum, load }: Scenario, run: Run): string {
  if (load.kind === 'obeying') return NOTHING;
  return optimum === 'time' ? seconds(run.optimum) : `${count(run.optimum)} ${optimum}`;
}

/** What the case is about first, then what else its goals ask for. */
function reachedBy(scenario: Scenario, run: Run): string {
  const { load, optimum, goals } = scenario;
  const { completed } = run.counters;
  const main =
    load.kind === 'burst'
      ? `${completed} in ${seconds(run.reached)}`
      : optimum === 'tokens'
        ? `${count(run.reached)} tokens`
        : count(completed);
  const further = goals
    .map(({ metric }) => metric)
    .filter((metric) => !IN_COLUMNS.has(metric))
    .map((metric) => `${figure(run.metrics[metric])} ${UNITS[metric]}`);
  return [main, ...further].join('; ');
}

const IN_COLUMNS: ReadonlySet<Metric> = new Set(['goodput', 'provoked', 'completed']);

function ratioOf({ load }: Scenario, { metrics }: Run): string {
  if (load.kind === 'obeying') return NOTHING;
  return metrics.completed !== undefined && metrics.completed < 1
    ? NOTHING
    : (metrics.goodput ?? Number.NaN).toFixed(3);
}

function figure(value = Number.NaN): string {
  if (Number.isNaN(value)) return NOTHING;
  if (!Number.isFinite(value)) return 'never';
  return Number.isInteger(value) ? count(value) : value >= 100 ? count(Math.round(value)) : value.toFixed(2);
}

function count(value: number): string {
  return value.toLocaleString('en');
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}
