import { RotatoError } from '../errors.ts';
import type { SettingsChange, StoredKey } from '../model/settings-store.ts';
import { editableKey, type FoundKey, managedByFile } from './find-entries.ts';
import type { KeyAct } from './operator.ts';
import { withOverlay } from './overlays.ts';
import { isRestorable } from './recycle-bin.ts';
import type { Current } from './settings-in-force.ts';

/** Several acts that become one change. */
export interface ActPlan {
  readonly current: Current;
  readonly wallNow: number;
  /** Labels given by acts of this plan, by provider and label. */
  readonly claimed: Set<string>;
}

/** What one act on one key changes. Throws what stands in the way. `clear` changes nothing that is kept. */
export function planKeyAct(found: FoundKey, act: KeyAct, plan: ActPlan): SettingsChange {
  const { current, wallNow } = plan;
  const { key } = found;
  const overlay = current.stored.overlay('key', key.id);
  switch (act) {
    case 'enable':
      return setEnabled(found, true, current);
    case 'disable':
      return setEnabled(found, false, current);
    case 'drain':
      checkIsThere(found, current);
      return overlay.draining === true ? {} : withOverlay('key', key.id, { ...overlay, draining: true });
    case 'part':
      checkIsThere(found, current);
      return overlay.parted === true ? {} : withOverlay('key', key.id, { ...overlay, parted: true });
    case 'clear':
      checkIsThere(found, current);
      return {};
    case 'remove':
      return keep({ ...editableKey(found, current.stored), deletedAt: wallNow });
    case 'restore':
      return restore(found, plan);
  }
}

/** Enabling ends draining too. */
function setEnabled(found: FoundKey, enabled: boolean, current: Current): SettingsChange {
  const { key } = found;
  checkIsThere(found, current);
  const overlay = current.stored.overlay('key', key.id);
  const { enabled: _enabled, draining: _draining, ...rest } = overlay;
  if (key.row !== null) {
    const row = editableKey(found, current.stored);
    const change = overlay.draining === true ? withOverlay('key', key.id, rest) : {};
    return row.enabled === enabled ? change : { ...change, put: { ...change.put, keys: [{ ...row, enabled }] } };
  }
  const said = enabled === key.enabledAsWritten ? rest : { ...rest, enabled };
  return withOverlay('key', key.id, said);
}

function restore(found: FoundKey, { current, wallNow, claimed }: ActPlan): SettingsChange {
  const { stored } = current;
  const { provider, key } = found;
  const row = stored.keys.get(key.id) ?? null;
  if (row === null) throw managedByFile(`The key ${key.label}`, provider.origin);
  if (provider.row?.deletedAt != null) {
    throw new RotatoError('conflict', `Provider ${provider.settings.name} was deleted. Restore it first.`);
  }
  if (row.deletedAt === null) return {};
  if (!isRestorable(row.deletedAt, wallNow)) {
    throw new RotatoError('not-found', `The key ${key.label} was deleted for good.`);
  }
  const taken = livingLabels(stored.keysOf(row.providerId));
  const claim = (text: string) => `${row.providerId} ${text}`;
  let { label } = key;
  for (let nth = 2; taken.has(label) || claimed.has(claim(label)); nth++) label = `${key.label.slice(0, 57)}-${nth}`;
  claimed.add(claim(label));
  return keep({ ...row, settings: { ...row.settings, label }, deletedAt: null });
}

const labelsOf = new WeakMap<readonly StoredKey[], ReadonlySet<unknown>>();

/** Put together once for all keys of a list, which may be restored together by the thousand. */
function livingLabels(keys: readonly StoredKey[]): ReadonlySet<unknown> {
  const labels =
    labelsOf.get(keys) ??
    new Set(keys.flatMap(({ settings, deletedAt }) => (deletedAt === null ? [settings.label] : [])));
  labelsOf.set(keys, labels);
  return labels;
}

function checkIsThere(found: FoundKey, { stored }: Current): void {
  if (found.key.deletedAt !== null || found.provider.row?.deletedAt != null) editableKey(found, stored);
}

function keep(row: StoredKey): SettingsChange {
  return { put: { keys: [{ ...row, version: row.version + 1 }] } };
}

/** Several changes as one; none of them touches what another one does. */
export function joinChanges(changes: readonly SettingsChange[]): SettingsChange {
  return {
    put: {
      keys: changes.flatMap(({ put }) => put?.keys ?? []),
      overlays: changes.flatMap(({ put }) => put?.overlays ?? []),
    },
    remove: { overlays: changes.flatMap(({ remove }) => remove?.overlays ?? []) },
  };
}
