import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { fileSchema } from '../config/schema.ts';
import { type FieldProblem, RotatoError } from '../errors.ts';
import type { SettingsChange, StoredClient, StoredKey, StoredProvider } from '../model/settings-store.ts';
import { admitKeys, readCandidates } from './add-keys.ts';
import { checkProvider, checkProviderName } from './check-provider.ts';
import { checkClient } from './client-keys.ts';
import { asInputObject, type InputObject, invalidField, invalidInput, parseInput } from './input-problems.ts';
import { hintOf } from './mask.ts';
import { mergePatch } from './merge-patch.ts';
import type { BackupActs, ImportReport } from './operator.ts';
import {
  accessOnceClientsExist,
  mergeProgramSettings,
  PROGRAM_SETTINGS_VALUE,
  readWritten,
} from './program-settings.ts';
import { checkExposure, checkMayBeChanged } from './program-settings-acts.ts';
import { digestOf } from './secrets.ts';
import type { Current, SettingsInForce } from './settings-in-force.ts';

export interface BackupParts {
  readonly inForce: SettingsInForce;
  readonly identityKey: Buffer;
  readonly clock: Clock;
  /** Of clients that nobody created. */
  readonly reservedNames: ReadonlySet<string>;
}

/** The word by which a document is known, and the version of its shape. */
const FORMAT = 'rotato-settings';
const VERSION = 1;

/**
 * The store's settings as one document in the words of the configuration file, so that a `rotato.json` can be imported
 * as well. Passwords, tokens and sessions stay where they are.
 */
export class Backup implements BackupActs {
  readonly #parts: BackupParts;

  constructor(parts: BackupParts) {
    this.#parts = parts;
  }

  async export(): Promise<unknown> {
    const { stored } = this.#parts.inForce;
    const living = stored.providersInOrder().filter(({ deletedAt }) => deletedAt === null);
    return {
      format: FORMAT,
      version: VERSION,
      exportedAt: new Date(this.#parts.clock.wallNow()).toISOString(),
      settings: readWritten(stored.values).written,
      providers: Object.fromEntries(
        living.map(({ id, name, settings, enabled }) => [
          name,
          { ...settings, enabled, keys: stored.keysOf(id).flatMap(exportKey) },
        ]),
      ),
      clients: [...stored.clients.values()].map(({ name, digest, hint, settings }) => ({
        name,
        digest,
        hint,
        ...settings,
      })),
    };
  }

  import(document: unknown, { dryRun = false }: { readonly dryRun?: boolean } = {}): Promise<ImportReport> {
    return this.#parts.inForce.change((current) => {
      const reader = new DocumentReader(this.#parts, current);
      reader.read(asInputObject(document));
      if (reader.problems.length > 0) throw invalidInput(reader.problems);
      return { change: dryRun ? {} : reader.change, result: reader.report };
    });
  }
}

function exportKey({ secret, settings, enabled, deletedAt }: StoredKey): object[] {
  return deletedAt === null ? [{ key: secret.reveal(), ...settings, ...(!enabled && { enabled }) }] : [];
}

