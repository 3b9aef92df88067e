/** How long a caller may keep silent where it is its turn. */
export interface CallerTimeouts {
  /** From the connection, or the end of the answer before, to the end of the headers. */
  readonly headersMs: number;
  /** Between two pieces of a body. A steady upload may take as long as it likes. */
  readonly bodyIdleMs: number;
}

export const CALLER_TIMEOUTS: CallerTimeouts = { headersMs: 30_000, bodyIdleMs: 60_000 };
