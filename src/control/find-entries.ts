import { RotatoError } from '../errors.ts';
import type { StoredKey, StoredProvider } from '../model/settings-store.ts';
import type { EffectiveClient, EffectiveKey, EffectiveProvider, EffectiveSettings } from './effective-settings.ts';
import type { StoredState } from './stored-state.ts';

/** A key with the provider it belongs to. */
export interface FoundKey {
  readonly provider: EffectiveProvider;
  readonly key: EffectiveKey;
}

/** By id, or by the name of one that is in force. Throws `not-found`. */
export function findProvider({ providers }: EffectiveSettings, idOrName: string): EffectiveProvider {
  const name = idOrName.toLowerCase();
  const found =
    providers.find(({ id, row }) => row !== null && id === idOrName) ??
    providers.find(({ inForce, settings }) => inForce && settings.name === name);
  if (found === undefined) throw new RotatoError('not-found', `There is no provider "${idOrName.slice(0, 64)}".`);
  return found;
}

const keyIndexes = new WeakMap<EffectiveSettings, ReadonlyMap<string, FoundKey>>();

/** Throws `not-found`. */
export function findKey(settings: EffectiveSettings, id: string): FoundKey {
  let index = keyIndexes.get(settings);
  if (index === undefined) {
    index = new Map(settings.providers.flatMap((provider) => provider.keys.map((key) => [key.id, { provider, key }])));
    keyIndexes.set(settings, index);
  }
  const found = index.get(id);
  if (found === undefined) throw new RotatoError('not-found', 'There is no such key; it may have been deleted.');
  return found;
}

/** Throws `not-found`. */
export function findClient({ clients }: EffectiveSettings, id: string): EffectiveClient {
  const found =
    clients.find(({ row }) => row?.id === id) ?? clients.find(({ name, shadowed }) => !shadowed && name === id);
  if (found === undefined) throw new RotatoError('not-found', `There is no client "${id.slice(0, 64)}".`);
  return found;
}

/** Throws unless the provider is the store's, and still there. */
export function editableProvider({ row, origin, settings }: EffectiveProvider): StoredProvider {
  if (row === null) throw managedByFile(`Provider ${settings.name}`, origin);
  if (row.deletedAt !== null) {
    throw new RotatoError('conflict', `Provider ${row.name} was deleted. Restore it first.`);
  }
  return row;
}

/** Throws unless the key is the store's, and still there. */
export function editableKey({ provider, key }: FoundKey, stored: StoredState): StoredKey {
  if (key.row === null && key.secret === null) {
    throw new RotatoError(
      'conflict',
      'This entry stands for calls without a key. Add a key, and that one can be edited.',
    );
  }
  if (key.row === null) throw managedByFile(`The key ${key.label}`, provider.origin);
  editableProvider(provider);
  if (key.row.deletedAt !== null)
    throw new RotatoError('conflict', `The key ${key.label} was deleted. Restore it first.`);
  // The row as it is by now: what a provider said of a key is noted without a swap.
  return stored.keys.get(key.id) ?? key.row;
}

export function managedByFile(what: string, origin: EffectiveProvider['origin']): RotatoError {
  const where = origin === 'environment' ? 'the environment (or .env)' : 'the configuration file';
  return new RotatoError('managed-by-file', `${what} is set in ${where}: change it there.`);
}

/**
 * The second of two who edit the same is told. `expected` is what the view said; without it nothing is checked. To be
 * asked within the plan of a change: before it, a change that is being kept is not seen.
 */
export function checkVersion(current: number | null, expected: number | undefined): void {
  if (expected === undefined || expected === current) return;
  throw new RotatoError(
    'conflict',
    'Somebody else has changed this in the meantime. Load it again, and then make your change.',
  );
}
