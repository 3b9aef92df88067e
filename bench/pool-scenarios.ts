import type { SimulatedGroup } from '../src/simulator/provider-options.ts';
import type { SimulatedAlgorithm } from '../src/simulator/windows.ts';
import type { Goal, Scenario } from './pool-scenario.ts';

const MINUTE_MS = 60_000;
const SIX_WINDOWS_MS = 6 * MINUTE_MS;
/** A minute passes in 2.5 s; the few milliseconds that loopback and event loop take become a tenth of a second. */
const FAST = 24;
/** Where even a tenth of a second counts: a sliding window that is to be met without a single refusal, for one. */
const SLOWER = 16;
/** As answers of language models take, and more than the noise of a sped-up clock. */
const LATENCY = { kind: 'uniform', from: 1_500, to: 2_500 } as const;
const OUTPUT_TOKENS = 20;

/** More callers than can be served, and enough to use up a whole window within seconds. */
function circle(count: number) {
  return { kind: 'closed-loop', callers: [{ client: 'all', count }], durationMs: SIX_WINDOWS_MS } as const;
}

interface GroupOutline {
  readonly keys: number;
  readonly rpm: number;
  readonly window?: SimulatedAlgorithm;
}

/** `org-1` with the keys `sk-bench-1-1`, `sk-bench-1-2`, …, and so on. */
function organisations(...outlines: readonly GroupOutline[]): SimulatedGroup[] {
  return outlines.map(({ keys, rpm, window = 'refill' }, at) => ({
    name: `org-${at + 1}`,
    keys: Array.from({ length: keys }, (_, nth) => `sk-bench-${at + 1}-${nth + 1}`),
    limits: [{ model: '*', rpm, window }],
  }));
}

function alike(count: number, outline: GroupOutline): SimulatedGroup[] {
  return organisations(...Array.from({ length: count }, () => outline));
}

function goals(bounds: { goodput: number; provoked: number }): Goal[] {
  return [
    { metric: 'goodput', atLeast: bounds.goodput },
    { metric: 'provoked', atMost: bounds.provoked },
  ];
}

const MIXED = organisations({ keys: 1, rpm: 20 }, { keys: 3, rpm: 60 }, { keys: 2, rpm: 120 });
const MIXED_WINDOWS = organisations(
  { keys: 1, rpm: 20, window: 'sliding' },
  { keys: 3, rpm: 60, window: 'fixed' },
  { keys: 2, rpm: 120, window: 'refill' },
);
/** One key to a group, as free accounts come. */
const UNTOLD = organisations(
  { keys: 1, rpm: 20, window: 'refill' },
  { keys: 1, rpm: 30, window: 'sliding' },
  { keys: 1, rpm: 60, window: 'fixed' },
  { keys: 1, rpm: 60, window: 'refill' },
);

const ANNOUNCED: readonly Goal[] = [...goals({ goodput: 0.98, provoked: 0.5 }), { metric: 'provokedLater', atMost: 0 }];

/** What the closed loops have in common. */
const CLOSED_LOOP = {
  speed: FAST,
  wire: 'openai',
  load: circle(40),
  optimum: 'requests',
} as const;

const announced: readonly Scenario[] = [
  {
    ...CLOSED_LOOP,
    name: 'announced-openai',
    title: 'limits announced (OpenAI), groups of 1, 3 and 2 keys',
    provider: { groups: MIXED, latency: LATENCY, outputTokens: OUTPUT_TOKENS },
    rotato: { preset: 'openai', groups: 'names' },
    goals: ANNOUNCED,
  },
  {
    ...CLOSED_LOOP,
    name: 'announced-anthropic',
    title: 'limits announced (Anthropic, whole seconds), the same groups',
    wire: 'anthropic',
    provider: { groups: MIXED, latency: LATENCY, outputTokens: OUTPUT_TOKENS },
    rotato: { preset: 'anthropic', groups: 'names' },
    goals: ANNOUNCED,
  },
  {
    ...CLOSED_LOOP,
    speed: SLOWER,
    name: 'announced-unknown',
    title: 'limits announced (unknown host), sliding, fixed and refill',
    provider: { groups: MIXED_WINDOWS, latency: LATENCY, outputTokens: OUTPUT_TOKENS, headers: 'openai' },
    rotato: { groups: 'names' },
    goals: ANNOUNCED,
  },
];

