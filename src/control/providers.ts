import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { RotatoError } from '../errors.ts';
import type { PoolLook } from '../key-pool/pool-view.ts';
import type { StoredClient, StoredProvider } from '../model/settings-store.ts';
import { checkProvider, checkProviderName } from './check-provider.ts';
import { checkVersion, editableProvider, findProvider, managedByFile } from './find-entries.ts';
import { asInputObject, invalidField } from './input-problems.ts';
import { mergePatch } from './merge-patch.ts';
import type { ModelsView, ProviderActs } from './operator.ts';
import { withOverlay } from './overlays.ts';
import type { Prober } from './prober.ts';
import { viewProvider } from './provider-view.ts';
import { isRestorable } from './recycle-bin.ts';
import type { Current, Plan, SettingsInForce } from './settings-in-force.ts';
import { providerOf } from './snapshot.ts';
import type { ProviderView } from './views.ts';

export interface ProvidersParts {
  readonly inForce: SettingsInForce;
  readonly clock: Clock;
  readonly prober: Prober;
  readonly look: () => PoolLook;
  /** Whoever knows providers by name follows a rename. */
  readonly renamed: (from: string, to: string) => void;
}

export class Providers implements ProviderActs {
  readonly #parts: ProvidersParts;

  constructor(parts: ProvidersParts) {
    this.#parts = parts;
  }

  list(): readonly ProviderView[] {
    const pool = this.#parts.look();
    return this.#parts.inForce.settings.providers.map((provider) => viewProvider(provider, pool));
  }

  get(idOrName: string): ProviderView {
    return viewProvider(findProvider(this.#parts.inForce.settings, idOrName), this.#parts.look());
  }

  async create(input: unknown): Promise<ProviderView> {
    const { name: givenName, enabled = true, ...written } = asInputObject(input);
    if (typeof enabled !== 'boolean') throw invalidField('enabled', 'allowed: true or false');
    const name = checkProviderName(givenName);
    const id = randomUUID();
    await this.#parts.inForce.change((current) => {
      checkNameIsFree(name, current);
      const settings = checkProvider(name, written, ceilingOf(current));
      const last = current.stored.providersInOrder().at(-1);
      const row: StoredProvider = {
        id,
        name,
        position: (last?.position ?? 0) + 1,
        settings,
        enabled,
        version: 1,
        createdAt: this.#parts.clock.wallNow(),
        deletedAt: null,
      };
      return keep(row);
    });
    return this.get(id);
  }

