import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, embedMany, generateText, RetryError, streamText, tool } from 'ai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ProxiedProvider, startProxiedProvider } from '../../support/proxied-provider.ts';
import { waitUntil } from '../../support/wait-until.ts';

let proxied: ProxiedProvider;
beforeAll(async () => {
  proxied = await startProxiedProvider();
});
beforeEach(() => proxied.simulator.reset());
afterAll(() => proxied[Symbol.asyncDispose]());

const MODEL = 'sim-large';
const apiKey = 'unused';

function models() {
  const openai = createOpenAI({ apiKey, baseURL: `${proxied.rotato.url}/openai` });
  const compatible = createOpenAICompatible({ name: 'rotato', apiKey, baseURL: `${proxied.rotato.url}/openai/v1` });
  return { chat: openai.chat(MODEL), responses: openai.responses(MODEL), compatible: compatible.chatModel(MODEL) };
}

describe.each(['chat', 'responses', 'compatible'] as const)('the ai package, %s', (kind) => {
  it('generates', async () => {
    const { text, usage } = await generateText({ model: models()[kind], prompt: 'ping' });
    expect(text).toBe('You said: ping');
    expect(usage.outputTokens).toBe(4);
  });

  it('streams', async () => {
    const parts: string[] = [];
    for await (const part of streamText({ model: models()[kind], prompt: 'ping' }).textStream) parts.push(part);
    expect(parts.join('')).toBe('You said: ping');
    expect(parts.length).toBeGreaterThan(1);
  });

  it('calls tools', async () => {
    const weather = tool({ inputSchema: z.object({ city: z.string() }), execute: async () => '20 degrees' });
    const called = await generateText({ model: models()[kind], prompt: 'ping', tools: { weather } });
    expect(called.toolResults[0]).toMatchObject({ toolName: 'weather', input: { city: 'sample' } });
  });

  it('never notices a key that is refused', async () => {
    proxied.simulator.inject({ fault: 'invalid-key', key: 'sk-b' });
    proxied.simulator.inject({ fault: 'rate-limited', key: 'sk-a-1', retryAfterMs: 30_000 });
    for (let sent = 0; sent < 8; sent++) {
      const { text } = await generateText({ model: models()[kind], prompt: 'ping', maxRetries: 0 });
      expect(text).toBe('You said: ping');
    }
  });

  it('closes the upstream when it aborts', async () => {
    proxied.simulator.inject({ fault: 'stall-mid-stream' });
    const { signal, abort } = abortable();
    const { textStream } = streamText({ model: models()[kind], prompt: 'ping', abortSignal: signal, onError() {} });
    const reader = textStream[Symbol.asyncIterator]();
    await reader.next();
    abort();
    await waitUntil(
      () => proxied.simulator.counters.aborted === 1,
      () => 'the upstream to see the close',
      1_000,
    );
  });

  it('reports what the provider says of a bad request, at once', async () => {
    proxied.simulator.inject({ fault: 'bad-request', message: 'No such thing.' });
    const error = await generateText({ model: models()[kind], prompt: 'ping' }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(APICallError);
    expect(error).toMatchObject({ statusCode: 400, message: 'No such thing.', isRetryable: false });
    expect(proxied.simulator.counters.received).toBe(1);
  });
});

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

describe('the ai package', () => {
  it('embeds', async () => {
    const model = createOpenAI({ apiKey, baseURL: `${proxied.rotato.url}/openai` }).embedding('sim-embedding');
    const { embeddings } = await embedMany({ model, values: ['one', 'two'] });
    expect(embeddings).toHaveLength(2);
    expect(embeddings[0]).not.toEqual(embeddings[1]);
  });

  it('retries a refusal by the pool after the time that the refusal names', async () => {
    await using resting = await startProxiedProvider({ provider: { maxWait: '0' } });
    for (const key of resting.simulator.keys) resting.simulator.inject({ fault: 'rate-limited', key, count: 1 });
    const model = createOpenAI({ apiKey, baseURL: `${resting.rotato.url}/openai` }).chat(MODEL);
    const error = await generateText({ model, prompt: 'ping', maxRetries: 0 }).catch((thrown: unknown) => thrown);
    expect(RetryError.isInstance(error) ? error.lastError : error).toMatchObject({
      statusCode: 429,
      isRetryable: true,
    });
  });
});
