import { openWindow, type RateLimit, type RateWindow, rateLimitsOf, type SimulatedLimit } from './windows.ts';

/** What each of many like calls takes. */
export interface UniformCall {
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** From admission to the end of the answer. */
  readonly latencyMs: number;
}

/** A quota group as its limits describe it, every window whole at the start. */
export interface GroupCapacity {
  readonly limits: readonly SimulatedLimit[];
}

/**
 * The least time in which so many calls can have been answered, whoever hands them out. Admitting each call at the
 * first instant that any group allows cannot be beaten: room that is left unused never comes back later as more.
 * `Infinity` when a limit makes it impossible.
 */
export function leastTimeFor(calls: number, groups: readonly GroupCapacity[], call: UniformCall): number {
  const lanes = groups.map((group) => new Lane(group, call));
  let last = 0;
  for (let admitted = 0; admitted < calls; admitted++) {
    const lane = earliest(lanes);
    if (lane === null || !Number.isFinite(lane.nextAt)) return Number.POSITIVE_INFINITY;
    last = Math.max(last, lane.nextAt);
    lane.admit();
  }
  return calls === 0 ? 0 : last + call.latencyMs;
}

/** The most calls that can have been answered by then. `Infinity` when some group has no limit at all. */
export function mostWithin(durationMs: number, groups: readonly GroupCapacity[], call: UniformCall): number {
  const lanes = groups.map((group) => new Lane(group, call));
  const latest = durationMs - call.latencyMs;
  if (latest < 0) return 0;
  if (lanes.some(({ unlimited }) => unlimited)) return Number.POSITIVE_INFINITY;
  let admitted = 0;
  for (const lane of lanes) {
    for (; lane.nextAt <= latest; admitted++) lane.admit();
  }
  return admitted;
}

/** The most tokens, of calls of any size, that the groups' token windows admit in that time. */
export function mostTokensWithin(durationMs: number, groups: readonly GroupCapacity[]): number {
  return groups
    .map(({ limits }) => {
      const windows = limits.flatMap(rateLimitsOf).filter(({ dimension }) => dimension === 'tokens');
      return Math.min(...windows.map((window) => unitsWithin(durationMs, window)));
    })
    .reduce((sum, tokens) => sum + tokens, 0);
}

function unitsWithin(durationMs: number, { algorithm, limit, periodMs }: RateLimit): number {
  // A window that starts whole gives its limit at once: a bucket then refills, the others are whole again each period.
  if (algorithm === 'refill') return limit + Math.floor((limit * durationMs) / periodMs);
  return limit * (Math.floor(durationMs / periodMs) + 1);
}

function earliest(lanes: readonly Lane[]): Lane | null {
  return lanes.reduce<Lane | null>((best, lane) => (best === null || lane.nextAt < best.nextAt ? lane : best), null);
}

/** One group that admits like calls as early as it can. */
class Lane {
  readonly #windows: readonly { readonly window: RateWindow; readonly cost: number }[];
  readonly #concurrent: number;
  readonly #latencyMs: number;
  /** When each running call ends, oldest first. */
  readonly #endings: number[] = [];
  #now = 0;

  constructor({ limits }: GroupCapacity, call: UniformCall) {
    const matching = limits.filter(({ model }) => model === '*' || model === 'each' || model === call.model);
    this.#windows = matching.flatMap(rateLimitsOf).map((limit) => ({
      window: openWindow(limit, 0),
      cost: costOf(limit, call),
    }));
    this.#concurrent = Math.min(...matching.map(({ concurrent }) => concurrent ?? Number.POSITIVE_INFINITY));
    this.#latencyMs = call.latencyMs;
  }

  get unlimited(): boolean {
    return this.#windows.length === 0 && !Number.isFinite(this.#concurrent);
  }

  /** The first instant at which the next call is admitted; asking changes nothing. */
  get nextAt(): number {
    if (this.#concurrent === 0) return Number.POSITIVE_INFINITY;
    const slotAt = this.#endings.length < this.#concurrent ? this.#now : (this.#endings[0] ?? this.#now);
    const waits = this.#windows.map(({ window, cost }) => window.waitFor(this.#now, cost));
    const fitsAt = this.#now + Math.max(0, ...waits);
    // Windows count whole microseconds; a sum of floats has to be brought back to them.
    return Math.max(slotAt, Math.round(fitsAt * 1_000) / 1_000);
  }

  admit(): void {
    const at = this.nextAt;
    this.#now = at;
    while (this.#endings.length > 0 && (this.#endings[0] ?? 0) <= at) this.#endings.shift();
    if (Number.isFinite(this.#concurrent)) this.#endings.push(at + this.#latencyMs);
    for (const { window, cost } of this.#windows) window.take(at, cost);
  }
}

function costOf({ dimension }: RateLimit, { inputTokens, outputTokens }: UniformCall): number {
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
