import type { Dimension } from '../model/limit.ts';

/** What one request takes from the windows it passes. */
export interface Need {
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** The share of each window that must be left over: batch work leaves room for interactive callers. */
  readonly reserve: number;
}

/** What is charged for a request that the provider did not count. */
export const NOTHING: Need = { requests: 0, inputTokens: 0, outputTokens: 0, reserve: 0 };

/** The least a request can ask for: where this does not fit, nothing does. */
export const LEAST: Need = { requests: 1, inputTokens: 0, outputTokens: 0, reserve: 0 };

export function amountOf(need: Need, dimension: Dimension): number {
  switch (dimension) {
    case 'requests':
      return need.requests;
    case 'tokens':
      return need.inputTokens + need.outputTokens;
    case 'input-tokens':
      return need.inputTokens;
    case 'output-tokens':
      return need.outputTokens;
  }
}
