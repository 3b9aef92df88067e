import type { Dimension } from '../model/limit.ts';
import { openWindow, type RateLimit, type RateWindow, rateLimitsOf, type SimulatedLimit } from './windows.ts';

/** What one metered call takes from its group's windows. */
export interface Charge {
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** What the caller allows the answer to be; null when it names no maximum. */
  readonly maxOutputTokens: number | null;
}

/**
 * When and how tokens are counted. `usage`: all of what the call really uses, when it arrives. `max-tokens`: the
 * larger of prompt and requested maximum, when it arrives, never given back (OpenAI). `on-completion`: the prompt
 * when it arrives, the answer when it ends (Anthropic).
 */
export type TokenCharging = 'usage' | 'max-tokens' | 'on-completion';

/** One window as a header or a refusal may speak of it. */
export interface WindowReading {
  readonly limit: RateLimit;
  readonly left: number;
  readonly fullInMs: number;
  readonly hidden: boolean;
}

export interface Admission {
  readonly kind: 'admitted';
  /** The windows as they stand after this call. */
  readings(now: number): WindowReading[];
  /** Exactly once, when the call is over. */
  release(): void;
}

export type MeterRefusal = WindowRefusal | ConcurrencyRefusal;

export interface WindowRefusal {
  readonly kind: 'window';
  readonly limit: RateLimit;
  readonly used: number;
  readonly requested: number;
  /** Until a call like this one fits; `Infinity` when it never can. */
  readonly waitMs: number;
  readings(now: number): WindowReading[];
}

export interface ConcurrencyRefusal {
  readonly kind: 'concurrency';
  readonly limit: number;
  readings(now: number): WindowReading[];
}

interface MeteredWindow {
  readonly limit: RateLimit;
  readonly window: RateWindow;
  readonly hidden: boolean;
}

/** What one entry of the limits meters for one model, or for all of them together. */
interface Scope {
  readonly windows: readonly MeteredWindow[];
  readonly concurrent: number | null;
  inFlight: number;
}

export interface MeterRules {
  readonly tokenCharging: TokenCharging;
  /** Refused calls take one request from the request windows as well (OpenAI). */
  readonly refusalsCount: boolean;
}

/** The windows of one quota group, or of one key that has limits of its own. */
export class Meter {
  readonly #limits: readonly SimulatedLimit[];
  readonly #rules: MeterRules;
  readonly #startedAt: number;
  /** By the entry's position and, for `each`, the model. */
  readonly #scopes = new Map<string, Scope>();

  constructor(limits: readonly SimulatedLimit[], rules: MeterRules, startedAt: number) {
    this.#limits = limits;
    this.#rules = rules;
    this.#startedAt = startedAt;
  }

  /** Takes the charge from every window it concerns, or from none. */
  static admit(meters: readonly Meter[], charge: Charge, now: number): Admission | MeterRefusal {
    const scopes = meters.flatMap((meter) => meter.#scopesOf(charge.model));
    const readings = (at: number) => readingsOf(scopes, at);
    const rules = meters[0]?.rules ?? { tokenCharging: 'usage', refusalsCount: false };
    const refusal = refuse(scopes, { charge, rules, now, readings });
    if (refusal !== null) {
      if (rules.refusalsCount) waste(scopes, now);
      return refusal;
    }
    for (const scope of scopes) {
      scope.inFlight += 1;
      for (const { limit, window } of scope.windows) window.take(now, costOf(limit.dimension, charge, rules));
    }
    return {
      kind: 'admitted',
      readings,
      release() {
        for (const scope of scopes) scope.inFlight -= 1;
      },
    };
  }

  /** What `on-completion` still owes: called when the answer ends. */
  static complete(meters: readonly Meter[], charge: Charge, now: number): void {
    if (meters[0]?.rules.tokenCharging !== 'on-completion') return;
    for (const { windows } of meters.flatMap((meter) => meter.#scopesOf(charge.model))) {
      for (const { limit, window } of windows) {
        if (limit.dimension === 'tokens' || limit.dimension === 'output-tokens') window.take(now, charge.outputTokens);
      }
    }
  }

  get rules(): MeterRules {
    return this.#rules;
  }

  #scopesOf(model: string): Scope[] {
    return this.#limits.flatMap((limit, position) => {
      if (limit.model !== '*' && limit.model !== 'each' && limit.model !== model) return [];
      const id = limit.model === 'each' ? `${position} ${model}` : String(position);
      let scope = this.#scopes.get(id);
      if (scope === undefined) {
        scope = this.#openScope(limit);
        this.#scopes.set(id, scope);
      }
      return [scope];
    });
  }

  #openScope(typed: SimulatedLimit): Scope {
    const windows = rateLimitsOf(typed).map((limit) => ({
      limit,
      window: openWindow(limit, this.#startedAt),
      hidden: typed.hidden ?? false,
    }));
    return { windows, concurrent: typed.concurrent ?? null, inFlight: 0 };
  }
}

function costOf(dimension: Dimension, charge: Charge, rules: MeterRules): number {
  const { inputTokens, outputTokens } = charge;
  switch (dimension) {
    case 'requests':
      return 1;
    case 'input-tokens':
      return inputTokens;
    case 'output-tokens':
      return rules.tokenCharging === 'on-completion' ? 0 : outputTokens;
    case 'tokens':
      if (rules.tokenCharging === 'on-completion') return inputTokens;
      if (rules.tokenCharging === 'max-tokens') return Math.max(inputTokens, charge.maxOutputTokens ?? 0);
      return inputTokens + outputTokens;
  }
}

interface Question {
  readonly charge: Charge;
  readonly rules: MeterRules;
  readonly now: number;
  readings(now: number): WindowReading[];
}

/** The window that keeps the call waiting longest, because that is the one its caller has to wait for. */
function refuse(scopes: readonly Scope[], { charge, rules, now, readings }: Question): MeterRefusal | null {
  let binding: WindowRefusal | null = null;
  for (const { limit, window } of scopes.flatMap((scope) => scope.windows)) {
    // Tokens that are counted later cost nothing yet, but an empty window admits nobody.
    const requested = Math.max(1, costOf(limit.dimension, charge, rules));
    const waitMs = window.waitFor(now, requested);
    if (waitMs > (binding?.waitMs ?? 0)) {
      binding = { kind: 'window', limit, used: limit.limit - window.left(now), requested, waitMs, readings };
    }
  }
  if (binding !== null) return binding;
  const full = scopes.find((scope) => scope.concurrent !== null && scope.inFlight >= scope.concurrent);
  return full === undefined ? null : { kind: 'concurrency', limit: full.concurrent ?? 0, readings };
}

function waste(scopes: readonly Scope[], now: number): void {
  for (const { windows } of scopes) {
    for (const { limit, window } of windows) if (limit.dimension === 'requests') window.waste(now, 1);
  }
}

function readingsOf(scopes: readonly Scope[], now: number): WindowReading[] {
  return scopes.flatMap(({ windows }) =>
    windows.map(({ limit, window, hidden }) => ({
      limit,
      left: Math.max(0, window.left(now)),
      fullInMs: window.fullIn(now),
      hidden,
    })),
  );
}
