import type { Clock } from '../clock.ts';
import { keyChecks } from '../config/cross-checks.ts';
import { keySchema } from '../config/schema.ts';
import { RotatoError } from '../errors.ts';
import type { KeyPool } from '../key-pool/key-pool.ts';
import type { StoredKey } from '../model/settings-store.ts';
import { admitKeys, askAboutAll, readCandidates } from './add-keys.ts';
import { wrongPaths } from './check-provider.ts';
import type { EffectiveProvider } from './effective-settings.ts';
import { checkVersion, editableKey, editableProvider, findKey, findProvider } from './find-entries.ts';
import {
  asInputObject,
  fieldsOf,
  type InputObject,
  invalidField,
  invalidInput,
  originsOf,
  parseInput,
} from './input-problems.ts';
import { joinChanges, planKeyAct } from './key-act-plans.ts';
import { type KeyPage, type KeyQuery, readKeyPage } from './key-page.ts';
import { type KeyUse, KeyViewer } from './key-view.ts';
import { mergePatch } from './merge-patch.ts';
import { type AddKeysOptions, type BulkReport, KEY_ACTS, type KeyAct, type KeyActs } from './operator.ts';
import type { Prober } from './prober.ts';
import type { SettingsInForce } from './settings-in-force.ts';
import { providerOf, upstreamKeyOf } from './snapshot.ts';
import type { AddedKey, KeyView, Validity } from './views.ts';

export interface UpstreamKeysParts {
  readonly inForce: SettingsInForce;
  readonly identityKey: Buffer;
  readonly clock: Clock;
  readonly prober: Prober;
  readonly pool: KeyPool;
  readonly usageOf: (keyId: string) => KeyUse;
}

export class UpstreamKeys implements KeyActs {
  readonly #parts: UpstreamKeysParts;
  /** What providers said of keys that have no row to keep it in. */
  readonly #validity = new Map<string, KeyView['validity']>();

  constructor(parts: UpstreamKeysParts) {
    this.#parts = parts;
  }

  list(provider: string): readonly KeyView[] {
    return this.page(provider, { limit: Number.POSITIVE_INFINITY }).items;
  }

  page(provider: string, query: KeyQuery): KeyPage {
    const found = findProvider(this.#parts.inForce.settings, provider);
    return readKeyPage(found, this.#viewer(found), query);
  }

  get(id: string): KeyView {
    const { provider, key } = findKey(this.#parts.inForce.settings, id);
    return this.#viewer(provider).view(key, provider.keys.indexOf(key) + 1);
  }

  async add(provider: string, input: unknown, options: AddKeysOptions = {}): Promise<readonly AddedKey[]> {
    const { inForce, prober, identityKey, clock } = this.#parts;
    const target = findProvider(inForce.settings, provider);
    editableProvider(target);
    const candidates = readCandidates(asInputObject(input));
    const asks = options.validate ?? providerOf(target).traits.freeValidation;
    const { onProgress, saveAnyway = false } = options;
    const findings = asks ? await askAboutAll(candidates, { provider: target, prober, onProgress }) : [];
    return inForce.change((current) => {
      const row = editableProvider(findProvider(current.settings, target.id));
      const known = current.stored.keysOf(row.id);
      const admission = { providerId: row.id, identityKey, clock, known, findings, saveAnyway };
      const { rows, report } = admitKeys(candidates, admission);
      return { change: { put: { keys: rows } }, result: report };
    });
  }

  async change(id: string, patch: unknown, version?: number): Promise<KeyView> {
    const { enabled, ...settingsPatch } = asInputObject(patch);
    if (enabled !== undefined && typeof enabled !== 'boolean') throw invalidField('enabled', 'allowed: true or false');
    const onlyEnabled = enabled !== undefined && Object.keys(settingsPatch).length === 0;
    if (onlyEnabled && version === undefined) return this.act(id, enabled ? 'enable' : 'disable');
    await this.#parts.inForce.change(({ settings, stored }) => {
      const row = editableKey(findKey(settings, id), stored);
      checkVersion(row.version, version);
      const written = checkKey(row, mergePatch(row.settings, settingsPatch), stored.keysOf(row.providerId));
      const changed = { ...row, settings: written, enabled: enabled ?? row.enabled, version: row.version + 1 };
      return { change: { put: { keys: [changed] } }, result: undefined };
    });
    return this.get(id);
  }

  async move(id: string, before: string | null): Promise<KeyView> {
    await this.#parts.inForce.change(({ settings, stored }) => {
      const row = editableKey(findKey(settings, id), stored);
      if (before === id) return { change: {}, result: undefined };
      const others = stored.keysOf(row.providerId).filter(({ id: other }) => other !== id);
      return { change: { put: { keys: placeBefore(row, before, others) } }, result: undefined };
    });
    return this.get(id);
  }

  async validate(id: string): Promise<Validity> {
    const { inForce, prober, clock, pool } = this.#parts;
    const { provider, key } = findKey(inForce.settings, id);
    const { said } = await prober.probe(providerOf(provider), upstreamKeyOf(key));
    const validity = { said, at: clock.wallNow() };
    await inForce.note(({ keys }) => {
      // Read anew: it may have been edited, or purged, while the provider thought.
      const row = keys.get(id);
      if (row === undefined) this.#validity.set(id, validity);
      return row === undefined ? {} : { put: { keys: [{ ...row, validity }] } };
    });
    // The provider's word of today outweighs its refusal of yesterday.
    if (said === 'valid' && this.get(id).state.state === 'rejected') pool.clear(id);
    return said;
  }

  async act(id: string, act: KeyAct, version?: number): Promise<KeyView> {
    const { inForce, clock } = this.#parts;
    await inForce.change((current) => {
      const plan = { current, wallNow: clock.wallNow(), claimed: new Set<string>() };
      const found = findKey(current.settings, id);
      checkVersion(found.key.row?.version ?? null, version);
      return { change: planKeyAct(found, checkAct(act), plan), result: undefined };
    });
    if (act === 'clear') this.#parts.pool.clear(id);
    return this.get(id);
  }

  async actOnAll(ids: readonly string[], act: KeyAct): Promise<BulkReport> {
    const { inForce, clock, pool } = this.#parts;
    checkAct(act);
    const report = await inForce.change((current) => {
      const plan = { current, wallNow: clock.wallNow(), claimed: new Set<string>() };
      const done: string[] = [];
      const refused: { id: string; reason: string }[] = [];
      const changes = [...new Set(ids)].flatMap((id) => {
        try {
          const change = planKeyAct(findKey(current.settings, id), act, plan);
          done.push(id);
          return [change];
        } catch (error) {
          if (!(error instanceof RotatoError)) throw error;
          refused.push({ id, reason: error.message });
          return [];
        }
      });
      return { change: joinChanges(changes), result: { done, refused } };
    });
    if (act === 'clear') for (const id of report.done) pool.clear(id);
    return report;
  }

  #viewer(provider: EffectiveProvider): KeyViewer {
    const { usageOf, inForce, pool } = this.#parts;
    const validityOf = (id: string) => inForce.stored.keys.get(id)?.validity ?? this.#validity.get(id) ?? null;
    return new KeyViewer(provider, { pool: pool.look(), usageOf, validityOf });
  }
}

