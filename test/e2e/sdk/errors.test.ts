import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ProxiedProvider, startProxiedProvider } from '../../support/proxied-provider.ts';

const model = 'sim-large';
const messages = [{ role: 'user' as const, content: 'ping' }];

/** One small call of each SDK, and what it throws. */
function thrownBy(proxied: ProxiedProvider, apiKey?: string) {
  const key = apiKey === undefined ? {} : { apiKey };
  const caught = (call: Promise<unknown>) =>
    call.then(
      () => null,
      (error: unknown) => error,
    );
  return {
    openai: () => caught(proxied.openai(key).chat.completions.create({ model, messages })),
    anthropic: () => caught(proxied.anthropic(key).messages.create({ model, max_tokens: 9, messages })),
    google: () => caught(proxied.google(apiKey).models.generateContent({ model, contents: 'ping' })),
  };
}

describe("the provider's own errors", () => {
  let proxied: ProxiedProvider;
  beforeAll(async () => {
    proxied = await startProxiedProvider();
  });
  beforeEach(() => proxied.simulator.reset());
  afterAll(() => proxied[Symbol.asyncDispose]());

  it('400: a mistake of the caller is tried once and comes back as it was', async () => {
    proxied.simulator.inject({ fault: 'bad-request', message: 'The temperature is too high.' });
    const { openai, anthropic, google } = thrownBy(proxied);
    const message = expect.stringContaining('The temperature is too high.');
    const first = await openai();
    expect(first).toBeInstanceOf(OpenAI.BadRequestError);
    expect(first).toMatchObject({ status: 400, message, type: 'invalid_request_error' });
    const second = await anthropic();
    expect(second).toBeInstanceOf(Anthropic.BadRequestError);
    expect(second).toMatchObject({ status: 400, message });
    expect(await google()).toMatchObject({ name: 'ApiError', status: 400, message });
    expect(proxied.simulator.counters.received).toBe(3);
  });

  it('400: a context that is too long is no reason to try another key', async () => {
    proxied.simulator.inject({ fault: 'context-length' });
    const { openai, anthropic } = thrownBy(proxied);
    expect(await openai()).toMatchObject({ status: 400, code: 'context_length_exceeded' });
    expect(await anthropic()).toBeInstanceOf(Anthropic.BadRequestError);
    expect(proxied.simulator.counters.received).toBe(2);
  });

  it('404: a path that the provider does not have', async () => {
    const error = await proxied
      .openai()
      .post('/no/such/path', { body: {} })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.NotFoundError);
    expect((error as InstanceType<typeof OpenAI.NotFoundError>).headers?.get('x-rotato-source')).toBeNull();
    await expect(proxied.anthropic().models.retrieve('none')).rejects.toBeInstanceOf(Anthropic.NotFoundError);
    await expect(proxied.google().models.get({ model: 'none' })).rejects.toMatchObject({ status: 404 });
  });

  it('500: what may have been done is not done again', async () => {
    proxied.simulator.inject({ fault: 'server-error' });
    const { openai, anthropic, google } = thrownBy(proxied);
    expect(await openai()).toBeInstanceOf(OpenAI.InternalServerError);
    expect(await anthropic()).toBeInstanceOf(Anthropic.InternalServerError);
    expect(await google()).toMatchObject({ status: 500 });
    expect(proxied.simulator.counters.received).toBe(3);
  });

  it('a stream that breaks off is an error, and never a short answer', async () => {
    proxied.simulator.inject({ fault: 'cut-mid-stream' });
    const chat = proxied.openai().chat.completions.stream({ model, messages });
    await expect(chat.finalMessage()).rejects.toThrow();
    await expect(proxied.openai().responses.stream({ model, input: 'ping' }).finalResponse()).rejects.toThrow();
    const stream = proxied.anthropic().messages.stream({ model, max_tokens: 99, messages });
    await expect(stream.finalMessage()).rejects.toBeInstanceOf(Anthropic.APIError);
    const read = async () => {
      for await (const _chunk of await proxied.google().models.generateContentStream({ model, contents: 'ping' }));
    };
    await expect(read()).rejects.toThrow();
  });

  it('an error event in a stream that has begun reaches the SDK as an error', async () => {
    proxied.simulator.inject({ fault: 'error-mid-stream', error: 'overloaded' });
    await expect(proxied.openai().chat.completions.stream({ model, messages }).finalMessage()).rejects.toThrow();
    const stream = proxied.anthropic().messages.stream({ model, max_tokens: 99, messages });
    await expect(stream.finalMessage()).rejects.toThrow(/overloaded/i);
  });

  it('an error event that comes first is a refusal: another key answers', async () => {
    proxied.simulator.inject({ fault: 'error-first-event', error: 'no-credit', key: 'sk-a-1' });
    proxied.simulator.inject({ fault: 'error-first-event', error: 'no-credit', key: 'sk-a-2' });
    for (let sent = 0; sent < 4; sent++) {
      const stream = proxied.openai().chat.completions.stream({ model, messages });
      expect((await stream.finalMessage()).content).toBe('You said: ping');
    }
    expect(proxied.simulator.counters.faults.get('error-first-event')).toBe(1);
  });
});

