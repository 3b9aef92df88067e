/** Where objects live that exist in one organisation only: which quota group holds a file, a batch, a response. */
export interface ObjectHome {
  readonly provider: string;
  readonly id: string;
  readonly group: string;
}

const MOST_REMEMBERED = 100_000;

/**
 * Remembers the quota group of each object whose id was seen in an answer, oldest forgotten first, so that a later
 * request that names it goes to the organisation that has it.
 */
export class ObjectHomes {
  readonly #groups = new Map<string, string>();
  /** By provider, answers that are over for their callers and not read yet for what they show. */
  readonly #readings = new Map<string, Set<Promise<unknown>>>();

  remember(home: ObjectHome): void {
    const key = keyOf(home.provider, home.id);
    // Deleting first moves a known id to the young end.
    this.#groups.delete(key);
    this.#groups.set(key, home.group);
    if (this.#groups.size > MOST_REMEMBERED) {
      for (const oldest of this.#groups.keys()) {
        this.#groups.delete(oldest);
        break;
      }
    }
  }

  /** `reading` ends when what it finds has been remembered; should it fail, that is for its own caller to tell. */
  expect(provider: string, reading: Promise<unknown>): void {
    const readings = this.#readings.get(provider) ?? new Set();
    this.#readings.set(provider, readings.add(reading));
    const forget = () => readings.delete(reading);
    reading.then(forget, forget);
  }

  /**
   * What is being read now; null when there is nothing. A compressed answer is decoded after it was handed over, and
   * a caller on the same machine can name the object it shows before that is done.
   */
  readings(provider: string): Promise<unknown> | null {
    const readings = this.#readings.get(provider);
    return readings === undefined || readings.size === 0 ? null : Promise.allSettled(readings);
  }

  /** Whether anything is remembered at all; most pools never meet such an object, and need not look for one. */
  get empty(): boolean {
    return this.#groups.size === 0;
  }

  /** The group of the first of `ids` that is known; null when none is. */
  find(provider: string, ids: readonly string[]): string | null {
    for (const id of ids) {
      const group = this.#groups.get(keyOf(provider, id));
      if (group !== undefined) return group;
    }
    return null;
  }

  /** What lives at a provider still does once it has another name. */
  rename(from: string, to: string): void {
    for (const home of this.list()) if (home.provider === from) this.remember({ ...home, provider: to });
  }

  /** Puts back what `list` gave. */
  restore(stored: unknown): void {
    if (!Array.isArray(stored)) return;
    for (const home of stored) if (isHome(home)) this.remember(home);
  }

  /** Oldest first, for the memory that outlives a restart. */
  list(): ObjectHome[] {
    return [...this.#groups].map(([key, group]) => {
      const separator = key.indexOf(SEPARATOR);
      return { provider: key.slice(0, separator), id: key.slice(separator + 1), group };
    });
  }
}

/** Of what was stored, only what is whole: the rest is learned again. */
function isHome(value: unknown): value is ObjectHome {
  if (typeof value !== 'object' || value === null) return false;
  const { provider, id, group } = value as Partial<Record<keyof ObjectHome, unknown>>;
  return typeof provider === 'string' && typeof id === 'string' && typeof group === 'string';
}

const SEPARATOR = '\n';

function keyOf(provider: string, id: string): string {
  return `${provider}${SEPARATOR}${id}`;
}
