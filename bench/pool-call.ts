import { Agent, request } from 'undici';
import type { Clock } from '../src/clock.ts';
import type { Wire } from '../src/model/provider.ts';

/** One request as its caller means it, before anybody chose a key. */
export interface Call {
  readonly client: string;
  readonly promptTokens: number;
  /** False for a caller who would rather be refused than wait. */
  readonly patient: boolean;
}

export interface Answer {
  /** Null when none came. */
  readonly status: number | null;
  /** When to come back, where the answer says. */
  readonly retryAfterMs: number | null;
}

const MODEL = 'sim-large';
/** Marks a request on its way to the provider's log, which is where the clients are told apart. */
export const CLIENT_HEADER = 'x-bench-client';
/** The simulated tokeniser counts every four characters as one token. */
const ONE_TOKEN = 'word';
const MAX_TOKENS = 64;

/** Sends calls over real HTTP, on connections that are kept. */
export class HttpCaller {
  readonly #wire: Wire;
  readonly #clock: Clock;
  readonly #agent = new Agent({ pipelining: 1, headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 60_000 });

  constructor(wire: Wire, clock: Clock) {
    this.#wire = wire;
    this.#clock = clock;
  }

  /** `baseUrl` and `credential` as the vendor's SDK would be given them. A broken connection is an answer as well. */
  async post(to: { baseUrl: string; credential: string }, call: Call): Promise<Answer> {
    try {
      const { statusCode, headers, body } = await request(`${to.baseUrl}${pathOf(this.#wire)}`, {
        dispatcher: this.#agent,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          [CLIENT_HEADER]: call.client,
          ...credentialHeader(this.#wire, to.credential),
          ...(call.patient ? {} : { 'x-rotato-max-wait': '0' }),
        },
        body: JSON.stringify(bodyOf(this.#wire, ONE_TOKEN.repeat(call.promptTokens))),
      });
      await body.dump({ limit: 1e6 });
      return { status: statusCode, retryAfterMs: this.#retryAfterMs(headers) };
    } catch {
      return { status: null, retryAfterMs: null };
    }
  }

  /** Breaks off what is under way. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  #retryAfterMs(headers: Record<string, string | string[] | undefined>): number | null {
    const figure = (name: string) => (typeof headers[name] === 'string' ? headers[name] : null);
    const exact = figure('retry-after-ms');
    if (exact !== null) return Number(exact);
    const seconds = figure('retry-after');
    if (seconds !== null) return Number(seconds) * 1_000;
    const date = figure('x-rotato-retry-at');
    return date === null ? null : Math.max(0, Date.parse(date) - this.#clock.wallNow());
  }
}

/** Below what an SDK of that wire takes as its base URL. */
function pathOf(wire: Wire): string {
  switch (wire) {
    case 'openai':
      return '/chat/completions';
    case 'anthropic':
      return '/v1/messages';
    case 'gemini':
      return `/models/${MODEL}:generateContent`;
  }
}

function credentialHeader(wire: Wire, credential: string): Record<string, string> {
  switch (wire) {
    case 'openai':
      return { authorization: `Bearer ${credential}` };
    case 'anthropic':
      return { 'x-api-key': credential, 'anthropic-version': '2023-06-01' };
    case 'gemini':
      return { 'x-goog-api-key': credential };
  }
}

function bodyOf(wire: Wire, prompt: string): unknown {
  switch (wire) {
    case 'openai':
      return { model: MODEL, max_completion_tokens: MAX_TOKENS, messages: [{ role: 'user', content: prompt }] };
    case 'anthropic':
      return { model: MODEL, max_tokens: MAX_TOKENS, messages: [{ role: 'user', content: prompt }] };
    case 'gemini':
      return {
        contents: [{ role: 'user', parts: [{ text: prompt }] }],
        generationConfig: { maxOutputTokens: MAX_TOKENS },
      };
  }
}
