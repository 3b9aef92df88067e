/** A binary heap: the least element first. */
export class MinHeap<T> {
  readonly #before: (one: T, other: T) => boolean;
  #items: T[] = [];

  constructor(before: (one: T, other: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  /** The least elements that count, in order, at most so many; the heap stays as it is. */
  least(most: number, counts: (item: T) => boolean): T[] {
    const items = this.#items;
    const found: T[] = [];
    const next = new MinHeap<number>((one, other) => this.#before(items[one] as T, items[other] as T));
    if (items.length > 0) next.push(0);
    for (let at = next.pop(); at !== undefined && found.length < most; at = next.pop()) {
      const item = items[at] as T;
      if (counts(item)) found.push(item);
      for (const child of [2 * at + 1, 2 * at + 2]) if (child < items.length) next.push(child);
    }
    return found;
  }

  push(item: T): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!this.#before(item, items[parent] as T)) break;
      items[at] = items[parent] as T;
      at = parent;
    }
    items[at] = item;
  }

  pop(): T | undefined {
    const items = this.#items;
    const least = items[0];
    const last = items.pop();
    if (items.length === 0 || last === undefined) return least;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.#before(items[child + 1] as T, items[child] as T)) child++;
      if (!this.#before(items[child] as T, last)) break;
      items[at] = items[child] as T;
      at = child;
    }
    items[at] = last;
    return least;
  }
}