describe('when no key is any good', () => {
  it("401: the last refusal comes back in the provider's words, without the key it quotes", async () => {
    await using proxied = await startProxiedProvider();
    proxied.simulator.inject({ fault: 'invalid-key', message: 'Incorrect API key provided: {key}. Look it up.' });
    const { openai, anthropic, google } = thrownBy(proxied);
    const first = await openai();
    expect(first).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(first).toMatchObject({ status: 401, code: 'invalid_api_key' });
    const second = await anthropic();
    expect(second).toBeInstanceOf(Anthropic.AuthenticationError);
    // Google calls a bad key a bad request.
    expect(await google()).toMatchObject({ status: 400, message: expect.stringContaining('API_KEY_INVALID') });
    for (const { message } of [first, second] as Error[]) {
      expect(message).toMatch(/Incorrect API key provided: \*+\. Look it up\./);
    }
  });

  it('503: and afterwards nothing is sent, since every key is known to be refused', async () => {
    await using proxied = await startProxiedProvider();
    proxied.simulator.inject({ fault: 'invalid-key' });
    const { openai } = thrownBy(proxied);
    await openai();
    // The pool's own look whether the keys are really dead is no attempt.
    const attempts = () => proxied.simulator.requests.all().filter(({ method }) => method === 'POST').length;
    const attemptsBefore = attempts();
    const error = (await openai()) as InstanceType<typeof OpenAI.APIError>;
    expect(error).toBeInstanceOf(OpenAI.InternalServerError);
    expect(error).toMatchObject({ status: 503, code: 'provider-unavailable' });
    expect(error.headers?.get('x-should-retry')).toBe('false');
    expect(attempts()).toBe(attemptsBefore);
  });
});

