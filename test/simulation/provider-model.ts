import type { Dimension, LimitReading } from '../../src/model/limit.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import { seededRandom } from '../../src/random.ts';

/**
 * A provider as it may really meter, written without a look at the pool's own arithmetic: plain lists and no bounds,
 * so that each can prove the other wrong. All counters the targets are judged by are taken here.
 */
export interface ModelLimit {
  readonly dimension: Dimension;
  readonly limit: number;
  readonly periodMs: number;
  readonly algorithm: 'refill' | 'sliding' | 'fixed';
  /** A fixed window's boundaries lie at this instant and every period from it. */
  readonly phaseMs?: number;
  /** Enforced but never spoken of. */
  readonly hidden?: boolean;
}

export type HeaderStyle =
  /** Limit, remaining and time until full, exact; refusals with an exact wait and the figures. */
  | 'announced'
  /** The same in whole seconds, with the period known. */
  | 'announced-seconds'
  /** Limit and remaining, no reset. */
  | 'remaining'
  /** Nothing but whole seconds in a refusal. */
  | 'retry-after'
  /** Nothing in answers; limit, period and a rounded-down wait in refusals. */
  | 'stated'
  | 'bare';
export const HEADER_STYLES: readonly HeaderStyle[] = [
  'announced',
  'announced-seconds',
  'remaining',
  'retry-after',
  'stated',
  'bare',
];

export interface ModelGroup {
  readonly name: string;
  readonly keys: readonly string[];
  readonly limits: readonly ModelLimit[];
  readonly concurrent?: number;
}

export interface ModelOptions {
  readonly groups: readonly ModelGroup[];
  readonly style: HeaderStyle;
  readonly seed: number;
  /** From the request's arrival to the answer's head. */
  readonly answerMs?: readonly [number, number];
  /** From the head to the end of the body. */
  readonly bodyMs?: readonly [number, number];
  readonly refuseMs?: readonly [number, number];
  /** From us to the provider. */
  readonly travelMs?: readonly [number, number];
  readonly refusalsCount?: boolean;
  readonly deadKeys?: readonly string[];
  readonly overloaded?: readonly [from: number, to: number];
  readonly namesOrganisation?: boolean;
  /** How far the provider's dates are off; only durations may matter. */
  readonly periodIsSaid?: boolean;
}

export interface ModelRequest {
  readonly key: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface ModelReply {
  readonly admitted: boolean;
  /** After the arrival. */
  readonly headMs: number;
  readonly bodyMs: number;
  readonly readings: readonly LimitReading[];
  readonly outcome: Outcome;
  readonly organisation: string | null;
}

export interface Counters {
  calls: number;
  admitted: number;
  admittedTokens: number;
  rateRefused: number;
  /** Instants of refusals for rate. */
  refusedAt: number[];
  deadCalls: Map<string, number>;
  overloaded: number;
  mostRunning: number;
}

export class ProviderModel {
  readonly counters: Counters = {
    calls: 0,
    admitted: 0,
    admittedTokens: 0,
    rateRefused: 0,
    refusedAt: [],
    deadCalls: new Map(),
    overloaded: 0,
    mostRunning: 0,
  };
  readonly #options: ModelOptions;
  readonly #random: ReturnType<typeof seededRandom>;
  readonly #groups = new Map<string, { group: ModelGroup; windows: ModelWindow[]; running: number }>();

  constructor(options: ModelOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    for (const group of options.groups) {
      const entry = { group, windows: group.limits.map((limit) => new ModelWindow(limit)), running: 0 };
      for (const key of group.keys) this.#groups.set(key, entry);
    }
  }

  travelMs(): number {
    return this.#between(this.#options.travelMs ?? [5, 30]);
  }

