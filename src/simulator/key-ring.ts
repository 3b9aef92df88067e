import type { Clock } from '../clock.ts';
import { RotatoError } from '../errors.ts';
import { Meter, type MeterRules } from './meter.ts';
import { Organisation } from './organisation.ts';
import { checkLimits, type SimulatedProviderOptions } from './provider-options.ts';
import type { SimulatedLimit } from './windows.ts';

/** What a credential stands for. */
export interface Account {
  readonly group: string;
  readonly organisation: Organisation;
  /** The group's meter, and the key's own where it has limits. */
  readonly meters: readonly Meter[];
}

interface Group {
  readonly organisation: Organisation;
  limits: readonly SimulatedLimit[];
  meter: Meter;
}

interface Key {
  readonly group: string;
  readonly limits: readonly SimulatedLimit[];
  meter: Meter | null;
}

/** Which key belongs to whom, and what each group has left. */
export class KeyRing {
  readonly #clock: Clock;
  readonly #rules: MeterRules;
  readonly #anonymousGroup: string | null;
  readonly #groups = new Map<string, Group>();
  readonly #keys = new Map<string, Key>();

  constructor(options: SimulatedProviderOptions, clock: Clock) {
    this.#clock = clock;
    this.#rules = {
      tokenCharging: options.tokenCharging ?? 'usage',
      refusalsCount: options.refusalsCount ?? false,
    };
    this.#anonymousGroup = options.anonymousGroup ?? null;
    for (const { name, keys, limits = [] } of options.groups) {
      this.#groups.set(name, { organisation: new Organisation(name), limits, meter: this.#meter(limits) });
      for (const key of keys) {
        const { secret, limits: own = [] } = typeof key === 'string' ? { secret: key } : key;
        this.#keys.set(secret, { group: name, limits: own, meter: own.length === 0 ? null : this.#meter(own) });
      }
    }
  }

  secrets(): string[] {
    return [...this.#keys.keys()];
  }

  /** Null for a credential nobody knows. */
  accountOf(secret: string | null): Account | null {
    const key = secret === null ? undefined : this.#keys.get(secret);
    const name = key?.group ?? this.#anonymousGroup;
    const group = name === null ? undefined : this.#groups.get(name);
    if (name === null || group === undefined) return null;
    const own = key?.meter ?? null;
    const meters = own === null ? [group.meter] : [group.meter, own];
    return { group: name, organisation: group.organisation, meters };
  }

  setLimits(name: string, limits: readonly SimulatedLimit[]): void {
    const group = this.#groups.get(name);
    if (group === undefined) throw new RotatoError('not-found', `There is no group called "${name}".`);
    checkLimits(name, limits);
    group.limits = limits;
    group.meter = this.#meter(limits);
  }

  /** Fills every window and empties every shelf. */
  reset(): void {
    for (const group of this.#groups.values()) {
      group.meter = this.#meter(group.limits);
      group.organisation.clear();
    }
    for (const key of this.#keys.values()) key.meter = key.limits.length === 0 ? null : this.#meter(key.limits);
  }

  #meter(limits: readonly SimulatedLimit[]): Meter {
    return new Meter(limits, this.#rules, this.#clock.now());
  }
}
