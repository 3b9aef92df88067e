import type { Secret } from '../model/secret.ts';

const STAR = 0x2a;
const LINE_FEED = 0x0a;
/** How much of one event is kept to see whether it is an error; an error event begins with saying so. */
const EVENT_HEAD_CHARACTERS = 4 * 1024;
/** Events of the Responses API that went well say `"error": null`. */
const ERROR_EVENT = /(?:^|[\r\n])event: ?error[\r\n]|"error"\s{0,4}:(?!\s{0,4}null)|"type"\s{0,4}:\s{0,4}"error"/;
const BLANK_LINES = ['\n\n', '\n\r\n', '\r\r'];
/** As much of a blank line as may stand at the end of one chunk while the rest begins the next. */
const SEAM_BYTES = 2;

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
  /** The beginning of the event that is not complete yet, as far as it went on to the caller. */
  #event = '';
  /** The last bytes that went on. */
  #seam: Buffer = EMPTY;

  constructor(keys: readonly Buffer[], options: { errorEventsOnly: boolean }) {
    this.#keys = keys.filter((key) => key.length > 0);
    this.#errorEventsOnly = options.errorEventsOnly;
  }

  /** What may go on to the caller; at most one key's length less a byte is held back. */
  push(chunk: Buffer): Buffer {
    const bytes = this.#mask(this.#tail.length === 0 ? chunk : Buffer.concat([this.#tail, chunk]));
    const held = this.#couldBeKey(bytes);
    const passed = held === 0 ? bytes : bytes.subarray(0, bytes.length - held);
    this.#tail = held === 0 ? EMPTY : bytes.subarray(passed.length);
    if (this.#errorEventsOnly) this.#remember(passed);
    return passed;
  }

  /** All of a body in one go. */
  maskWhole(body: Buffer): Buffer {
    const masked = this.push(body);
    const rest = this.flush();
    return rest.length === 0 ? masked : Buffer.concat([masked, rest]);
  }

  flush(): Buffer {
    const rest = this.#tail;
    this.#tail = EMPTY;
    return rest;
  }

  #mask(bytes: Buffer): Buffer {
    let masked = bytes;
    for (const key of this.#keys) {
      for (let at = bytes.indexOf(key); at !== -1; at = bytes.indexOf(key, at + 1)) {
        if (this.#errorEventsOnly && !this.#inErrorEvent(bytes, at)) continue;
        if (masked === bytes) masked = Buffer.from(bytes);
        masked.fill(STAR, at, at + key.length);
      }
    }
    return masked;
  }

  #inErrorEvent(bytes: Buffer, at: number): boolean {
    const start = this.#eventStart(bytes, at);
    const before = start === null ? this.#event : '';
    return ERROR_EVENT.test(before + bytes.toString('latin1', start ?? 0, at));
  }

  #remember(bytes: Buffer): void {
    if (bytes.at(-1) === LINE_FEED && bytes.at(-2) === LINE_FEED) {
      // Whole events, as in nearly every chunk: there is nothing to remember.
      this.#event = '';
      this.#seam = EMPTY;
      return;
    }
    const start = this.#eventStart(bytes, bytes.length);
    if (start !== null) this.#event = '';
    const from = start ?? 0;
    const wanted = EVENT_HEAD_CHARACTERS - this.#event.length;
    this.#event += bytes.toString('latin1', from, Math.min(bytes.length, from + wanted));
    this.#seam = Buffer.concat([this.#seam, bytes.subarray(-SEAM_BYTES)]).subarray(-SEAM_BYTES);
  }

  /** Where the event begins to which `at` belongs; null when it began before these bytes. */
  #eventStart(bytes: Buffer, at: number): number | null {
    const start = afterBlankLine(bytes.subarray(0, at));
    if (start !== null) return start;
    const seam = Buffer.concat([this.#seam, bytes.subarray(0, Math.min(at, SEAM_BYTES))]);
    const across = (afterBlankLine(seam) ?? 0) - this.#seam.length;
    return across > 0 ? across : null;
  }

  /** How many bytes at the end are the beginning of a key. */
  #couldBeKey(bytes: Buffer): number {
    if (bytes.at(-1) === LINE_FEED) return 0;
    return this.#keys.reduce((longest, key) => Math.max(longest, beginningAtEnd(bytes, key)), 0);
  }
}

const EMPTY = Buffer.alloc(0);

/** How long the beginning of `key` is with which `bytes` end; 0 for none, never all of it. */
function beginningAtEnd(bytes: Buffer, key: Buffer): number {
  for (let length = Math.min(key.length - 1, bytes.length); length > 0; length--) {
    if (key.compare(bytes, bytes.length - length, bytes.length, 0, length) === 0) return length;
  }
  return 0;
}

/** Where the event after the last blank line begins; null when there is no blank line. */
function afterBlankLine(bytes: Buffer): number | null {
  let after = 0;
  for (const line of BLANK_LINES) {
    const at = bytes.lastIndexOf(line);
    if (at !== -1) after = Math.max(after, at + line.length);
  }
  return after === 0 ? null : after;
}

/** Keys are found by this many first characters; a word that is shorter is too common to be hidden everywhere. */
const INDEXED_CHARACTERS = 8;
const indexes = new WeakMap<ReadonlySet<string>, ReadonlyMap<string, readonly string[]>>();

/** Hides, in a whole error body, every key in force, whoever it belongs to. Same length. */
export function maskKeysInForce(body: Buffer, inForce: ReadonlySet<string>): Buffer {
  const index = indexes.get(inForce) ?? indexKeys(inForce);
  const text = body.toString('latin1');
  let masked = body;
  for (let at = 0; at + INDEXED_CHARACTERS <= text.length; at++) {
    for (const key of index.get(text.slice(at, at + INDEXED_CHARACTERS)) ?? []) {
      if (!text.startsWith(key, at)) continue;
      if (masked === body) masked = Buffer.from(body);
      masked.fill(STAR, at, at + key.length);
    }
  }
  return masked;
}

/** Put together once for each set of keys. */
function indexKeys(inForce: ReadonlySet<string>): ReadonlyMap<string, readonly string[]> {
  const long = [...inForce].filter((key) => key.length >= INDEXED_CHARACTERS);
  const index = Map.groupBy(long, (key) => key.slice(0, INDEXED_CHARACTERS));
  indexes.set(inForce, index);
  return index;
}

/** A masker for the keys an exchange was sent with: the only ones an upstream can have learned from it. */
export function maskerOf(secrets: readonly Secret[], options: { errorEventsOnly: boolean }): KeyMasker {
  return new KeyMasker(
    secrets.map((secret) => Buffer.from(secret.reveal(), 'latin1')),
    options,
  );
}
