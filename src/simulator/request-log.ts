/** One request as it stood on the wire, and what became of it. */
export interface LoggedRequest {
  /** Milliseconds on the provider's clock, when the head arrived. */
  readonly at: number;
  readonly method: string;
  /** Byte for byte as it stood in the request line. */
  readonly target: string;
  /** `[name, value, …]` in order, case and repetition kept. */
  readonly rawHeaders: readonly string[];
  /** Trailers likewise, once the body has ended. */
  rawTrailers: readonly string[];
  /** Null until the body has ended. */
  bodySha256: string | null;
  bodyBytes: number;
  key: string | null;
  group: string | null;
  model: string | null;
  /** Null where no status line was sent. */
  status: number | null;
  /** `admitted`, `unmetered`, the reason of a refusal, or the name of a fault; null until decided. */
  decision: string | null;
}

/** The latest requests, oldest first; the oldest makes room for the newest. */
export class RequestLog {
  readonly #size: number;
  #entries: LoggedRequest[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  add(entry: LoggedRequest): void {
    this.#entries.push(entry);
    // Dropping half at a time keeps adding cheap.
    if (this.#entries.length > this.#size * 2) this.#entries = this.#entries.slice(-this.#size);
  }

  all(): readonly LoggedRequest[] {
    return this.#size === 0 ? [] : this.#entries.slice(-this.#size);
  }

  get last(): LoggedRequest | undefined {
    return this.#entries.at(-1);
  }

  clear(): void {
    this.#entries = [];
  }
}
