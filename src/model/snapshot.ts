import type { ClientKey } from './client-key.ts';
import type { Provider } from './provider.ts';

/** Everything the data plane reads, in one immutable value. Control replaces it whole. */
export interface Snapshot {
  /** Grows with every replacement. */
  readonly version: number;
  /** By name, lower case. */
  readonly providers: ReadonlyMap<string, Provider>;
  /** `open` serves anyone on loopback; `keys` asks for a client key. */
  readonly access: 'open' | 'keys';
  /** By digest. */
  readonly clients: ReadonlyMap<string, ClientKey>;
  /** Names, besides the loopback ones, that this server answers to; lower case, without port. */
  readonly hosts: ReadonlySet<string>;
  /** Origins that browsers may call from. */
  readonly cors: ReadonlySet<string>;
  readonly replyHeaders: boolean;
  readonly limits: DataPlaneLimits;
}

/** Invariant 9: every queue, buffer, loop and wait has a named limit. */
export interface DataPlaneLimits {
  readonly maxBodyBytes: number;
  /** Replayable bodies of all exchanges together, memory and disk. */
  readonly replayBudgetBytes: number;
  /** Groups tried by one exchange after refusals. */
  readonly maxWalk: number;
  /** Attempts repeated after faults. */
  readonly retries: number;
  /** A caller that takes nothing for this long is cut off; 0 switches it off. */
  readonly clientStallMs: number;
}
