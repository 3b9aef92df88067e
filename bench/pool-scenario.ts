import type { Wire } from '../src/model/provider.ts';
import type { SimulatedProviderOptions } from '../src/simulator/provider-options.ts';

/**
 * A line of the targets table, or one variant of a line, as data: a provider, what rotato is told of it, who calls, and
 * what has to come of it. Times are simulated milliseconds.
 */
export interface Scenario {
  /** For `--only`. */
  readonly name: string;
  readonly title: string;
  /** How many times as fast as the real one the clock runs that provider and rotato share. */
  readonly speed: number;
  readonly wire: Wire;
  readonly provider: Omit<SimulatedProviderOptions, 'clock' | 'random'>;
  readonly rotato: RotatoSetting;
  readonly load: Load;
  readonly incident?: Incident;
  /** False where rotation does what it does in another case: it has nothing to forget. */
  readonly baseline?: false;
  /** Keys that the provider does not accept; what their groups would allow is no part of the optimum. */
  readonly deadKeys?: readonly string[];
  readonly optimum: Optimum;
  readonly goals: readonly Goal[];
}

/** What rotato's configuration says of the simulated provider, beside its address and its keys. */
export interface RotatoSetting {
  /** Without one it is an unknown host that speaks the scenario's wire. */
  readonly preset?: string;
  /** `no`: every key stands for itself. `names`: keys name their group. `limits`: and the groups' limits are typed. */
  readonly groups: 'no' | 'names' | 'limits';
}

export type Load = ClosedLoop | Burst | Obeying;

/** Callers in a circle: each calls again as soon as it was answered, until the time is over. */
export interface ClosedLoop {
  readonly kind: 'closed-loop';
  readonly callers: readonly Callers[];
  readonly durationMs: number;
  /** Length of the prompts, each as likely to be twice as long as half as long; short ones by default. */
  readonly promptTokens?: { readonly from: number; readonly to: number };
}

export interface Callers {
  readonly client: string;
  readonly count: number;
}

/** All at once, and over when the last was answered. */
export interface Burst {
  readonly kind: 'burst';
  readonly calls: number;
  /** Whoever is not through by then never was. */
  readonly untilMs: number;
}

/** Bursts of callers without patience, who come back once, at the time that their refusal names. */
export interface Obeying {
  readonly kind: 'obeying';
  readonly bursts: readonly { readonly atMs: number; readonly calls: number }[];
  readonly durationMs: number;
}

export type Incident =
  | { readonly kind: 'overload'; readonly atMs: number; readonly forMs: number }
  | { readonly kind: 'restart'; readonly atMs: number };

/** What the limits are asked: the most requests or tokens in the time, or the least time for the calls of a burst. */
export type Optimum = 'requests' | 'tokens' | 'time';

export type Metric =
  /** Completed ÷ the most that the limits admit in that time; with tokens, tokens of admitted requests. */
  | 'goodput'
  /** Upstream refusals for rate, per 100 completed. */
  | 'provoked'
  /** Such refusals after the first window, all of them. */
  | 'provokedLater'
  /** In the window after it, which is where anything forgotten would show. */
  | 'provokedAfterRestart'
  /** Share of a burst that was answered. */
  | 'completed'
  /** Total time, less one round trip, ÷ the least time. */
  | 'stretch'
  /** The most calls that any one dead key saw, validation included. */
  | 'callsPerDeadKey'
  /** From the end of an overload until a second brought as many admissions as the limits sustain. */
  | 'recoverySeconds'
  /** Upstream calls ÷ what clients asked. */
  | 'callsPerRequest'
  /** Of two clients' admissions while both were waiting. */
  | 'jain'
  /** Share of the callers who obeyed a refusal and were then served. */
  | 'servedOnReturn'
  /** Acquire and settle, in the pool alone. */
  | 'medianMicroseconds';

export interface Goal {
  readonly metric: Metric;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export type Metrics = Partial<Record<Metric, number>>;
