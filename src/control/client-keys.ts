import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { clientSchema } from '../config/schema.ts';
import type { Secret } from '../model/secret.ts';
import type { StoredClient } from '../model/settings-store.ts';
import type { EffectiveClient } from './effective-settings.ts';
import { checkVersion, findClient, managedByFile } from './find-entries.ts';
import { asInputObject, type InputObject, invalidField, parseInput } from './input-problems.ts';
import type { KeyUse } from './key-view.ts';
import { hintOf, masked } from './mask.ts';
import { mergePatch } from './merge-patch.ts';
import type { ClientActs } from './operator.ts';
import { accessOnceClientsExist } from './program-settings.ts';
import { digestOf, newSecret } from './secrets.ts';
import type { Current, SettingsInForce } from './settings-in-force.ts';
import type { ClientView } from './views.ts';

export interface ClientKeysParts {
  readonly inForce: SettingsInForce;
  readonly clock: Clock;
  readonly usageOf: (clientName: string) => KeyUse;
  /** Of clients that nobody created. */
  readonly reservedNames: ReadonlySet<string>;
}

export class ClientKeys implements ClientActs {
  readonly #parts: ClientKeysParts;

  constructor(parts: ClientKeysParts) {
    this.#parts = parts;
  }

  list(): readonly ClientView[] {
    return this.#parts.inForce.settings.clients.map((client) => this.#view(client));
  }

  async create(input: unknown): Promise<{ readonly client: ClientView; readonly secret: Secret }> {
    const { name, settings } = checkClient(asInputObject(input));
    const secret = newSecret('client');
    const id = randomUUID();
    await this.#parts.inForce.change((current) => {
      this.#checkNameIsFree(name, current);
      const row: StoredClient = {
        id,
        name,
        digest: digestOf(secret.reveal()),
        hint: hintOf(secret.reveal()),
        settings,
        version: 1,
        createdAt: this.#parts.clock.wallNow(),
      };
      const values = accessOnceClientsExist(current.stored.values);
      return { change: { put: { clients: [row], values } }, result: undefined };
    });
    return { client: this.#view(findClient(this.#parts.inForce.settings, id)), secret };
  }

  async change(id: string, patch: unknown, version?: number): Promise<ClientView> {
    const rowId = await this.#parts.inForce.change((current) => {
      const row = editable(findClient(current.settings, id));
      checkVersion(row.version, version);
      const { name, settings } = checkClient(mergePatch({ ...row.settings, name: row.name }, patch));
      if (name !== row.name) this.#checkNameIsFree(name, current);
      const changed = { ...row, name, settings, version: row.version + 1 };
      return { change: { put: { clients: [changed] } }, result: row.id };
    });
    return this.#view(findClient(this.#parts.inForce.settings, rowId));
  }

  revoke(id: string, version?: number): Promise<void> {
    return this.#parts.inForce.change((current) => {
      const row = editable(findClient(current.settings, id));
      checkVersion(row.version, version);
      return { change: { remove: { clients: [row.id] } }, result: undefined };
    });
  }

  #checkNameIsFree(name: string, { settings }: Current): void {
    if (this.#parts.reservedNames.has(name) || settings.clients.some((client) => client.name === name)) {
      throw invalidField('name', 'found a name that is taken; allowed: a name of its own');
    }
  }

  #view({ id, name, origin, row, shadowed, hint, providers, groups }: EffectiveClient): ClientView {
    const { requests, lastUsedAt } = this.#parts.usageOf(name);
    return {
      id,
      name,
      origin,
      shadowed,
      masked: masked(hint),
      providers,
      groups,
      createdAt: row?.createdAt ?? null,
      lastUsedAt,
      requests,
      version: row?.version ?? null,
    };
  }
}

/** By the rules of the configuration file, the secret apart. */
export function checkClient(written: InputObject): { name: string; settings: InputObject } {
  if ('key' in written) throw invalidField('key', 'unknown setting; rotato makes the key, and shows it once');
  for (const [member, value] of Object.entries(written)) {
    if (Array.isArray(value) && value.length === 0) {
      throw invalidField(member, 'found an empty list; allowed: at least one, or null for all');
    }
  }
  const { name, providers, groups } = parseInput(clientSchema, { ...written, key: STAND_IN });
  const lower = providers?.map((provider) => provider.toLowerCase());
  return { name, settings: { ...(lower && { providers: lower }), ...(groups && { groups }) } };
}

/** The schema is the file's, where the operator chooses the secret. */
const STAND_IN = 'chosen-by-rotato';

function editable({ row, name, origin }: EffectiveClient): StoredClient {
  if (row === null) throw managedByFile(`Client ${name}`, origin);
  return row;
}