describe("rotato's own errors, in the shape of each SDK", () => {
  const CLIENT_KEY = 'client-key-of-my-app';
  let proxied: ProxiedProvider;
  beforeAll(async () => {
    proxied = await startProxiedProvider({
      file: {
        clients: [
          { name: 'my-app', key: CLIENT_KEY },
          { name: 'narrow', key: 'narrow-client-key', providers: ['gemini'] },
          { name: 'org-b-only', key: 'org-b-client-key', groups: ['org-b'] },
        ],
        limits: { maxBody: '1MB' },
      },
    });
  });
  beforeEach(() => proxied.simulator.reset());
  afterAll(() => proxied[Symbol.asyncDispose]());

  it('a known client key is let through, wherever the SDK puts it, and never goes upstream', async () => {
    const { openai, anthropic, google } = thrownBy(proxied, CLIENT_KEY);
    expect([await openai(), await anthropic(), await google()]).toEqual([null, null, null]);
    for (const { rawHeaders, target } of proxied.simulator.requests.all()) {
      expect(`${target} ${rawHeaders.join(' ')}`).not.toContain(CLIENT_KEY);
    }
  });

  it('401: an unknown client key', async () => {
    const { openai, anthropic, google } = thrownBy(proxied, 'nobody');
    const first = await openai();
    expect(first).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(first).toMatchObject({ status: 401, code: 'unauthorized', type: 'authentication_error' });
    const second = await anthropic();
    expect(second).toBeInstanceOf(Anthropic.AuthenticationError);
    expect(second).toMatchObject({ error: { type: 'error', error: { type: 'authentication_error' } } });
    const third = (await google()) as Error & { status: number };
    expect(third).toMatchObject({ name: 'ApiError', status: 401 });
    expect(JSON.parse(third.message)).toMatchObject({ error: { code: 401, status: 'UNAUTHENTICATED' } });
    expect(proxied.simulator.counters.received).toBe(0);
  });

  it('403: a client that may not use this provider', async () => {
    const { openai, anthropic, google } = thrownBy(proxied, 'narrow-client-key');
    expect(await openai()).toBeInstanceOf(OpenAI.PermissionDeniedError);
    expect(await anthropic()).toBeInstanceOf(Anthropic.PermissionDeniedError);
    expect(await google()).toBeNull();
    expect(proxied.simulator.counters.received).toBe(1);
  });

  it('a client that may use one group only gets no key of another', async () => {
    const client = proxied.openai({ apiKey: 'org-b-client-key' });
    for (let sent = 0; sent < 6; sent++) await client.chat.completions.create({ model, messages });
    const { byGroup } = proxied.simulator.counters;
    expect([...byGroup].filter(([, { received }]) => received > 0).map(([group]) => group)).toEqual(['org-b']);
  });

  it('404: an unknown provider', async () => {
    const baseURL = `${proxied.rotato.url}/oepnai`;
    const client = proxied.openai({ apiKey: CLIENT_KEY, baseURL });
    const error = await client.chat.completions.create({ model, messages }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.NotFoundError);
    expect(error).toMatchObject({ code: 'unknown-provider', message: expect.stringContaining('/openai') });
    const claude = proxied.anthropic({ apiKey: null, authToken: CLIENT_KEY, baseURL });
    await expect(claude.messages.create({ model, max_tokens: 9, messages })).rejects.toMatchObject({
      status: 404,
      error: { type: 'error', error: { type: 'not_found_error' } },
    });
  });

  it('400: a header of ours that cannot be read', async () => {
    const client = proxied.openai({ apiKey: CLIENT_KEY, defaultHeaders: { 'x-rotato-max-wait': 'soon' } });
    const error = await client.chat.completions.create({ model, messages }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ message: expect.stringContaining('x-rotato-max-wait') });
  });

  it('413: a body beyond the limit', async () => {
    const long = [{ role: 'user' as const, content: 'x'.repeat(1_100_000) }];
    const error = await proxied
      .openai({ apiKey: CLIENT_KEY })
      .chat.completions.create({ model, messages: long })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.APIError);
    expect(error).toMatchObject({ status: 413, code: 'body-too-large' });
  });

  it('503: a provider that is switched off, and one without keys', async () => {
    const unusable = { baseUrl: `${proxied.simulator.url}/v1`, allowPrivateAddress: true };
    await using off = await startProxiedProvider({
      file: {
        providers: {
          openai: { ...unusable, enabled: false, keys: [{ key: 'sk-a-1' }] },
          anthropic: { ...unusable, keys: [{ key: 'sk-a-1', enabled: false }] },
        },
      },
    });
    const { openai, anthropic } = thrownBy(off);
    expect(await openai()).toMatchObject({ status: 503, code: 'provider-unavailable' });
    const error = await anthropic();
    expect(error).toBeInstanceOf(Anthropic.InternalServerError);
    expect(error).toMatchObject({ status: 503, message: expect.stringContaining('no enabled key') });
  });

  it('502: nobody listens at the base URL', async () => {
    const keys = [{ key: 'sk-a-1' }];
    await using dead = await startProxiedProvider({
      file: { providers: { openai: { baseUrl: 'http://127.0.0.1:1/v1', allowPrivateAddress: true, keys } } },
    });
    const error = await thrownBy(dead).openai();
    expect(error).toBeInstanceOf(OpenAI.InternalServerError);
    expect(error).toMatchObject({ status: 502, code: 'upstream-unreachable' });
  });
});
