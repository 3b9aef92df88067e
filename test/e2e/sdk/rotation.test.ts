import { createHash, randomBytes } from 'node:crypto';
import Anthropic from '@anthropic-ai/sdk';
import type { ApiError } from '@google/genai';
import OpenAI, { toFile } from 'openai';
import { describe, expect, it } from 'vitest';
import { scaledClock } from '../../../src/clock.ts';
import { HeaderList } from '../../../src/model/header-list.ts';
import { type ProxiedProvider, startProxiedProvider } from '../../support/proxied-provider.ts';

const GROUPS = [
  { name: 'limited', keys: ['sk-limited'] },
  { name: 'rejected', keys: ['sk-rejected'] },
  { name: 'unpaid', keys: ['sk-unpaid'] },
  { name: 'good', keys: ['sk-good'] },
];

/** One key is good. Of the others, one is out of rate, one is not genuine, and one has no money. */
async function startBadPool(): Promise<ProxiedProvider> {
  const proxied = await startProxiedProvider({ groups: GROUPS });
  const message = 'Rate limit reached. Please retry in 40s.';
  proxied.simulator.inject({ fault: 'rate-limited', key: 'sk-limited', retryAfterMs: 40_000, message });
  proxied.simulator.inject({ fault: 'invalid-key', key: 'sk-rejected' });
  proxied.simulator.inject({ fault: 'no-credit', key: 'sk-unpaid' });
  return proxied;
}

const model = 'sim-large';
const messages = [{ role: 'user' as const, content: 'ping' }];

/** Each SDK as it comes, its own retries on, so that a retry of its own would show. */
const CALLS: Readonly<Record<string, (proxied: ProxiedProvider) => Promise<string | null | undefined>>> = {
  openai: async (proxied) => {
    const answer = await proxied.openai({ maxRetries: 2 }).chat.completions.create({ model, messages });
    return answer.choices[0]?.message.content;
  },
  'openai, streamed': async (proxied) => {
    const stream = proxied.openai({ maxRetries: 2 }).chat.completions.stream({ model, messages });
    return (await stream.finalMessage()).content;
  },
  'openai, responses': async (proxied) => {
    return (await proxied.openai({ maxRetries: 2 }).responses.create({ model, input: 'ping' })).output_text;
  },
  anthropic: async (proxied) => {
    const answer = await proxied.anthropic({ maxRetries: 2 }).messages.create({ model, max_tokens: 9, messages });
    return answer.content[0]?.type === 'text' ? answer.content[0].text : null;
  },
  'anthropic, streamed': (proxied) =>
    proxied.anthropic({ maxRetries: 2 }).messages.stream({ model, max_tokens: 9, messages }).finalText(),
  gemini: async (proxied) => (await proxied.google().models.generateContent({ model, contents: 'ping' })).text,
  'gemini, streamed': async (proxied) => {
    let text = '';
    const stream = await proxied.google().models.generateContentStream({ model, contents: 'ping' });
    for await (const chunk of stream) text += chunk.text ?? '';
    return text;
  },
};

describe('keys that are refused are rotated past, and the SDK never notices', () => {
  it.each(Object.keys(CALLS))('%s', async (name) => {
    await using proxied = await startBadPool();
    const { simulator } = proxied;
    for (let sent = 0; sent < 10; sent++) expect(await CALLS[name]?.(proxied)).toBe('You said: ping');
    expect(simulator.counters.byKey.get('sk-good')?.completed).toBe(10);
    // Each bad key cost at most two requests, in all: the first, and a look whether it is really dead.
    for (const key of ['sk-limited', 'sk-rejected', 'sk-unpaid']) {
      const { received } = simulator.counters.byKey.get(key) ?? { received: 0 };
      expect(received, key).toBeGreaterThan(0);
      expect(received, key).toBeLessThanOrEqual(2);
    }
    for (const { rawHeaders } of simulator.requests.all()) {
      expect(new HeaderList(rawHeaders).get('x-stainless-retry-count') ?? '0').toBe('0');
    }
  });

  it('with a form of two megabytes, which is sent again byte for byte', async () => {
    await using proxied = await startBadPool();
    const content = randomBytes(2_000_000);
    const client = proxied.openai();
    for (let sent = 0; sent < 4; sent++) {
      const file = await client.files.create({ purpose: 'user_data', file: await toFile(content, 'x.bin') });
      expect(file).toMatchObject({ sha256: createHash('sha256').update(content).digest('hex') });
    }
    const uploads = proxied.simulator.requests.all().filter(({ method }) => method === 'POST');
    expect(uploads.length).toBe(7);
    expect(new Set(uploads.map(({ bodySha256 }) => bodySha256)).size).toBe(4);
  });

  it('and the record tells each attempt', async () => {
    await using proxied = await startBadPool();
    const client = proxied.openai();
    const told = new Set<string>();
    for (let sent = 0; sent < 4; sent++) {
      const { response } = await client.chat.completions.create({ model, messages }).withResponse();
      const record = await proxied.rotato.recordOf(response.headers);
      expect(record.attempts.at(-1)).toMatchObject({ keyLabel: 'key-good', status: 200, outcome: 'served' });
      expect(response.headers.get('x-rotato-attempts')).toBe(String(record.attempts.length));
      for (const { keyLabel, outcome } of record.attempts) told.add(`${keyLabel} ${outcome}`);
    }
    expect([...told].sort()).toEqual([
      'key-good served',
      'key-limited rate-limited',
      'key-rejected key-rejected',
      'key-unpaid quota-exhausted',
    ]);
  });
});