  /** A request arrives. `done` of the answer must be called when its body has ended. */
  receive(request: ModelRequest, now: number): ModelReply & { done: () => void } {
    const { counters } = this;
    counters.calls++;
    const entry = this.#groups.get(request.key);
    const refuseMs = this.#between(this.#options.refuseMs ?? [50, 200]);
    const refusal = (outcome: Outcome, readings: readonly LimitReading[] = []) => ({
      admitted: false,
      headMs: refuseMs,
      bodyMs: 0,
      readings,
      outcome,
      organisation: null,
      done: () => {},
    });
    if (entry === undefined || this.#options.deadKeys?.includes(request.key) === true) {
      counters.deadCalls.set(request.key, (counters.deadCalls.get(request.key) ?? 0) + 1);
      return refusal({ kind: 'key-rejected', scope: 'key', reason: 'invalid api key' });
    }
    const [from, to] = this.#options.overloaded ?? [0, 0];
    if (now >= from && now < to) {
      counters.overloaded++;
      return refusal({ kind: 'overloaded', waitMs: null, reason: 'Overloaded' });
    }
    const binding = this.#binding(entry, request, now);
    if (binding !== null) {
      counters.rateRefused++;
      counters.refusedAt.push(now);
      if (this.#options.refusalsCount === true) {
        for (const window of entry.windows) if (window.limit.dimension === 'requests') window.take(1, now);
      }
      return refusal(this.#refusal(binding, request, now), this.#readings(entry.windows, now));
    }
    for (const window of entry.windows) window.take(costOf(window.limit.dimension, request), now);
    entry.running++;
    counters.admitted++;
    counters.admittedTokens += request.inputTokens + request.outputTokens;
    counters.mostRunning = Math.max(counters.mostRunning, entry.running);
    const { inputTokens, outputTokens } = request;
    return {
      admitted: true,
      headMs: this.#between(this.#options.answerMs ?? [300, 1_500]),
      bodyMs: this.#between(this.#options.bodyMs ?? [0, 500]),
      readings: this.#readings(entry.windows, now),
      outcome: { kind: 'served', usage: { inputTokens, outputTokens, cachedInputTokens: null, reasoningTokens: null } },
      organisation: this.#options.namesOrganisation === true ? `org-${entry.group.name}` : null,
      done: () => {
        entry.running--;
      },
    };
  }

  #binding(
    entry: { group: ModelGroup; windows: ModelWindow[]; running: number },
    request: ModelRequest,
    now: number,
  ): ModelWindow | 'concurrency' | null {
    let binding: ModelWindow | null = null;
    let longest = 0;
    for (const window of entry.windows) {
      const waitMs = window.waitMs(costOf(window.limit.dimension, request), now);
      if (waitMs > longest) {
        binding = window;
        longest = waitMs;
      }
    }
    if (binding === null && entry.running >= (entry.group.concurrent ?? Number.POSITIVE_INFINITY)) return 'concurrency';
    return binding;
  }

  #refusal(binding: ModelWindow | 'concurrency', request: ModelRequest, now: number): Outcome {
    const bare = {
      kind: 'rate-limited',
      waitMs: null,
      dimension: null,
      periodMs: null,
      limit: null,
      scope: 'bucket',
      ramp: false,
      reason: 'Too many requests',
    } as const;
    if (binding === 'concurrency') return bare;
    const { dimension, limit, periodMs } = binding.limit;
    const waitMs = binding.waitMs(costOf(dimension, request), now);
    switch (this.#options.style) {
      case 'announced':
        return binding.limit.hidden === true ? { ...bare, waitMs } : { ...bare, waitMs, dimension, periodMs, limit };
      case 'announced-seconds':
      case 'remaining':
      case 'retry-after':
        return { ...bare, waitMs: Math.ceil(waitMs / 1_000) * 1_000 };
      case 'stated':
        return { ...bare, waitMs: Math.floor(waitMs / 1_000) * 1_000, dimension, periodMs, limit };
      case 'bare':
        return bare;
    }
  }

