import type { Dimension } from '../model/limit.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './duration-text.ts';

/** The headers that announce one window, in lower case; absent ones are left out. */
export interface WindowHeaders {
  readonly dimension: Dimension;
  /** From the vendor's documentation or the header's name; null when neither tells. */
  readonly periodMs: number | null;
  readonly limit?: string;
  readonly remaining?: string;
  readonly reset?: string;
  /** Azure names the window's length, in seconds. */
  readonly renewalPeriod?: string;
  /**
   * The vendor announces whichever of several windows is tightest. They refill continuously, so how long what was
   * spent takes to come back tells which one it is.
   */
  readonly periodFromRefill?: boolean;
}

export type LimitHeaderFamily =
  | 'none'
  | 'openai'
  | 'groq'
  | 'azure'
  | 'anthropic'
  | 'mistral'
  | 'cerebras'
  | 'xai'
  | 'sambanova'
  | 'fireworks'
  | 'openrouter'
  | 'together'
  | 'cohere'
  | 'github'
  | 'generic';

const MONTH_MS = 30 * DAY_MS;

/** `x-ratelimit-limit-SUBJECT`, `x-ratelimit-remaining-SUBJECT`, `x-ratelimit-reset-SUBJECT`. */
function xRateLimit(subject: string, dimension: Dimension, periodMs: number | null): WindowHeaders {
  return {
    dimension,
    periodMs,
    limit: `x-ratelimit-limit-${subject}`,
    remaining: `x-ratelimit-remaining-${subject}`,
    reset: `x-ratelimit-reset-${subject}`,
  };
}

function anthropic(subject: string, dimension: Dimension): WindowHeaders {
  return {
    dimension,
    periodMs: MINUTE_MS,
    limit: `anthropic-ratelimit-${subject}-limit`,
    remaining: `anthropic-ratelimit-${subject}-remaining`,
    reset: `anthropic-ratelimit-${subject}-reset`,
  };
}

function azure(subject: string, dimension: Dimension): WindowHeaders {
  return { ...xRateLimit(subject, dimension, MINUTE_MS), renewalPeriod: `x-ratelimit-renewalperiod-${subject}` };
}

const BARE: WindowHeaders = {
  dimension: 'requests',
  periodMs: null,
  limit: 'x-ratelimit-limit',
  remaining: 'x-ratelimit-remaining',
  reset: 'x-ratelimit-reset',
};

/** The three fields of the IETF draft before it became structured (Kong and others). */
const IETF_TRIO: WindowHeaders = {
  dimension: 'requests',
  periodMs: null,
  limit: 'ratelimit-limit',
  remaining: 'ratelimit-remaining',
  reset: 'ratelimit-reset',
};

const BY_PERIOD: readonly WindowHeaders[] = [
  xRateLimit('requests-minute', 'requests', MINUTE_MS),
  xRateLimit('requests-hour', 'requests', HOUR_MS),
  xRateLimit('requests-day', 'requests', DAY_MS),
  xRateLimit('tokens-minute', 'tokens', MINUTE_MS),
  xRateLimit('tokens-hour', 'tokens', HOUR_MS),
  xRateLimit('tokens-day', 'tokens', DAY_MS),
];

const MISTRAL: readonly WindowHeaders[] = [
  xRateLimit('req-10-second', 'requests', 10_000),
  xRateLimit('req-minute', 'requests', MINUTE_MS),
  xRateLimit('tokens-minute', 'tokens', MINUTE_MS),
  xRateLimit('tokens-month', 'tokens', MONTH_MS),
];

const ANTHROPIC: readonly WindowHeaders[] = [
  anthropic('requests', 'requests'),
  anthropic('tokens', 'tokens'),
  anthropic('input-tokens', 'input-tokens'),
  anthropic('output-tokens', 'output-tokens'),
];

const FIREWORKS: readonly WindowHeaders[] = [
  xRateLimit('requests', 'requests', MINUTE_MS),
  xRateLimit('tokens-prompt', 'input-tokens', null),
  xRateLimit('tokens-generated', 'output-tokens', null),
];

/** Which headers mean what, per vendor: provider reference §3 to §6. */
export const LIMIT_HEADER_FAMILIES: Readonly<Record<LimitHeaderFamily, readonly WindowHeaders[]>> = {
  none: [],
  openai: [
    // Requests per minute or per day, whichever is tighter.
    { ...xRateLimit('requests', 'requests', null), periodFromRefill: true },
    xRateLimit('tokens', 'tokens', MINUTE_MS),
    xRateLimit('project-tokens', 'tokens', MINUTE_MS),
  ],
  groq: [xRateLimit('requests', 'requests', DAY_MS), xRateLimit('tokens', 'tokens', MINUTE_MS)],
  azure: [azure('requests', 'requests'), azure('tokens', 'tokens')],
  anthropic: ANTHROPIC,
  mistral: MISTRAL,
  cerebras: BY_PERIOD,
  xai: [xRateLimit('requests', 'requests', null), xRateLimit('tokens', 'tokens', MINUTE_MS)],
  sambanova: [xRateLimit('requests', 'requests', MINUTE_MS), ...BY_PERIOD],
  fireworks: FIREWORKS,
  openrouter: [BARE],
  together: [
    BARE,
    {
      dimension: 'tokens',
      periodMs: null,
      limit: 'x-tokenlimit-limit',
      remaining: 'x-tokenlimit-remaining',
      reset: 'x-tokenlimit-reset',
    },
  ],
  cohere: [
    { dimension: 'requests', periodMs: MONTH_MS, limit: 'x-endpoint-monthly-call-limit' },
    {
      dimension: 'requests',
      periodMs: MINUTE_MS,
      limit: 'x-trial-endpoint-call-limit',
      remaining: 'x-trial-endpoint-call-remaining',
    },
  ],
  github: [
    xRateLimit('requests', 'requests', null),
    xRateLimit('tokens', 'tokens', null),
    { dimension: 'requests', periodMs: null, reset: 'x-ratelimit-timeremaining' },
  ],
  // An unknown host may be any of the above behind a gateway: names say what they say, undocumented periods stay unknown.
  generic: [
    BARE,
    IETF_TRIO,
    { ...azure('requests', 'requests'), periodMs: null, periodFromRefill: true },
    { ...azure('tokens', 'tokens'), periodMs: null, periodFromRefill: true },
    ...BY_PERIOD,
    xRateLimit('req-minute', 'requests', MINUTE_MS),
    ...ANTHROPIC,
  ],
};
