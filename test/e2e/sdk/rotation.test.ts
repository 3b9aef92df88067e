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
  /** A clock twenty times as fast lets a test wait for a provider's seconds. */
  const SPEED = 20;

  const THREE_KEYS = ['a', 'b', 'c'].map((name) => ({ name: `org-${name}`, keys: [`sk-${name}`] }));
  const message = 'Slower, please.';

  async function startResting(retryAfterMs: number, options: { maxWait?: string; speed?: number } = {}) {
    const { maxWait = '30s', speed = 1 } = options;
    const proxied = await startProxiedProvider({
      groups: THREE_KEYS,
      clock: scaledClock(speed),
      provider: { maxWait },
    });
    for (const key of proxied.simulator.keys) {
      proxied.simulator.inject({ fault: 'rate-limited', key, count: 1, retryAfterMs, message });
    }
    return proxied;
  }

  it('within maxWait, the call waits and is served', async () => {
    await using proxied = await startResting(10_000, { speed: SPEED });
    const { data, response } = await proxied.openai().chat.completions.create({ model, messages }).withResponse();
    expect(data.choices[0]?.message.content).toBe('You said: ping');
    expect(Number(response.headers.get('x-rotato-wait-ms'))).toBeGreaterThan(5_000);
    expect(response.headers.get('x-rotato-attempts')).toBe('4');
    expect(proxied.simulator.counters.refused.get('rate-limited')).toBe(3);
  });

  it("beyond it, the provider's own refusal comes back, with the pool's time", async () => {
    await using proxied = await startResting(20_000, { maxWait: '1s' });
    const error = await refusalOf(proxied.openai());
    expect(error.headers?.get('x-rotato-source')).toBeNull();
    expect(error.message).toContain(message);
    expectShortWait(error, 20_000);
    expect(Number(error.headers?.get('x-rotato-attempts'))).toBeGreaterThan(1);
  });

  it('and once that is known nothing is sent, and the refusal is our own', async () => {
    await using proxied = await startResting(20_000, { maxWait: '0' });
    await refusalOf(proxied.openai());
    const sentBefore = proxied.simulator.counters.received;
    const error = await refusalOf(proxied.openai());
    expect(proxied.simulator.counters.received).toBe(sentBefore);
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

  it('for longer than a minute, no SDK is told to sleep, and none calls again', async () => {
    await using proxied = await startResting(240_000, { maxWait: '0' });
    for (let time = 0; time < 2; time++) {
      const error = await refusalOf(proxied.openai({ maxRetries: 2 }));
      expect(error.headers?.get('retry-after')).toBeNull();
      expect(error.headers?.get('retry-after-ms')).toBeNull();
      expect(error.headers?.get('x-should-retry')).toBe('false');
      const waitMs = Date.parse(error.headers?.get('x-rotato-retry-at') ?? '') - Date.now();
      expect(waitMs).toBeGreaterThan(200_000);
      expect(waitMs).toBeLessThanOrEqual(241_000);
    }
    expect(proxied.rotato.records.length).toBe(2);
  });

  it('a caller may wait less than the provider is set to', async () => {
    await using proxied = await startResting(20_000);
    const client = proxied.openai({ defaultHeaders: { 'x-rotato-max-wait': '0' } });
    expectShortWait(await refusalOf(client), 20_000);
    expect(proxied.simulator.requests.all().every(({ rawHeaders }) => !/x-rotato/i.test(rawHeaders.join()))).toBe(true);
  });

  it('an SDK that obeys the refusal is served, and nothing is refused in between', async () => {
    await using proxied = await startResting(1_000, { maxWait: '0' });
    const answer = await proxied.openai({ maxRetries: 2 }).chat.completions.create({ model, messages });
    expect(answer.choices[0]?.message.content).toBe('You said: ping');
    expect(proxied.simulator.counters.refused.get('rate-limited')).toBe(3);
    expect((await proxied.rotato.recorded(2)).map(({ status }) => status)).toEqual([429, 200]);
  });

  it('the refusal is written for Anthropic', async () => {
    await using proxied = await startResting(20_000, { maxWait: '0' });
    const client = proxied.anthropic();
    const ask = () => client.messages.create({ model, max_tokens: 9, messages }).catch((thrown: unknown) => thrown);
    expect(await ask()).toBeInstanceOf(Anthropic.RateLimitError);
    const error = await ask();
    expect(error).toBeInstanceOf(Anthropic.RateLimitError);
    const explained = { type: 'rate_limit_error', message: expect.stringContaining('The next room is in') };
    expect(error).toMatchObject({ status: 429, error: { type: 'error', error: explained } });
  });

  it('the refusal is written for Google', async () => {
    await using proxied = await startResting(20_000, { maxWait: '0' });
    const { models } = proxied.google();
    const ask = () => models.generateContentStream({ model, contents: 'ping' }).catch((thrown: unknown) => thrown);
    expect(await ask()).toMatchObject({ name: 'ApiError', status: 429 });
    const { message: body } = (await ask()) as ApiError;
    expect(JSON.parse(body)).toMatchObject({
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

/** Up to a minute, in each form that some SDK reads: both agree, and neither is before the pool's time. */
function expectShortWait({ headers }: RateLimitError, restMs: number): void {
  const waitMs = Number(headers?.get('retry-after-ms'));
  expect(waitMs).toBeGreaterThan(restMs - 5_000);
  expect(waitMs).toBeLessThanOrEqual(restMs + 1_000);
  expect(headers?.get('retry-after')).toBe(String(Math.ceil(waitMs / 1_000)));
  expect(headers?.get('x-should-retry')).toBe('true');
}
