const STAR = 0x2a;
const LINE_FEED = 0x0a;
/** How much of one event is kept to see whether it is an error; an error event begins with saying so. */
const EVENT_HEAD_BYTES = 4 * 1024;
const ERROR_EVENT = /(?:^|[\r\n])event: ?error|"error" ?:|"type" ?: ?"error"/;

/**
 * Hides keys that an upstream quotes back, byte for byte with asterisks, so that every length and frame stays true.
 * In an error body they are hidden everywhere; in a stream only inside error events, since what a model says is the
 * caller's own and passes untouched.
 */
export class KeyMasker {
  readonly #keys: readonly Buffer[];
  readonly #errorEventsOnly: boolean;
  /** The end of the last chunk, where it could be the beginning of a key. */
  #tail: Buffer = EMPTY;
  /** The beginning of the event that is not complete yet. */
  #event = '';

  constructor(keys: readonly Buffer[], options: { errorEventsOnly: boolean }) {
    this.#keys = keys;
    this.#errorEventsOnly = options.errorEventsOnly;
  }

  /** What may go on to the caller; at most one key's length less a byte is held back. */
  push(chunk: Buffer): Buffer {
    const bytes = this.#tail.length === 0 ? chunk : Buffer.concat([this.#tail, chunk]);
    const held = this.#couldBeKey(bytes);
    this.#tail = held === 0 ? EMPTY : bytes.subarray(bytes.length - held);
    return this.#mask(held === 0 ? bytes : bytes.subarray(0, bytes.length - held));
  }

  flush(): Buffer {
    const rest = this.#tail;
    this.#tail = EMPTY;
    return rest;
  }

  #mask(bytes: Buffer): Buffer {
    let masked = bytes;
    for (const key of this.#keys) {
      for (let at = bytes.indexOf(key); at !== -1; at = bytes.indexOf(key, at + key.length)) {
        if (this.#errorEventsOnly && !this.#inErrorEvent(bytes, at)) continue;
        if (masked === bytes) masked = Buffer.from(bytes);
        masked.fill(STAR, at, at + key.length);
      }
    }
    if (this.#errorEventsOnly) this.#remember(bytes);
    return masked;
  }

  #inErrorEvent(bytes: Buffer, at: number): boolean {
    const boundary = lastBoundary(bytes.subarray(0, at));
    const before = boundary === -1 ? this.#event : '';
    return ERROR_EVENT.test(before + bytes.toString('latin1', Math.max(0, boundary), at));
  }

  #remember(bytes: Buffer): void {
    const boundary = lastBoundary(bytes);
    if (boundary !== -1) this.#event = '';
    if (boundary === bytes.length || this.#event.length >= EVENT_HEAD_BYTES) return;
    const from = Math.max(0, boundary);
    this.#event += bytes.toString('latin1', from, Math.min(bytes.length, from + EVENT_HEAD_BYTES));
  }

  /** How many bytes at the end are the beginning of a key. */
  #couldBeKey(bytes: Buffer): number {
    if (bytes.at(-1) === LINE_FEED) return 0;
    for (const key of this.#keys) {
      for (let length = Math.min(key.length - 1, bytes.length); length > 0; length--) {
        if (key.compare(bytes, bytes.length - length, bytes.length, 0, length) === 0) return length;
      }
    }
    return 0;
  }
}

const EMPTY = Buffer.alloc(0);

/** Where the event after the last blank line begins; -1 when there is no blank line. */
function lastBoundary(bytes: Buffer): number {
  const plain = bytes.lastIndexOf('\n\n');
  const crlf = bytes.lastIndexOf('\r\n\r\n');
  return Math.max(plain === -1 ? -1 : plain + 2, crlf === -1 ? -1 : crlf + 4);
}

/** Where a word may begin: keys are quoted after a space, a quote, a colon or an equals sign, never inside a word. */
const WORD_START = /(?<![A-Za-z0-9])[A-Za-z0-9]/g;
const SHORTEST_KEY = 8;

/**
 * Hides, in a whole error body, every key in force that it quotes, whoever the key belongs to. Same length. Words are
 * looked up in the set, so that twenty thousand keys cost no more than two.
 */
export function maskKeysInForce(body: Buffer, inForce: ReadonlySet<string>): Buffer {
  const lengths = lengthsOf(inForce);
  const text = body.toString('latin1');
  let masked = body;
  for (const { index } of text.matchAll(WORD_START)) {
    for (const length of lengths) {
      if (!inForce.has(text.slice(index, index + length))) continue;
      if (masked === body) masked = Buffer.from(body);
      masked.fill(STAR, index, index + length);
    }
  }
  return masked;
}

const knownLengths = new WeakMap<ReadonlySet<string>, readonly number[]>();

/** How long the keys are: vendors give all of theirs the same length or two. Shorter texts are too common to hide. */
function lengthsOf(inForce: ReadonlySet<string>): readonly number[] {
  let lengths = knownLengths.get(inForce);
  if (lengths === undefined) {
    lengths = [...new Set([...inForce].map(({ length }) => length))].filter((length) => length >= SHORTEST_KEY);
    knownLengths.set(inForce, lengths);
  }
  return lengths;
}