/** Reads a document whole before anything of it is kept, so that all its problems are told at once. */
class DocumentReader {
  readonly problems: FieldProblem[] = [];
  readonly #parts: BackupParts;
  readonly #current: Current;
  readonly #providers: StoredProvider[] = [];
  readonly #keys: StoredKey[] = [];
  readonly #clients: StoredClient[] = [];
  readonly #values = new Map<string, unknown>();
  readonly #report = {
    providersAdded: [] as string[],
    providersChanged: [] as string[],
    keysAdded: 0,
    keysKnown: 0,
    clientsAdded: [] as string[],
    clientsKnown: [] as string[],
    settingsChanged: [] as string[],
    notes: [] as string[],
  };

  constructor(parts: BackupParts, current: Current) {
    this.#parts = parts;
    this.#current = current;
  }

  get report(): ImportReport {
    return this.#report;
  }

  get change(): SettingsChange {
    const [providers, keys, clients, values] = [this.#providers, this.#keys, this.#clients, this.#values];
    return { put: { providers, keys, clients, values } };
  }

  read(document: InputObject): void {
    const { format = FORMAT, version = VERSION, exportedAt: _, settings, providers, clients, ...rest } = document;
    if (format !== FORMAT) this.#complain('format', `allowed: ${FORMAT}`);
    if (version !== VERSION) this.#complain('version', `allowed: ${VERSION}, which is what this rotato reads`);
    for (const name of Object.keys(rest)) {
      this.#complain(name, 'unknown setting; allowed: settings, providers, clients');
    }
    if (settings === undefined && providers === undefined && clients === undefined) {
      this.#complain('', 'found nothing to import; allowed: settings, providers, clients');
    }
    if (settings !== undefined) this.#within('settings', () => this.#readSettings(asInputObject(settings)));
    if (providers !== undefined) this.#within('providers', () => this.#readProviders(asInputObject(providers)));
    if (clients !== undefined) this.#within('clients', () => this.#readClients(clients));
  }

  #readSettings(settings: InputObject): void {
    const { inForce } = this.#parts;
    checkMayBeChanged(settings, inForce.file);
    const before = readWritten(this.#current.stored.values);
    const written = mergePatch(before.written, settings);
    parseInput(fileSchema, written);
    if (JSON.stringify(written) === JSON.stringify(before.written)) return;
    const values = new Map([[PROGRAM_SETTINGS_VALUE, { version: before.version + 1, written }]]);
    checkExposure(mergeProgramSettings(inForce.file, values));
    for (const [name, value] of values) this.#values.set(name, value);
    this.#report.settingsChanged.push(...Object.keys(settings));
  }

  #readProviders(providers: InputObject): void {
    for (const [name, provider] of Object.entries(providers)) {
      this.#within(`providers.${name}`, () => this.#readProvider(checkProviderName(name), asInputObject(provider)));
    }
  }

  #readProvider(name: string, written: InputObject): void {
    const { keys = [], enabled = true, ...settings } = written;
    const { stored, settings: inForce } = this.#current;
    if (typeof enabled !== 'boolean') throw invalidField('enabled', 'allowed: true or false');
    if (this.#providers.some((row) => row.name === name))
      throw invalidField('', 'found twice; allowed: each name once');
    const known = [...stored.providers.values()].find((row) => row.name === name && row.deletedAt === null);
    const last = this.#providers.at(-1)?.position ?? stored.providersInOrder().at(-1)?.position ?? 0;
    const checked = checkProvider(name, withBaseUrl(settings, keys), inForce.config.limits.maxWaitCeilingMs);
    const row: StoredProvider =
      known === undefined
        ? {
            id: randomUUID(),
            name,
            position: last + 1,
            settings: checked,
            enabled,
            version: 1,
            createdAt: this.#parts.clock.wallNow(),
            deletedAt: null,
          }
        : { ...known, settings: checked, enabled, version: known.version + 1 };
    this.#providers.push(row);
    if (known === undefined) this.#report.providersAdded.push(name);
    else this.#report.providersChanged.push(name);
    if (inForce.config.providers.some((provider) => provider.name === name)) {
      this.#report.notes.push(`${name} is kept, but the one of the configuration file is in force.`);
    }
    this.#readKeys(row.id, keys);
  }

  #readKeys(providerId: string, keys: unknown): void {
    const { identityKey, clock } = this.#parts;
    const candidates = readCandidates({ keys });
    const known = this.#current.stored.keysOf(providerId);
    const admission = { providerId, identityKey, clock, known, findings: [], saveAnyway: true };
    const { rows, report } = admitKeys(candidates, admission);
    for (const [at, { outcome, detail }] of report.entries()) {
      if (outcome === 'added') this.#report.keysAdded++;
      else if (outcome === 'duplicate') this.#report.keysKnown++;
      else this.#complain(`keys[${at}]`, detail ?? 'cannot be a key');
    }
    this.#keys.push(...rows);
  }

  #readClients(clients: unknown): void {
    if (!Array.isArray(clients)) throw invalidField('', 'allowed: a list of clients');
    for (const [at, client] of clients.entries()) {
      this.#within(`clients[${at}]`, () => this.#readClient(asInputObject(client)));
    }
    if (this.#clients.length > 0) this.#closeAccess();
  }

  /** As when the first client is created, whatever becomes of the clients later. */
  #closeAccess(): void {
    const closed = accessOnceClientsExist(new Map([...this.#current.stored.values, ...this.#values]));
    if (closed.size === 0) return;
    for (const [name, value] of closed) this.#values.set(name, value);
    this.#report.settingsChanged.push('access');
  }

  /** Its digest, as this program exports it, or the secret itself, as a configuration file has it. */
  #readClient({ key, digest, hint = '', ...written }: InputObject): void {
    const { name, settings } = checkClient(written);
    if (this.#parts.reservedNames.has(name)) throw invalidField('name', 'found a name that rotato uses itself');
    const secret = typeof key === 'string' && key.length > 0 ? key : null;
    const found = secret === null ? digest : digestOf(secret);
    if (typeof found !== 'string' || !/^[0-9a-f]{64}$/.test(found)) {
      throw invalidField(key === undefined ? 'digest' : 'key', 'allowed: the client key, or the digest of one');
    }
    const clients = [...this.#current.stored.clients.values(), ...this.#clients];
    const twin = clients.find((client) => client.name === name || client.digest === found);
    if (twin?.digest === found) {
      this.#report.clientsKnown.push(twin.name);
      return;
    }
    if (twin !== undefined) throw invalidField('name', 'found a name that another client has; allowed: one of its own');
    this.#clients.push({
      id: randomUUID(),
      name,
      digest: found,
      hint: secret === null ? String(hint).slice(0, 8) : hintOf(secret),
      settings,
      version: 1,
      createdAt: this.#parts.clock.wallNow(),
    });
    this.#report.clientsAdded.push(name);
  }

  /** What is wrong in one part is told with its place, and the other parts are read all the same. */
  #within(place: string, read: () => void): void {
    const before = this.problems.length;
    try {
      read();
    } catch (error) {
      if (!(error instanceof RotatoError)) throw error;
      if (error.fields.length === 0) this.#complain('', error.message);
      for (const { path, message } of error.fields) this.#complain(path, message);
    }
    for (let at = before; at < this.problems.length; at++) {
      const { path, message } = this.problems[at] as FieldProblem;
      this.problems[at] = { path: path === '' ? place : path.startsWith(place) ? path : `${place}.${path}`, message };
    }
  }

  #complain(path: string, message: string): void {
    this.problems.push({ path, message });
  }
}

/** A provider whose keys each have a base URL of their own is reached at the first key's where nothing else says. */
function withBaseUrl(settings: InputObject, keys: unknown): InputObject {
  if (settings.baseUrl !== undefined || !Array.isArray(keys)) return settings;
  const urls = keys.map((key: { baseUrl?: unknown } | null) => key?.baseUrl);
  return urls.length > 0 && urls.every((url) => typeof url === 'string') ? { ...settings, baseUrl: urls[0] } : settings;
}
