import type { KeyPool } from '../key-pool/key-pool.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { StoredState } from './stored-state.ts';

/** Keeps the pool equal to the settings: providers and keys, and what operators did with keys besides. */
export class PoolSync {
  readonly #pool: KeyPool;
  /** Keys that the pool holds for draining. */
  readonly #draining = new Set<string>();

  constructor(pool: KeyPool) {
    this.#pool = pool;
  }

  apply(snapshot: Snapshot, stored: StoredState): void {
    this.#pool.configure(snapshot.providers.values());
    const meant = new Set<string>();
    for (const { id, value } of stored.keyOverlays()) {
      if (value.draining === true) {
        meant.add(id);
        if (this.#pool.drain(id)) this.#draining.add(id);
      }
      // Again each time: the provider may have been taken out and put back since, and a second time does nothing.
      if (value.parted === true) this.#pool.part(id);
    }
    // The pool remembers it of a key that is gone, too, so a key that is not there now is looked at again later.
    for (const id of this.#draining) if (!meant.has(id) && this.#pool.setEnabled(id, true)) this.#draining.delete(id);
  }
}