const BURST_CALLS = 100;
const BURST_LATENCY_MS = 3_000;

/** Where the limits leave nothing to wait for, the clock is slowed down, or a busy machine would be what is measured. */
function burst(keys: number, speed: number): Scenario {
  return {
    name: `burst-${keys}`,
    title: `burst of ${BURST_CALLS} on ${keys} ${keys === 1 ? 'key' : 'keys'} × 20/min`,
    speed,
    wire: 'openai',
    provider: {
      groups: alike(keys, { keys: 1, rpm: 20 }),
      latency: BURST_LATENCY_MS,
      outputTokens: OUTPUT_TOKENS,
    },
    rotato: { preset: 'openai', groups: 'limits' },
    load: { kind: 'burst', calls: BURST_CALLS, untilMs: 6 * MINUTE_MS },
    optimum: 'time',
    goals: [
      { metric: 'completed', atLeast: 1 },
      { metric: 'stretch', atMost: 1.05 },
      { metric: 'provoked', atMost: 0 },
    ],
  };
}

const untold: readonly Scenario[] = [
  {
    ...CLOSED_LOOP,
    name: 'retry-after',
    title: 'refusals carry retry-after only (unknown host, mixed windows)',
    provider: { groups: UNTOLD, latency: LATENCY, outputTokens: OUTPUT_TOKENS, headers: 'retry-after' },
    rotato: { groups: 'no' },
    goals: goals({ goodput: 0.95, provoked: 3 }),
  },
  {
    ...CLOSED_LOOP,
    name: 'gemini',
    title: 'Gemini style, nothing announced (mixed windows)',
    wire: 'gemini',
    provider: { groups: UNTOLD, latency: LATENCY, outputTokens: OUTPUT_TOKENS },
    rotato: { preset: 'gemini', groups: 'no' },
    goals: goals({ goodput: 0.95, provoked: 3 }),
  },
  {
    ...CLOSED_LOOP,
    name: 'bare',
    title: 'nothing announced, refusals bare (unknown host, mixed windows)',
    provider: { groups: UNTOLD, latency: LATENCY, outputTokens: OUTPUT_TOKENS, headers: 'none' },
    rotato: { groups: 'no' },
    goals: goals({ goodput: 0.9, provoked: 5 }),
  },
];

const TOKEN_GROUPS: readonly SimulatedGroup[] = [12_000, 20_000, 40_000].map((tpm, at) => ({
  name: `org-${at + 1}`,
  keys: [`sk-bench-${at + 1}`],
  limits: [{ model: '*', tpm, rpd: 14_400 }],
}));

