/**
 * A set of positions that answers "the next member at or after this one" in a few machine words, so that 20,000 keys
 * can be walked round or taken from the front without looking at those that are full.
 */
export class OpenSet {
  #words: Uint32Array;
  #size = 0;

  constructor(positions: number) {
    this.#words = new Uint32Array((positions + 31) >>> 5);
  }

  get size(): number {
    return this.#size;
  }

  has(position: number): boolean {
    return ((this.#words[position >>> 5] as number) & (1 << (position & 31))) !== 0;
  }

  add(position: number): void {
    if (this.has(position)) return;
    this.#words[position >>> 5] = (this.#words[position >>> 5] as number) | (1 << (position & 31));
    this.#size++;
  }

  delete(position: number): void {
    if (!this.has(position)) return;
    this.#words[position >>> 5] = (this.#words[position >>> 5] as number) & ~(1 << (position & 31));
    this.#size--;
  }

  /** The lowest member that is `from` or above; -1 when there is none. */
  next(from: number): number {
    const words = this.#words;
    let index = from >>> 5;
    if (index >= words.length) return -1;
    let word = (words[index] as number) & (0xffffffff << (from & 31));
    while (word === 0) {
      if (++index >= words.length) return -1;
      word = words[index] as number;
    }
    return index * 32 + 31 - Math.clz32(word & -word);
  }

  /** The lowest position that is `from` or above and no member; -1 when there is none below `end`. */
  nextAbsent(from: number, end: number): number {
    for (let position = from; position < end; position++) {
      const rest = (this.#words[position >>> 5] as number) >>> (position & 31);
      if ((rest & 1) === 0) return position;
      // A word of members only is skipped whole.
      if ((position & 31) === 0 && rest === 0xffffffff) position += 31;
    }
    return -1;
  }
}