describe('when every key is resting', () => {
  const THREE_KEYS = ['a', 'b', 'c'].map((name) => ({ name: `org-${name}`, keys: [`sk-${name}`] }));
  const message = 'Slower, please.';

  /** Three organisations of three requests a minute, which they announce: one comes back every twenty seconds. */
  function startLimited(options: { maxWait: string; speed?: number }) {
    const limits = [{ model: '*', rpm: 3, window: 'refill' as const }];
    const groups = THREE_KEYS.map((group) => ({ ...group, limits }));
    const { maxWait, speed = 1 } = options;
    return startProxiedProvider({ groups, clock: scaledClock(speed), provider: { maxWait } });
  }

  /** Keys that have long been in use, each of which is about to be refused once. */
  async function startAboutToRefuse(retryAfterMs: number, maxWait: string) {
    const proxied = await startProxiedProvider({ groups: THREE_KEYS, provider: { maxWait } });
    await send(proxied, 30);
    for (const key of proxied.simulator.keys) {
      proxied.simulator.inject({ fault: 'rate-limited', key, count: 1, retryAfterMs, message });
    }
    return proxied;
  }

  async function send(proxied: ProxiedProvider, calls: number): Promise<void> {
    const client = proxied.openai();
    for (let sent = 0; sent < calls; sent++) await client.chat.completions.create({ model, messages });
  }

  it('within maxWait, the call waits and is served, and the provider never has to refuse', async () => {
    // Twenty seconds of the provider's are one of the test's.
    await using proxied = await startLimited({ maxWait: '60s', speed: 20 });
    await send(proxied, 9);
    const { data, response } = await proxied.openai().chat.completions.create({ model, messages }).withResponse();
    expect(data.choices[0]?.message.content).toBe('You said: ping');
    expect(Number(response.headers.get('x-rotato-wait-ms'))).toBeGreaterThan(5_000);
    expect(response.headers.get('x-rotato-attempts')).toBe('1');
    expect(proxied.simulator.counters.rateLimited).toBe(0);
  });

  it('beyond it nothing is sent, and the refusal is our own, with the time and what stands in the way', async () => {
    await using proxied = await startLimited({ maxWait: '5s' });
    await send(proxied, 9);
    const error = await refusalOf(proxied.openai());
    expect(proxied.simulator.counters.received).toBe(9);
    expect(error.headers?.get('x-rotato-source')).toBe('rotato');
    expect(error.headers?.get('x-rotato-attempts')).toBe('0');
    expectShortWait(error, 20_000);
    expect(error.error).toMatchObject({
      type: 'rate_limit_error',
      code: 'rate-limited',
      retry_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      details: { provider: 'openai', model, limit: expect.any(String), group: expect.stringMatching(/^org-/) },
    });
  });

  it('a caller may wait less than the provider is set to, and its wish goes nowhere', async () => {
    await using proxied = await startLimited({ maxWait: '60s' });
    const client = proxied.openai({ defaultHeaders: { 'x-rotato-max-wait': '0' } });
    for (let sent = 0; sent < 9; sent++) await client.chat.completions.create({ model, messages });
    expectShortWait(await refusalOf(client), 20_000);
    expect(proxied.simulator.requests.all().every(({ rawHeaders }) => !/x-rotato/i.test(rawHeaders.join()))).toBe(true);
  });

  it('for longer than a minute, no SDK is told to sleep, and none calls again', async () => {
    const limits = [{ model: '*', rpd: 1, window: 'refill' as const }];
    const groups = THREE_KEYS.map((group) => ({ ...group, limits }));
    await using proxied = await startProxiedProvider({ groups });
    await send(proxied, 3);
    const error = await refusalOf(proxied.openai({ maxRetries: 2 }));
    expect(error.headers?.get('retry-after')).toBeNull();
    expect(error.headers?.get('retry-after-ms')).toBeNull();
    expect(error.headers?.get('x-should-retry')).toBe('false');
    const waitMs = Date.parse(error.headers?.get('x-rotato-retry-at') ?? '') - Date.now();
    expect(waitMs).toBeGreaterThan(23 * 3_600_000);
    expect(waitMs).toBeLessThan(25 * 3_600_000);
    expect((await proxied.rotato.recorded(4)).length).toBe(4);
  });

  it("a refusal of the provider is the last word, with the pool's time instead of its own", async () => {
    await using proxied = await startAboutToRefuse(20_000, '1s');
    const error = await refusalOf(proxied.openai());
    expect(error.headers?.get('x-rotato-source')).toBeNull();
    expect(error.headers?.get('x-rotato-attempts')).toBe('3');
    expect(error.message).toContain(message);
    expectShortWait(error, 20_000);
  });

  it('an SDK that obeys the refusal is served, and nothing is refused in between', async () => {
    await using proxied = await startAboutToRefuse(1_000, '0');
    const answer = await proxied.openai({ maxRetries: 2 }).chat.completions.create({ model, messages });
    expect(answer.choices[0]?.message.content).toBe('You said: ping');
    expect(proxied.simulator.counters.refused.get('rate-limited')).toBe(3);
    expect((await proxied.rotato.recorded(32)).slice(-2).map(({ status }) => status)).toEqual([429, 200]);
  });

  it('the refusal is written for Anthropic', async () => {
    await using proxied = await startLimited({ maxWait: '0' });
    const client = proxied.anthropic();
    const ask = () => client.messages.create({ model, max_tokens: 9, messages });
    for (let sent = 0; sent < 9; sent++) await ask();
    const error = await ask().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Anthropic.RateLimitError);
    const explained = { type: 'rate_limit_error', message: expect.stringContaining('The next room is in') };
    expect(error).toMatchObject({ status: 429, error: { type: 'error', error: explained } });
  });

  it('the refusal is written for Google', async () => {
    const limits = [{ model: '*', rpm: 3 }];
    await using proxied = await startProxiedProvider({
      // Google announces nothing, so the limit is the operator's to type.
      provider: { maxWait: '0', keys: [{ key: 'sk-b', group: 'org-b' }], groups: { 'org-b': { limits } } },
    });
    const { models } = proxied.google();
    for (let sent = 0; sent < 3; sent++) await models.generateContent({ model, contents: 'ping' });
    const ask = models.generateContentStream({ model, contents: 'ping' }).catch((thrown: unknown) => thrown);
    const error = (await ask) as ApiError;
    expect(error).toMatchObject({ name: 'ApiError', status: 429 });
    expect(JSON.parse(error.message)).toMatchObject({
      error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: expect.stringContaining('The next room is in') },
    });
  });
});

type RateLimitError = InstanceType<typeof OpenAI.RateLimitError>;

async function refusalOf(client: OpenAI): Promise<RateLimitError> {
  const error = await client.chat.completions.create({ model, messages }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OpenAI.RateLimitError);
  return error as RateLimitError;
}

/** Up to a minute, in each form that some SDK reads, and the forms agree. */
function expectShortWait({ headers }: RateLimitError, restMs: number): void {
  const waitMs = Number(headers?.get('retry-after-ms'));
  // Some of the rest has passed while the test got here.
  expect(waitMs).toBeGreaterThan(restMs - 10_000);
  expect(waitMs).toBeLessThanOrEqual(restMs + 1_000);
  expect(headers?.get('retry-after')).toBe(String(Math.ceil(waitMs / 1_000)));
  expect(headers?.get('x-should-retry')).toBe('true');
}
