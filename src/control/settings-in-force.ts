import { exposureProblems } from '../config/access.ts';
import type { Config } from '../config/config.ts';
import { configurationError } from '../config/problem.ts';
import type { ClientKey } from '../model/client-key.ts';
import { ADMIN_PASSWORD_VALUE, type SettingsChange, type SettingsStore } from '../model/settings-store.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { EffectiveSettings } from './effective-settings.ts';
import type { SettingsMerger } from './settings-merger.ts';
import { buildSnapshot } from './snapshot.ts';
import { NOTHING_STORED, StoredState } from './stored-state.ts';

export interface SettingsInForceParts {
  readonly store: SettingsStore;
  readonly merger: SettingsMerger;
  /** Flags, environment and file. */
  readonly config: Config;
  /** Client keys that nobody created. */
  readonly ownClients: readonly ClientKey[];
}

/** What is in force, as a plan for a change finds it. */
export interface Current {
  readonly settings: EffectiveSettings;
  readonly stored: StoredState;
}

/** What a plan comes to: rows to keep, and what the caller is told. */
export interface Plan<Result> {
  readonly change: SettingsChange;
  readonly result: Result;
  /** Done in the same turn as the change comes into force, before anybody hears of it. */
  readonly beforeSwap?: () => void;
}

type Listener = (current: Current, snapshot: Snapshot) => void;

/**
 * The one place where settings change: durable first, then in force, then answered. Changes go one after another, so
 * that each is planned on what the one before it left, and what runs finishes with the snapshot it began with.
 */
export class SettingsInForce {
  readonly #store: SettingsStore;
  readonly #merger: SettingsMerger;
  readonly #ownClients: readonly ClientKey[];
  readonly #stored: StoredState;
  readonly #listeners = new Set<Listener>();
  #file: Config;
  #settings: EffectiveSettings;
  #snapshot: Snapshot;
  #changing: Promise<unknown> = Promise.resolve();

  /** Throws `bad-configuration` for a store that cannot be read, or a server that is open to all. */
  static async open(parts: SettingsInForceParts): Promise<SettingsInForce> {
    return new SettingsInForce(parts, new StoredState({ ...NOTHING_STORED, ...(await parts.store.load()) }));
  }

  private constructor({ store, merger, config, ownClients }: SettingsInForceParts, stored: StoredState) {
    this.#store = store;
    this.#merger = merger;
    this.#ownClients = ownClients;
    this.#stored = stored;
    this.#file = config;
    this.#settings = this.#merge(config);
    this.#snapshot = buildSnapshot(this.#settings, 0, ownClients);
  }

  get settings(): EffectiveSettings {
    return this.#settings;
  }

  /** Flags, environment and file alone. */
  get file(): Config {
    return this.#file;
  }

  get stored(): StoredState {
    return this.#stored;
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** Called after every swap, in the order of this asking. */
  onSwap(listener: Listener): void {
    this.#listeners.add(listener);
  }

  /** Another file is in force from now on; what operators did is kept. Throws, and changes nothing, when it will not do. */
  replaceFile(config: Config): void {
    const settings = this.#merge(config);
    this.#file = config;
    this.#swap(settings);
  }

  /** `plan` sees what every change before it has left; when it throws, nothing is changed. */
  change<Result>(plan: (current: Current) => Plan<Result>): Promise<Result> {
    const changed = this.#changing.then(async () => {
      const { change, result, beforeSwap } = plan(this);
      if (isEmpty(change)) return result;
      await this.#store.commit(change);
      this.#stored.apply(change);
      beforeSwap?.();
      this.#swap(this.#merge(this.#file));
      return result;
    });
    this.#changing = changed.catch(() => {});
    return changed;
  }

  /** Keeps what nothing in force depends on, such as when a session was last used. */
  note(plan: (stored: StoredState) => SettingsChange): Promise<void> {
    const noted = this.#changing.then(async () => {
      const change = plan(this.#stored);
      if (isEmpty(change)) return;
      await this.#store.commit(change);
      this.#stored.apply(change);
    });
    this.#changing = noted.catch(() => {});
    return noted;
  }

  /** Once what was begun is done. */
  async close(): Promise<void> {
    await this.#changing;
  }

  #merge(config: Config): EffectiveSettings {
    const settings = this.#merger.merge(config, this.#stored);
    const secretElsewhere = this.#stored.clients.size > 0 || this.#stored.values.has(ADMIN_PASSWORD_VALUE);
    const exposed = exposureProblems(settings.config, secretElsewhere);
    if (exposed.length > 0) throw configurationError(exposed);
    return settings;
  }

  #swap(settings: EffectiveSettings): void {
    this.#settings = settings;
    this.#snapshot = buildSnapshot(settings, this.#snapshot.version, this.#ownClients);
    for (const listener of this.#listeners) listener(this, this.#snapshot);
  }
}

function isEmpty({ put = {}, remove = {} }: SettingsChange): boolean {
  const sizes = [...Object.values(put), ...Object.values(remove)].map((rows) =>
    'size' in rows ? rows.size : rows.length,
  );
  return sizes.every((size) => size === 0);
}
