import type { Clock } from '../clock.ts';
import { RotatoError } from '../errors.ts';
import type { Random } from '../random.ts';
import type { Distribution } from './distribution.ts';
import type { FaultRule } from './faults.ts';
import type { TokenCharging } from './meter.ts';
import { rateLimitsOf, type SimulatedLimit } from './windows.ts';

/**
 * What answers say about limits. `native` is each wire's own: `openai`, `anthropic` or `gemini` by the endpoint.
 * `groq` announces requests a day and tokens a minute under OpenAI's names; `retry-after` speaks only in refusals;
 * `none` refuses without a word.
 */
export type HeaderStyle = 'native' | 'openai' | 'groq' | 'anthropic' | 'gemini' | 'retry-after' | 'none';
export const HEADER_STYLES: readonly HeaderStyle[] = [
  'native',
  'openai',
  'groq',
  'anthropic',
  'gemini',
  'retry-after',
  'none',
];

export interface SimulatedKey {
  readonly secret: string;
  /** Bind this key as well as its group. */
  readonly limits?: readonly SimulatedLimit[];
}

/** An organisation: what is metered, and where objects live. */
export interface SimulatedGroup {
  readonly name: string;
  readonly keys: readonly (string | SimulatedKey)[];
  readonly limits?: readonly SimulatedLimit[];
}

export interface SimulatedProviderOptions {
  readonly groups: readonly SimulatedGroup[];
  /** The group that calls without any credential belong to, as at a self-hosted server; by default they are refused. */
  readonly anonymousGroup?: string;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly host?: string;
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** The port of the control API; null for none. */
  readonly adminPort?: number | null;
  readonly models?: readonly string[];
  /** Refuse models that `models` does not list, as vendors do. */
  readonly strictModels?: boolean;
  readonly headers?: HeaderStyle;
  /** Name the organisation in answers: `openai-organization`, `anthropic-organization-id`. */
  readonly organisationHeaders?: boolean;
  readonly refusalsCount?: boolean;
  readonly tokenCharging?: TokenCharging;
  /** Time from the request's last byte to the answer's first. */
  readonly latency?: Distribution;
  /** Null, the default, sends a stream's pieces as fast as they are taken. */
  readonly tokensPerSecond?: number | null;
  /** Length of answers; null, the default, answers with what it was told. */
  readonly outputTokens?: Distribution | null;
  /** How far the provider's dates are ahead of the clock. */
  readonly clockSkewMs?: number;
  /** How many received requests the log keeps. */
  readonly requestLogSize?: number;
  readonly faults?: readonly FaultRule[];
}

/** Figures that no window can be built of would fail in the middle of a run, so they are refused at the start. */
export function checkOptions(options: SimulatedProviderOptions): void {
  const secrets = new Set<string>();
  for (const { name, keys, limits } of options.groups) {
    checkLimits(name, limits ?? []);
    for (const key of keys) {
      const secret = typeof key === 'string' ? key : key.secret;
      if (secrets.has(secret)) throw wrong(`the key "${secret}" stands in two places`);
      secrets.add(secret);
      if (typeof key !== 'string') checkLimits(`${name}, key "${secret}"`, key.limits ?? []);
    }
  }
  const { anonymousGroup } = options;
  if (anonymousGroup !== undefined && !options.groups.some(({ name }) => name === anonymousGroup)) {
    throw wrong(`anonymousGroup "${anonymousGroup}" is none of the groups`);
  }
}

export function checkLimits(owner: string, limits: readonly SimulatedLimit[]): void {
  for (const typed of limits) {
    const figures = rateLimitsOf(typed).map(({ limit }) => limit);
    if (typed.concurrent !== undefined) figures.push(typed.concurrent);
    const broken = figures.find((figure) => !Number.isSafeInteger(figure) || figure < 0);
    if (broken !== undefined) throw wrong(`${owner}: a limit must be a whole number from 0 up, not ${broken}`);
  }
}

function wrong(what: string): RotatoError {
  return new RotatoError('bad-configuration', `The simulated provider's options are wrong: ${what}.`);
}