const rest: readonly Scenario[] = [
  {
    ...CLOSED_LOOP,
    name: 'tokens',
    title: 'tokens bind (Groq), sizes vary 1:50',
    provider: {
      groups: TOKEN_GROUPS,
      latency: LATENCY,
      outputTokens: { kind: 'uniform', from: 8, to: 24 },
      headers: 'groq',
    },
    rotato: { preset: 'groq', groups: 'names' },
    load: { ...circle(60), promptTokens: { from: 40, to: 2_400 } },
    optimum: 'tokens',
    goals: goals({ goodput: 0.95, provoked: 1 }),
  },
  {
    ...CLOSED_LOOP,
    name: 'undeclared',
    title: '10 keys in 3 groups, undeclared, named in headers',
    provider: {
      groups: organisations({ keys: 4, rpm: 60 }, { keys: 3, rpm: 60 }, { keys: 3, rpm: 60 }),
      latency: LATENCY,
      outputTokens: OUTPUT_TOKENS,
    },
    rotato: { preset: 'openai', groups: 'no' },
    goals: goals({ goodput: 0.98, provoked: 1 }),
  },
  {
    ...CLOSED_LOOP,
    name: 'dead-keys',
    title: '10 keys, 3 of them dead',
    provider: {
      groups: alike(10, { keys: 1, rpm: 20 }),
      latency: LATENCY,
      outputTokens: OUTPUT_TOKENS,
    },
    deadKeys: ['sk-bench-2-1', 'sk-bench-5-1', 'sk-bench-9-1'],
    rotato: { preset: 'openai', groups: 'no' },
    goals: [
      { metric: 'goodput', atLeast: 0.98 },
      { metric: 'callsPerDeadKey', atMost: 2 },
    ],
  },
  {
    ...CLOSED_LOOP,
    name: 'overloaded',
    title: 'provider overloaded for half a window',
    wire: 'anthropic',
    provider: { groups: MIXED, latency: LATENCY, outputTokens: OUTPUT_TOKENS },
    rotato: { preset: 'anthropic', groups: 'names' },
    load: { ...circle(40), durationMs: 3 * MINUTE_MS },
    incident: { kind: 'overload', atMs: 1.25 * MINUTE_MS, forMs: 0.5 * MINUTE_MS },
    goals: [
      { metric: 'recoverySeconds', atMost: 5 },
      { metric: 'callsPerRequest', atMost: 1.2 },
    ],
  },
  {
    ...CLOSED_LOOP,
    name: 'refusals-count',
    title: 'refused requests count as well (OpenAI, retry-after only)',
    provider: {
      groups: MIXED,
      latency: LATENCY,
      outputTokens: OUTPUT_TOKENS,
      refusalsCount: true,
      headers: 'retry-after',
    },
    rotato: { preset: 'openai', groups: 'names' },
    goals: goals({ goodput: 0.95, provoked: 3 }),
  },
  {
    ...CLOSED_LOOP,
    // Slower, or much of what the light one waits for would be the way to rotato.
    speed: SLOWER,
    name: 'two-clients',
    title: 'two clients, 100 calls in flight against 1',
    provider: {
      groups: alike(2, { keys: 1, rpm: 30 }),
      latency: LATENCY,
      outputTokens: OUTPUT_TOKENS,
    },
    rotato: { preset: 'openai', groups: 'names' },
    load: {
      kind: 'closed-loop',
      callers: [
        { client: 'heavy', count: 100 },
        { client: 'light', count: 1 },
      ],
      durationMs: 3 * MINUTE_MS,
    },
    goals: [
      { metric: 'jain', atLeast: 0.98 },
      { metric: 'provoked', atMost: 0 },
    ],
  },
  {
    ...CLOSED_LOOP,
    name: 'restart-announced',
    title: 'restart in the middle, limits announced (OpenAI)',
    provider: { groups: MIXED, latency: LATENCY, outputTokens: OUTPUT_TOKENS },
    rotato: { preset: 'openai', groups: 'names' },
    incident: { kind: 'restart', atMs: 3 * MINUTE_MS },
    baseline: false,
    goals: [
      { metric: 'goodput', atLeast: 0.98 },
      { metric: 'provokedAfterRestart', atMost: 0 },
    ],
  },
  {
    ...CLOSED_LOOP,
    speed: SLOWER,
    name: 'restart-gemini',
    title: 'restart in the middle, limits learned (Gemini)',
    wire: 'gemini',
    provider: { groups: UNTOLD, latency: LATENCY, outputTokens: OUTPUT_TOKENS },
    rotato: { preset: 'gemini', groups: 'no' },
    incident: { kind: 'restart', atMs: 3 * MINUTE_MS },
    baseline: false,
    goals: [
      { metric: 'goodput', atLeast: 0.95 },
      { metric: 'provokedAfterRestart', atMost: 0 },
    ],
  },
  {
    ...CLOSED_LOOP,
    name: 'obeyed',
    title: 'retry-after of a refusal obeyed by callers without patience',
    // Slow, so that callers who arrive together do so on this clock as well.
    speed: 3,
    provider: { groups: alike(4, { keys: 1, rpm: 15 }), latency: LATENCY, outputTokens: OUTPUT_TOKENS },
    rotato: { preset: 'openai', groups: 'limits' },
    load: {
      kind: 'obeying',
      bursts: [
        { atMs: 0, calls: 80 },
        { atMs: 25_000, calls: 15 },
        { atMs: 32_000, calls: 10 },
      ],
      durationMs: 55_000,
    },
    goals: [{ metric: 'servedOnReturn', atLeast: 0.99 }],
  },
];

export const SCENARIOS: readonly Scenario[] = [
  ...announced,
  // One key needs four minutes for them all.
  burst(1, 20),
  burst(5, 0.5),
  burst(10, 0.5),
  ...untold,
  ...rest,
];