function checkAct(act: KeyAct): KeyAct {
  if (KEY_ACTS.includes(act)) return act;
  throw invalidField('act', `allowed: ${KEY_ACTS.join(', ')}`);
}

/** What a key is to be set to, by the rules of the configuration file; a label taken away is replaced. */
function checkKey(row: StoredKey, written: InputObject, known: readonly StoredKey[]): InputObject {
  if ('key' in written) {
    throw invalidField('key', 'a key cannot be replaced; add the new one and delete this one');
  }
  const tree = { ...written, key: row.secret.reveal() };
  const { label = '', baseUrl } = parseInput(keySchema, tree);
  const fields = fieldsOf(keyChecks([], tree, originsOf(tree)));
  if (baseUrl !== undefined) fields.push(...wrongPaths('baseUrl', baseUrl));
  const others = known.filter(({ id, deletedAt }) => id !== row.id && deletedAt === null);
  const labels = new Set(others.map(({ settings }) => settings.label));
  if (labels.has(label))
    fields.push({ path: 'label', message: 'found the label of another key; allowed: one of its own' });
  if (fields.length > 0) throw invalidInput(fields);
  return label === '' ? { ...written, label: freeNumber(known.length, labels) } : written;
}

function freeNumber(from: number, labels: ReadonlySet<unknown>): string {
  let number = from;
  while (labels.has(`key-${number}`)) number++;
  return `key-${number}`;
}

/** The rows that have to move: one, unless there is no number left between its new neighbours. */
function placeBefore(row: StoredKey, before: string | null, others: readonly StoredKey[]): StoredKey[] {
  const at = before === null ? others.length : others.findIndex(({ id }) => id === before);
  if (at === -1) throw invalidField('before', 'allowed: another key of the same provider, or null for the end');
  const previous = others[at - 1]?.position;
  const next = others[at]?.position;
  if (next === undefined) return [{ ...row, position: (previous ?? 0) + 1 }];
  const position = previous === undefined ? next - 1 : previous + (next - previous) / 2;
  const fits = position < next && (previous === undefined || position > previous);
  if (fits) return [{ ...row, position }];
  return [...others.slice(0, at), row, ...others.slice(at)].map((key, nth) => ({ ...key, position: nth + 1 }));
}
