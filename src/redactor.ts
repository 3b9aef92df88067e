const SECRET = '[secret]';

/** A `Secret`, which this file, being on the same floor as the model, does not import. */
interface Revealable {
  reveal(): string;
}

/** Below this a text is too common for its every occurrence to be hidden. */
const SHORTEST = 4;
/** Longer secrets are found by this many first characters, and hidden even where the rest was cut off. */
const INDEXED = 8;

/**
 * What credentials look like at the vendors, and where callers put them. Each keeps its first group. The characters
 * that may follow never include a quote or a backslash, so that a line of JSON stays one.
 */
const SHAPES: readonly RegExp[] = [
  /((?:authorization|x-api-key|x-goog-api-key|api-key)["']?\s{0,4}[:=]\s{0,4}["']?(?:(?:bearer|basic)\s{1,4})?)[^\s"'\\,;]+/gi,
  /(\bbearer\s{1,4})[^\s"'\\,;]+/gi,
  /([?&](?:key|api[-_]?key|access_token|token)=)[^&\s"'\\#]+/gi,
  /(\/bot)\d{5,}:[\w-]{20,}/g,
  /()\b\d{8,}:[\w-]{30,}/g,
  /()\b(?:sk|csk|pplx|xai|nvapi|tgp)[-_][\w*.-]{8,}/g,
  /()\b(?:gsk|ghp|gho|ghs|ghu|github_pat|hf|fw)_[\w*]{8,}/g,
  /()\bAIza[\w*-]{8,}/g,
  /()\brotato_(?:client|admin|panel)_[\w*-]{8,}/g,
];

/** Hides what looks like a credential, whoever it belongs to. */
export function redactShapes(text: string): string {
  return SHAPES.reduce((redacted, shape) => redacted.replace(shape, `$1${SECRET}`), text);
}

/** Hides credentials: the exact ones it was told of, and whatever looks like one. */
export class Redactor {
  #inForce: readonly string[] = [];
  /** By their first characters. */
  #index = new Map<string, string[]>();
  #short: string[] = [];

  /**
   * Replaces the secrets in force. Those replaced stay hidden until the next time, because requests that began with
   * them may still be running.
   */
  protect(secrets: Iterable<Revealable>): void {
    const next = [...secrets].flatMap((secret) => spellings(secret.reveal()));
    const known = new Set([...this.#inForce, ...next]);
    this.#inForce = next;
    this.#index = new Map();
    this.#short = [...known].filter((secret) => secret.length < INDEXED);
    for (const secret of known) {
      if (secret.length < INDEXED) continue;
      const start = secret.slice(0, INDEXED);
      const bucket = this.#index.get(start);
      if (bucket === undefined) this.#index.set(start, [secret]);
      else bucket.push(secret);
    }
  }

  redact(text: string): string {
    return redactShapes(this.redactExact(text));
  }

  /** Only what it was told of, wherever it stands, also cut short. */
  redactExact(text: string): string {
    let redacted = '';
    let copied = 0;
    for (let at = 0; at + INDEXED <= text.length && this.#index.size > 0; at++) {
      const length = this.#matchAt(text, at);
      if (length === 0) continue;
      redacted += text.slice(copied, at) + SECRET;
      copied = at + length;
      at = copied - 1;
    }
    redacted += text.slice(copied);
    return this.#short.reduce((rest, secret) => rest.replaceAll(secret, SECRET), redacted);
  }

  /** How many characters from `at` belong to a secret; 0 when too few do to give it away. */
  #matchAt(text: string, at: number): number {
    let longest = 0;
    for (const secret of this.#index.get(text.slice(at, at + INDEXED)) ?? []) {
      let length = INDEXED;
      while (length < secret.length && text[at + length] === secret[length]) length++;
      if (length > INDEXED || length === secret.length) longest = Math.max(longest, length);
    }
    return longest;
  }
}

/** As it is, as it stands inside JSON, and as it stands in a URL. */
function spellings(secret: string): string[] {
  if (secret.length < SHORTEST) return [];
  return [...new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])];
}
