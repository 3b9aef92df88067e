/** Until when a group is left alone with a model, and what it said. */
export interface Unavailable {
  readonly since: number;
  /** Monotonic; always finite. */
  readonly until: number;
  readonly reason: string;
}

/**
 * Models that a group may not use, each by its own name: models may share a limit while an account has only some of
 * them. Bounded, because callers make names up; the oldest give way.
 */
export class UnavailableModels {
  #models: Map<string, Unavailable> | null = null;

  note(model: string, unavailable: Unavailable): void {
    this.#models ??= new Map();
    this.#models.delete(model);
    this.#models.set(model, unavailable);
    if (this.#models.size <= MOST_MODELS) return;
    const [oldest] = this.#models.keys();
    if (oldest !== undefined) this.#models.delete(oldest);
  }

  /** The model was served after all. */
  forget(model: string): void {
    this.#models?.delete(model);
  }

  clear(): void {
    this.#models = null;
  }

  has(model: string, now: number): boolean {
    const unavailable = this.#models?.get(model);
    return unavailable !== undefined && now < unavailable.until;
  }

  entries(now: number): [model: string, Unavailable][] {
    return [...(this.#models ?? [])].filter(([, { until }]) => now < until);
  }
}

const MOST_MODELS = 64;