  #readings(windows: readonly ModelWindow[], now: number): LimitReading[] {
    const { style } = this.#options;
    if (style !== 'announced' && style !== 'announced-seconds' && style !== 'remaining') return [];
    const said = this.#options.periodIsSaid ?? style === 'announced-seconds';
    return windows
      .filter(({ limit }) => limit.hidden !== true)
      .map((window) => {
        const { dimension, limit, periodMs } = window.limit;
        const resetMs = window.fullMs(now);
        return {
          dimension,
          periodMs: said ? periodMs : null,
          limit,
          remaining: Math.max(0, Math.floor(window.left(now) + 1e-9)),
          resetMs: style === 'remaining' ? null : style === 'announced' ? resetMs : Math.ceil(resetMs / 1_000) * 1_000,
          header: `x-ratelimit-limit-${dimension}`,
        };
      });
  }

  #between([low, high]: readonly [number, number]): number {
    return low + this.#random.next() * (high - low);
  }
}

function costOf(dimension: Dimension, { inputTokens, outputTokens }: ModelRequest): number {
  switch (dimension) {
    case 'requests':
      return 1;
    case 'tokens':
      return inputTokens + outputTokens;
    case 'input-tokens':
      return inputTokens;
    case 'output-tokens':
      return outputTokens;
  }
}

class ModelWindow {
  readonly limit: ModelLimit;
  #taken: { at: number; cost: number }[] = [];
  #level: number;
  #levelAt = 0;

  constructor(limit: ModelLimit) {
    this.limit = limit;
    this.#level = limit.limit;
  }

  left(now: number): number {
    const { algorithm, limit, periodMs } = this.limit;
    if (algorithm === 'refill') return Math.min(limit, this.#level + ((now - this.#levelAt) * limit) / periodMs);
    const since = algorithm === 'sliding' ? now - periodMs : this.#periodStart(now) - 1e-9;
    this.#taken = this.#taken.filter(({ at }) => at > since);
    return limit - this.#taken.reduce((sum, { cost }) => sum + cost, 0);
  }

  take(cost: number, now: number): void {
    if (this.limit.algorithm === 'refill') {
      // Refused calls that count empty a bucket, they do not put it into debt.
      this.#level = Math.max(Math.min(0, this.left(now)), this.left(now) - cost);
      this.#levelAt = now;
    } else this.#taken.push({ at: now, cost });
  }

  waitMs(cost: number, now: number): number {
    const missing = cost - this.left(now);
    if (missing <= 1e-6) return 0;
    const { algorithm, limit, periodMs } = this.limit;
    if (algorithm === 'refill') return (missing * periodMs) / limit;
    if (algorithm === 'fixed') return this.#periodStart(now) + periodMs - now;
    let freed = 0;
    for (const { at, cost: back } of this.#taken) {
      freed += back;
      if (freed >= missing - 1e-6) return at + periodMs - now;
    }
    return periodMs;
  }

  fullMs(now: number): number {
    const { algorithm, limit, periodMs } = this.limit;
    const left = this.left(now);
    if (algorithm === 'refill') return ((limit - left) * periodMs) / limit;
    if (left >= limit) return 0;
    if (algorithm === 'fixed') return this.#periodStart(now) + periodMs - now;
    return (this.#taken.at(-1)?.at ?? now) + periodMs - now;
  }

  #periodStart(now: number): number {
    const { periodMs, phaseMs = 0 } = this.limit;
    return Math.floor((now - phaseMs) / periodMs) * periodMs + phaseMs;
  }
}

/** The most requests that these limits admit from 0 up to `untilMs`, by one who never waits a moment too long. */
export function mostAdmitted(limits: readonly ModelLimit[], untilMs: number): number {
  return Math.min(
    ...limits
      .filter(({ dimension }) => dimension === 'requests')
      .map(({ algorithm, limit, periodMs, phaseMs = 0 }) => {
        if (algorithm === 'refill') return limit + Math.floor((limit * untilMs) / periodMs);
        if (algorithm === 'sliding') return limit * Math.ceil(untilMs / periodMs);
        const first = Math.floor(-phaseMs / periodMs);
        const last = Math.floor((untilMs - 1e-6 - phaseMs) / periodMs);
        return limit * (last - first + 1);
      }),
  );
}
