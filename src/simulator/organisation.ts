/** Anything a vendor stores under an id. */
export interface StoredObject {
  readonly id: string;
  /** As the vendor's API shows it. */
  readonly view: Record<string, unknown>;
  readonly content: Buffer;
}

export type ObjectKind = 'file' | 'batch' | 'response' | 'cache' | 'upload';

/** Each kind of object is bounded, so that a long benchmark cannot fill the memory. */
const MOST_OBJECTS = 10_000;

/** A quota group as the owner of objects: what one organisation stores, no other can see. */
export class Organisation {
  readonly name: string;
  readonly #objects = new Map<ObjectKind, Map<string, StoredObject>>();

  constructor(name: string) {
    this.name = name;
  }

  put(kind: ObjectKind, object: StoredObject): void {
    const shelf = this.#shelf(kind);
    shelf.set(object.id, object);
    const oldest = shelf.size > MOST_OBJECTS ? shelf.keys().next().value : undefined;
    if (oldest !== undefined) shelf.delete(oldest);
  }

  find(kind: ObjectKind, id: string): StoredObject | null {
    return this.#shelf(kind).get(id) ?? null;
  }

  delete(kind: ObjectKind, id: string): boolean {
    return this.#shelf(kind).delete(id);
  }

  /** Newest first, as vendors list. */
  list(kind: ObjectKind): StoredObject[] {
    return [...this.#shelf(kind).values()].reverse();
  }

  clear(): void {
    this.#objects.clear();
  }

  #shelf(kind: ObjectKind): Map<string, StoredObject> {
    let shelf = this.#objects.get(kind);
    if (shelf === undefined) {
      shelf = new Map();
      this.#objects.set(kind, shelf);
    }
    return shelf;
  }
}
