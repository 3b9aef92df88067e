/**
 * What a block of log entries can be searched for, in 8 KB: a Bloom filter over exact values and over the
 * three-character pieces of texts. It never says no to what is there, and hardly ever yes to what is not, so that a
 * search reads only blocks it has a reason to read.
 */
export class BlockSignature {
  readonly bytes: Uint8Array;
  /** Texts come again and again; each is taken apart once. */
  readonly #seen = new Set<string>();

  constructor(bytes: Uint8Array = new Uint8Array(SIGNATURE_BYTES)) {
    this.bytes = bytes;
  }

  addValue(field: string, value: string): void {
    const item = `${field}:${value}`;
    if (this.#isNew(item)) this.#set(hash(item));
  }

  /** Letters of any case are one. */
  addText(text: string): void {
    if (!this.#isNew(text)) return;
    const folded = foldCase(text);
    for (let at = 0; at + PIECE <= folded.length; at++) this.#set(hashPiece(folded, at));
  }

  mayHaveValue(field: string, value: string): boolean {
    return this.#has(hash(`${field}:${value}`));
  }

  /** True for anything shorter than a piece: it could be anywhere. */
  mayHaveText(text: string): boolean {
    const folded = foldCase(text);
    for (let at = 0; at + PIECE <= folded.length; at++) if (!this.#has(hashPiece(folded, at))) return false;
    return true;
  }

  #isNew(item: string): boolean {
    if (this.#seen.has(item)) return false;
    if (this.#seen.size < MOST_SEEN) this.#seen.add(item);
    return true;
  }

  #set(mixed: number): void {
    this.#setBit(mixed & BIT_MASK);
    this.#setBit(mixed >>> BITS_LOG2);
  }

  #setBit(bit: number): void {
    this.bytes[bit >>> 3] = (this.bytes[bit >>> 3] ?? 0) | (1 << (bit & 7));
  }

  #has(mixed: number): boolean {
    return this.#isSet(mixed & BIT_MASK) && this.#isSet(mixed >>> BITS_LOG2);
  }

  #isSet(bit: number): boolean {
    return ((this.bytes[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0;
  }
}

/** Only A to Z, as SQLite's `lower` does: what one side finds, the other must. */
export function foldCase(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text;
}

/** Two positions of 16 bits each are taken from one hash of 32. */
const BITS_LOG2 = 16;
const BIT_MASK = 2 ** BITS_LOG2 - 1;
const SIGNATURE_BYTES = 2 ** BITS_LOG2 / 8;
const PIECE = 3;
const MOST_SEEN = 4096;

/** FNV-1a, and a final mix so that both halves are as good as the whole. */
function hash(text: string): number {
  let mixed = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) mixed = Math.imul(mixed ^ text.charCodeAt(at), 0x01000193);
  return finish(mixed);
}

function hashPiece(text: string, at: number): number {
  let mixed = Math.imul(text.charCodeAt(at) + 0x9e37, 0x01000193);
  mixed = Math.imul(mixed ^ text.charCodeAt(at + 1), 0x85ebca6b);
  return finish(Math.imul(mixed ^ text.charCodeAt(at + 2), 0xc2b2ae35));
}

/** The finaliser of MurmurHash3. */
function finish(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
