import type { GroupView, PoolLook, StateView, WindowView } from '../key-pool/pool-view.ts';
import type { EffectiveKey, EffectiveProvider } from './effective-settings.ts';
import { hintOf, masked } from './mask.ts';
import { restorableUntil } from './recycle-bin.ts';
import type { KeyView, MeteredIn } from './views.ts';
import { writtenUrl } from './written-values.ts';

/** What was counted of one key since the start. */
export interface KeyUse {
  readonly requests: number;
  readonly refusals: number;
  readonly lastUsedAt: number | null;
}

export interface KeyViewSources {
  readonly pool: PoolLook;
  readonly usageOf: (keyId: string) => KeyUse;
  readonly validityOf: (keyId: string) => KeyView['validity'];
}

/** Labels shown of a group that twenty thousand keys may share. */
const MOST_SHARERS = 20;

/** Views of one provider's keys: what a group's keys have in common is put together once. */
export class KeyViewer {
  readonly #provider: EffectiveProvider;
  readonly #sources: KeyViewSources;
  readonly #windows = new Map<string, readonly WindowView[]>();

  constructor(provider: EffectiveProvider, sources: KeyViewSources) {
    this.#provider = provider;
    this.#sources = sources;
  }

  /** What a key comes to; one that the pool does not know is out of service, or its provider is. */
  state(key: EffectiveKey): StateView {
    return this.#sources.pool.state(key.id) ?? this.#stateOutside(key);
  }

  /** Whether a search finds it, by its label, its group or the end of the key; `text` in lower case. */
  isFoundBy(key: EffectiveKey, text: string): boolean {
    return [key.label, key.group ?? '', maskedKey(key)].some((part) => part.toLowerCase().includes(text));
  }

  /** `place` counts from 1, in the order of the provider's keys. */
  view(key: EffectiveKey, place: number): KeyView {
    const { usageOf, validityOf, pool } = this.#sources;
    const { key: pooled, group, state } = pool.key(key.id) ?? {};
    return {
      id: key.id,
      provider: this.#provider.settings.name,
      origin: this.#provider.origin,
      label: key.label,
      masked: maskedKey(key),
      group: key.group,
      meteredIn: meteredIn(key, group),
      weight: key.weight,
      enabled: key.enabled,
      limits: key.limits,
      baseUrl: key.baseUrl === null ? null : writtenUrl(key.baseUrl),
      place,
      state: state ?? this.#stateOutside(key),
      windows: [...(pooled?.windows ?? []), ...this.#windowsOf(group)],
      running: pooled?.running ?? 0,
      ...usageOf(key.id),
      lastSuccessAt: pooled?.lastSuccessAt ?? null,
      validity: validityOf(key.id),
      version: key.row?.version ?? null,
      restorableUntil: restorableUntil(key.deletedAt),
    };
  }

  #stateOutside(key: EffectiveKey): KeyView['state'] {
    const { row, shadowed } = this.#provider;
    const deleted = key.deletedAt !== null || row?.deletedAt != null;
    const reason = deleted
      ? 'It was deleted.'
      : shadowed
        ? 'The configuration file has a provider of this name, which is the one in force.'
        : null;
    return { state: 'disabled', reason, since: null, until: null };
  }

  /** Those of the group over all models, then those of each model it has met. */
  #windowsOf(group: GroupView | undefined): readonly WindowView[] {
    if (group === undefined) return [];
    let windows = this.#windows.get(group.name);
    if (windows === undefined) {
      const named = (prefix: string) => (window: WindowView) => ({ ...window, name: `${prefix}: ${window.name}` });
      windows = [
        ...group.windows.map(named(group.label)),
        ...group.buckets.flatMap(({ modelClass, windows: own }) => own.map(named(`${group.label}, ${modelClass}`))),
      ];
      this.#windows.set(group.name, windows);
    }
    return windows;
  }
}

function maskedKey({ secret }: EffectiveKey): string {
  return secret === null ? '' : masked(hintOf(secret.reveal()));
}

function meteredIn(key: EffectiveKey, group: GroupView | undefined): MeteredIn {
  if (group === undefined) {
    return { name: key.group ?? key.label, sharedWith: [], sharedWithCount: 0, detected: false };
  }
  const sharedWith: string[] = [];
  for (const label of group.keys) {
    if (sharedWith.length === MOST_SHARERS) break;
    if (label !== key.label) sharedWith.push(label);
  }
  const detected = group.name !== (key.group ?? key.id) || group.merged.length > 0;
  return { name: group.label, sharedWith, sharedWithCount: group.keys.length - 1, detected };
}
