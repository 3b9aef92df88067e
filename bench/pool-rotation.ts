import { type Clock, sleep } from '../src/clock.ts';
import type { Wire } from '../src/model/provider.ts';
import type { Random } from '../src/random.ts';
import { type Answer, type Call, HttpCaller } from './pool-call.ts';

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 8_000;
const LONGEST_OBEYED_MS = 60_000;
const JITTER = 0.25;

export interface RotationParts {
  readonly wire: Wire;
  readonly baseUrl: string;
  readonly keys: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * The baseline: plain rotation on 429. Keys take turns; a refused call goes to the next key at once, and when every key
 * has refused it, it waits as the OpenAI SDK does by default (the shortest `retry-after` it was told, up to a minute,
 * else 0.5 s doubling to 8 s, less up to a quarter of it at random) and starts over. Unlike the SDK it never gives up.
 */
export class Rotation {
  readonly #parts: RotationParts;
  readonly #http: HttpCaller;
  readonly #closing = new AbortController();
  #turn = 0;

  constructor(parts: RotationParts) {
    this.#parts = parts;
    this.#http = new HttpCaller(parts.wire, parts.clock);
  }

  async ask(call: Call): Promise<Answer> {
    const { clock, random } = this.#parts;
    for (let passes = 0; ; passes++) {
      const answer = await this.#pass(call);
      if (!isRefusal(answer) || !call.patient || this.#closing.signal.aborted) return answer;
      const backoffMs = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** passes) * (1 - JITTER * random.next());
      const toldMs = answer.retryAfterMs;
      const waitMs = toldMs !== null && toldMs <= LONGEST_OBEYED_MS ? toldMs : backoffMs;
      await sleep(clock, waitMs, this.#closing.signal);
    }
  }

  /** Nothing is kept from one call to the next but whose turn it is. */
  async restart(): Promise<void> {}

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#http.close();
  }

  async #pass(call: Call): Promise<Answer> {
    const { keys, baseUrl } = this.#parts;
    const told: number[] = [];
    let status: Answer['status'] = null;
    for (let tried = 0; tried < keys.length; tried++) {
      const credential = keys[this.#turn++ % keys.length] ?? '';
      const answer = await this.#http.post({ baseUrl, credential }, call);
      status = answer.status;
      if (answer.retryAfterMs !== null) told.push(answer.retryAfterMs);
      if (!isTheKeys(answer)) break;
    }
    return { status, retryAfterMs: told.length === 0 ? null : Math.min(...told) };
  }
}

/** Another key may do better. */
function isTheKeys({ status }: Answer): boolean {
  return status === 429 || status === 401 || status === 403;
}

function isRefusal(answer: Answer): boolean {
  return isTheKeys(answer) || answer.status === null || answer.status >= 500;
}