  async change(idOrName: string, patch: unknown, version?: number): Promise<ProviderView> {
    const { enabled, ...settingsPatch } = asInputObject(patch);
    if (enabled !== undefined && typeof enabled !== 'boolean') {
      throw invalidField('enabled', 'allowed: true or false');
    }
    return this.#changeRow(idOrName, (row, current) => {
      checkVersion(row.version, version);
      const settings = checkProvider(row.name, mergePatch(row.settings, settingsPatch), ceilingOf(current));
      return keep({ ...row, settings, enabled: enabled ?? row.enabled, version: row.version + 1 });
    });
  }

  async rename(idOrName: string, to: unknown, version?: number): Promise<ProviderView> {
    const name = checkProviderName(to);
    return this.#changeRow(idOrName, (row, current) => {
      checkVersion(row.version, version);
      if (name === row.name) return NO_CHANGE;
      checkNameIsFree(name, current);
      const inForce = findProvider(current.settings, row.id).inForce;
      const clients = inForce ? clientsThatFollow(current, row.name, name) : [];
      return {
        change: { put: { providers: [{ ...row, name, version: row.version + 1 }], clients } },
        result: undefined,
        beforeSwap: () => {
          if (inForce) this.#parts.renamed(row.name, name);
        },
      };
    });
  }

  async setEnabled(idOrName: string, enabled: boolean, version?: number): Promise<ProviderView> {
    const { inForce } = this.#parts;
    const id = await inForce.change((current) => {
      const provider = findProvider(current.settings, idOrName);
      checkVersion(provider.row?.version ?? null, version);
      if (provider.row !== null) {
        const row = editableProvider(provider);
        return { change: row.enabled === enabled ? {} : { put: { providers: [{ ...row, enabled }] } }, result: row.id };
      }
      const written = current.settings.config.providers.find(({ name }) => name === provider.id);
      const overlay = enabled === (written?.enabled ?? true) ? {} : { enabled };
      return { change: withOverlay('provider', provider.id, overlay), result: provider.id };
    });
    return this.get(id);
  }

  remove(idOrName: string, version?: number): Promise<ProviderView> {
    const deletedAt = this.#parts.clock.wallNow();
    return this.#changeRow(idOrName, (row) => {
      checkVersion(row.version, version);
      return keep({ ...row, deletedAt, version: row.version + 1 });
    });
  }

  async restore(id: string, version?: number): Promise<ProviderView> {
    const wallNow = this.#parts.clock.wallNow();
    await this.#parts.inForce.change((current) => {
      const { row, settings, origin } = findProvider(current.settings, id);
      checkVersion(row?.version ?? null, version);
      if (row === null) throw managedByFile(`Provider ${settings.name}`, origin);
      if (row.deletedAt === null) return NO_CHANGE;
      if (!isRestorable(row.deletedAt, wallNow)) {
        throw new RotatoError('not-found', `Provider ${row.name} was deleted for good.`);
      }
      const living = [...current.stored.providers.values()].filter(({ deletedAt }) => deletedAt === null);
      if (living.some(({ name }) => name === row.name)) {
        throw new RotatoError('conflict', `There is another provider ${row.name} by now. Rename that one first.`);
      }
      return keep({ ...row, deletedAt: null, version: row.version + 1 });
    });
    return this.get(id);
  }

  async models(idOrName: string): Promise<ModelsView> {
    const { inForce, prober, look } = this.#parts;
    const effective = findProvider(inForce.settings, idOrName);
    const { name } = effective.settings;
    const pool = look();
    const provider = providerOf(effective);
    const key = provider.keys.find(({ id }) => pool.state(id)?.state === 'ready') ?? provider.keys[0];
    if (key === undefined) return { models: [], error: `${name} has no key to ask with. Add one.` };
    return prober.models(provider, key);
  }

  async #changeRow(
    idOrName: string,
    plan: (row: StoredProvider, current: Current) => Plan<undefined>,
  ): Promise<ProviderView> {
    const id = await this.#parts.inForce.change((current) => {
      const row = editableProvider(findProvider(current.settings, idOrName));
      return { ...plan(row, current), result: row.id };
    });
    return this.get(id);
  }
}

const NO_CHANGE: Plan<undefined> = { change: {}, result: undefined };

function keep(row: StoredProvider): Plan<undefined> {
  return { change: { put: { providers: [row] } }, result: undefined };
}

function ceilingOf({ settings }: Current): number {
  return settings.config.limits.maxWaitCeilingMs;
}

function checkNameIsFree(name: string, { settings }: Current): void {
  const taken = settings.providers.find(
    (provider) => provider.settings.name === name && provider.row?.deletedAt == null,
  );
  if (taken === undefined) return;
  const where = { file: ' in the configuration file', environment: ' in the environment', store: '' }[taken.origin];
  throw invalidField('name', `found a name that is taken${where}; allowed: a name of its own`);
}

/** A client that may call the provider still may after a rename. What the file says of clients is for its owner. */
function clientsThatFollow({ stored }: Current, from: string, to: string): StoredClient[] {
  return [...stored.clients.values()].flatMap((client) => {
    const { providers } = client.settings;
    if (!Array.isArray(providers) || !providers.includes(from)) return [];
    const renamed = providers.map((name) => (name === from ? to : name));
    return [{ ...client, settings: { ...client.settings, providers: renamed }, version: client.version + 1 }];
  });
}
