import type { Clock, Timer } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Current, Plan, SettingsInForce } from './settings-in-force.ts';

/** What was deleted can be had back for this long. */
const KEPT_MS = 60_000;

/** Until when, on the wall clock. */
export function restorableUntil(deletedAt: number | null): number | null {
  return deletedAt === null ? null : deletedAt + KEPT_MS;
}

export function isRestorable(deletedAt: number | null, wallNow: number): boolean {
  return deletedAt !== null && wallNow < deletedAt + KEPT_MS;
}

/** Purges what was deleted once nobody can want it back any more. */
export class RecycleBin {
  readonly #inForce: SettingsInForce;
  readonly #clock: Clock;
  readonly #log: Log;
  #timer: Timer | null = null;

  constructor(inForce: SettingsInForce, clock: Clock, log: Log) {
    this.#inForce = inForce;
    this.#clock = clock;
    this.#log = log;
    inForce.onSwap(() => this.#plan());
    this.#plan();
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #plan(): void {
    this.close();
    const due = earliest(this.#inForce);
    if (due !== null) this.#timer = this.#clock.setTimer(Math.max(0, due - this.#clock.wallNow()), () => this.#purge());
  }

  #purge(): void {
    this.#timer = null;
    const wallNow = this.#clock.wallNow();
    this.#inForce
      .change((current) => purge(current, wallNow))
      // A commit that failed is tried again: what was deleted must not lie about for good.
      .catch((error: unknown) => {
        this.#log.warn('What was deleted could not be purged yet', { err: error });
        this.#timer ??= this.#clock.setTimer(KEPT_MS, () => this.#purge());
      });
  }
}

function earliest({ stored }: Current): number | null {
  let first: number | null = null;
  for (const { deletedAt } of [...stored.providers.values(), ...stored.deletedKeys()]) {
    if (deletedAt !== null && (first === null || deletedAt < first)) first = deletedAt;
  }
  return restorableUntil(first);
}

function purge({ stored }: Current, wallNow: number): Plan<void> {
  const isDue = ({ deletedAt }: { readonly deletedAt: number | null }) =>
    deletedAt !== null && !isRestorable(deletedAt, wallNow);
  const providers = [...stored.providers.values()].filter(isDue).map(({ id }) => id);
  const gone = new Set(providers);
  const keys = stored.deletedKeys().filter(isDue);
  const ofProviders = providers.flatMap((id) => stored.keysOf(id));
  const overlays = [...keys, ...ofProviders].map(({ id }) => ({ kind: 'key', id }) as const);
  return {
    change: {
      remove: {
        providers,
        keys: keys.filter(({ providerId }) => !gone.has(providerId)).map(({ id }) => id),
        overlays: overlays.filter(({ kind, id }) => Object.keys(stored.overlay(kind, id)).length > 0),
      },
    },
    result: undefined,
  };
}
