/**
 * How large a request one bucket can ever admit, as refusals have told. Units are tokens by our own estimate. What was
 * told is forgotten after a while, since limits are raised.
 */
export class RequestCeiling {
  /** The limit that a refusal named. */
  #named = Number.POSITIVE_INFINITY;
  /** The least that was refused for its size: an estimate of as much is too much again, whatever the limit says. */
  #refused = Number.POSITIVE_INFINITY;
  #until = Number.NEGATIVE_INFINITY;

  /** Null where no refusal named one. */
  get named(): number | null {
    return Number.isFinite(this.#named) ? this.#named : null;
  }

  refused(tokens: number, { named, until }: { named: number | null; until: number }): void {
    if (named !== null && named > 0) this.#named = named;
    this.#refused = Math.min(this.#refused, tokens);
    this.#until = until;
  }

  accepted(tokens: number): void {
    if (tokens >= this.#refused) this.#refused = Number.POSITIVE_INFINITY;
  }

  excludes(tokens: number, now: number): boolean {
    return now < this.#until && (tokens > this.#named || tokens >= this.#refused);
  }

  absorb(other: RequestCeiling): void {
    this.#named = Math.min(this.#named, other.#named);
    this.#refused = Math.min(this.#refused, other.#refused);
    this.#until = Math.max(this.#until, other.#until);
  }
}
