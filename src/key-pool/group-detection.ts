import type { MeteredGroup } from './metered-group.ts';
import type { PooledKey } from './pooled-key.ts';

/** What replies said about the organisation that meters a key. */
interface Evidence {
  organisation: string;
  agreeing: number;
  contradicting: number;
}

/** What to do about it: metered together from now on, or no longer. */
export type Finding =
  | { readonly kind: 'merge'; readonly key: PooledKey; readonly into: PooledKey }
  | { readonly kind: 'part'; readonly key: PooledKey }
  | null;

const REPLIES_NEEDED = 2;
const NOBODY: readonly PooledKey[] = [];

/**
 * Finds keys of different groups that one organisation meters. Two agreeing replies from each of two keys make a
 * merge, and two contradicting ones undo it. After a first reply that names another key's organisation both carry one
 * request at a time, or the quota they may share would be spent twice before the second reply. Keys that an operator
 * put into one group are never parted.
 */
export class GroupDetection {
  readonly #evidence = new Map<PooledKey, Evidence>();
  /** Keys that an operator took out of a merge. */
  readonly #refused = new Set<string>();
  /** Answers to `suspects`, which is asked with every reply and hardly ever changes. */
  readonly #suspects = new Map<PooledKey, readonly PooledKey[]>();

  hear(key: PooledKey, organisation: string): Finding {
    const evidence = this.#evidence.get(key);
    // Most replies only say again what is certain: what could follow from it followed when it became so.
    if (evidence?.organisation === organisation && evidence.agreeing > REPLIES_NEEDED) {
      evidence.contradicting = 0;
      return null;
    }
    this.#suspects.clear();
    if (evidence === undefined) {
      this.#evidence.set(key, { organisation, agreeing: 1, contradicting: 0 });
    } else if (evidence.organisation === organisation) {
      evidence.agreeing++;
      evidence.contradicting = 0;
    } else if (++evidence.contradicting >= REPLIES_NEEDED) {
      this.#evidence.set(key, { organisation, agreeing: REPLIES_NEEDED, contradicting: 0 });
      if (isMerged(key)) return { kind: 'part', key };
    } else return null;
    const finding = this.#refused.has(key.id) ? null : this.#findMerge(key, organisation);
    this.#reviewHolds(organisation);
    return finding;
  }

  /** Keys of other groups that seem to share this one's organisation, as long as that is not certain. */
  suspects(key: PooledKey): readonly PooledKey[] {
    let suspects = this.#suspects.get(key);
    if (suspects === undefined) {
      suspects = this.#findSuspects(key);
      this.#suspects.set(key, suspects);
    }
    return suspects;
  }

  /** A key is metered with others than before. */
  moved(): void {
    this.#suspects.clear();
  }

  /** An operator says that this key shares its quota with nobody. */
  refuse(key: PooledKey): void {
    this.#refused.add(key.id);
    this.#suspects.clear();
    key.probation.hold(false);
  }

  merged(organisationOf: PooledKey): void {
    const organisation = this.#evidence.get(organisationOf)?.organisation;
    if (organisation !== undefined) this.#reviewHolds(organisation);
  }

  forget(key: PooledKey): void {
    this.#evidence.delete(key);
    this.#suspects.clear();
  }

  #findSuspects(key: PooledKey): readonly PooledKey[] {
    const organisation = this.#evidence.get(key)?.organisation;
    if (organisation === undefined || this.#refused.has(key.id)) return NOBODY;
    return this.#keysOf(organisation).flatMap(([other]) => (other.group === key.group ? [] : [other]));
  }

  #findMerge(key: PooledKey, organisation: string): Finding {
    if ((this.#evidence.get(key)?.agreeing ?? 0) < REPLIES_NEEDED) return null;
    for (const [other, { agreeing }] of this.#keysOf(organisation)) {
      if (other.group !== key.group && agreeing >= REPLIES_NEEDED) return { kind: 'merge', key, into: other };
    }
    return null;
  }

  /** One request at a time for keys that seem to share an organisation, until it is certain. */
  #reviewHolds(organisation: string): void {
    const keys = [...this.#keysOf(organisation)];
    const groups = new Set(keys.map(([{ group }]) => group));
    for (const [key] of keys) key.probation.hold(groups.size > 1);
  }

  #keysOf(organisation: string): [PooledKey, Evidence][] {
    return [...this.#evidence].filter(
      ([key, evidence]) => evidence.organisation === organisation && !this.#refused.has(key.id),
    );
  }
}

/** The group that stays: one the operator named before one that is only a key's own. */
export function survivor(one: MeteredGroup, other: MeteredGroup): MeteredGroup {
  return other.ownerLabel === null && one.ownerLabel !== null ? other : one;
}

function isMerged({ group, config }: PooledKey): boolean {
  return group.name !== config.group || group.absorbed.size > 0;
}
