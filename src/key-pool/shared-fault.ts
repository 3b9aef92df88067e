import type { PooledKey } from './pooled-key.ts';
import type { PoolSettings } from './settings.ts';

/**
 * When many groups reject keys that used to serve within seconds, and none serves now, it is the provider or our own address that is at
 * fault, not the keys.
 */
export class SharedFault {
  readonly #settings: PoolSettings;
  #rejections: { readonly key: PooledKey; readonly at: number }[] = [];

  constructor(settings: PoolSettings) {
    this.#settings = settings;
  }

  /** The keys that were rejected wrongly, once there are enough to tell; null until then. */
  rejected(
    key: PooledKey,
    now: number,
    others: { lastAcceptedAt: number; answersAwaited: boolean },
  ): PooledKey[] | null {
    // A key that never served may simply be wrong.
    if (key.lastSuccessAt === null) return null;
    const { suspicionMs, suspiciousGroups } = this.#settings;
    const since = Math.max(now - suspicionMs, others.lastAcceptedAt);
    this.#rejections = this.#rejections.filter(({ at }) => at > since);
    this.#rejections.push({ key, at: now });
    const groups = new Set(this.#rejections.map((rejection) => rejection.key.group));
    // While others are still expected to answer, their answers may tell otherwise.
    if (groups.size < suspiciousGroups || others.answersAwaited) return null;
    const keys = this.#rejections.map((rejection) => rejection.key);
    this.#rejections = [];
    return keys;
  }
}
