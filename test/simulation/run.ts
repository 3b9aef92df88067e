import type { KeyPool, KeyPoolParts } from '../../src/key-pool/key-pool.ts';
import type { TypedLimit } from '../../src/model/limit.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { type KeyOptions, type ProviderOptions, poolOf, providerOf } from './fixtures.ts';
import { type ModelLimit, type ModelOptions, mostAdmitted, ProviderModel } from './provider-model.ts';
import { type Simulation, simulation } from './traffic.ts';

export interface Setup {
  /** Per group: how many keys it has. */
  readonly groups: readonly number[];
  readonly limits: readonly ModelLimit[];
  /** What the operator typed on each key; nothing by default. */
  readonly typed?: readonly TypedLimit[];
  readonly declared?: boolean;
  readonly model: Omit<ModelOptions, 'groups'>;
  readonly provider?: Omit<ProviderOptions, 'keys'>;
  readonly parts?: Partial<KeyPoolParts>;
}

export interface Stage extends Simulation {
  /** The most that all live groups admit from 0 to `untilMs`. */
  most(untilMs: number): number;
}

export function stage(setup: Setup): Stage {
  const clock = new VirtualClock();
  const keys: KeyOptions[] = [];
  const groups = setup.groups.map((size, group) => {
    const names = Array.from({ length: size }, (_, n) => `k${keys.length + n}`);
    for (const id of names) {
      keys.push({ id, group: setup.declared === true ? `g${group}` : id, limits: setup.typed ?? [] });
    }
    return { name: `g${group}`, keys: names, limits: setup.limits };
  });
  const pool: KeyPool = poolOf(clock, [providerOf({ ...setup.provider, keys })], setup.parts);
  const provider = new ProviderModel({ ...setup.model, groups });
  const dead = new Set(setup.model.deadKeys);
  const live = groups.filter((group) => group.keys.some((key) => !dead.has(key))).length;
  return Object.assign(simulation(clock, pool, provider), {
    most: (untilMs: number) => live * mostAdmitted(setup.limits, untilMs),
  });
}

export function perHundred(refused: number, completed: number): number {
  return (100 * refused) / Math.max(1, completed);
}

export const MINUTE_MS = 60_000;

export function perMinute(limit: number, algorithm: ModelLimit['algorithm'], phaseMs = 0): ModelLimit {
  return { dimension: 'requests', limit, periodMs: MINUTE_MS, algorithm, phaseMs };
}
