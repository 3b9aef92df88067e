import { createHash, randomBytes } from 'node:crypto';
import { ApiError, type GoogleGenAI, Type } from '@google/genai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ProxiedProvider, startProxiedProvider } from '../../support/proxied-provider.ts';

let proxied: ProxiedProvider;
let client: GoogleGenAI;
beforeAll(async () => {
  proxied = await startProxiedProvider();
  client = proxied.google();
});
beforeEach(() => proxied.simulator.reset());
afterAll(() => proxied[Symbol.asyncDispose]());

const model = 'sim-large';
const ASK = { model, contents: 'ping' };

describe('content', () => {
  it('is generated and counted', async () => {
    const answer = await client.models.generateContent(ASK);
    expect(answer.text).toBe('You said: ping');
    const headers = new Headers(answer.sdkHttpResponse?.headers);
    const record = await proxied.rotato.recordOf(headers);
    expect(record).toMatchObject({ end: 'served', model, usage: { outputTokens: 4 } });
    expect((await client.models.countTokens(ASK)).totalTokens).toBe(2);
  });

  it('streams', async () => {
    let text = '';
    let total: number | undefined;
    for await (const chunk of await client.models.generateContentStream(ASK)) {
      text += chunk.text ?? '';
      total = chunk.usageMetadata?.candidatesTokenCount;
    }
    expect(text).toBe('You said: ping');
    expect(total).toBe(4);
  });

  it('calls functions and goes on with their result', async () => {
    const parameters = { type: Type.OBJECT, properties: { city: { type: Type.STRING } } };
    const config = { tools: [{ functionDeclarations: [{ name: 'weather', parameters }] }] };
    const answer = await client.models.generateContent({ ...ASK, config });
    expect(answer.functionCalls).toEqual([{ name: 'weather', args: { city: 'sample' } }]);
    const contents = [{ role: 'user', parts: [{ functionResponse: { name: 'weather', response: { degrees: 20 } } }] }];
    expect((await client.models.generateContent({ model, contents, config })).text).toBe('You said: ');
  });

  it('is embedded', async () => {
    const answer = await client.models.embedContent({ model: 'sim-embedding', contents: ['one', 'two'] });
    expect(answer.embeddings).toHaveLength(2);
    expect(answer.embeddings?.[0]?.values).toHaveLength(16);
  });

  it('goes on in a chat', async () => {
    const chat = client.chats.create({ model });
    expect((await chat.sendMessage({ message: 'ping' })).text).toBe('You said: ping');
    expect((await chat.sendMessage({ message: 'pong' })).text).toBe('You said: pong');
  });
});

describe('objects of one project', () => {
  it('lists models and shows one', async () => {
    const names: (string | undefined)[] = [];
    for await (const listed of await client.models.list()) names.push(listed.name);
    expect(names).toContain('models/sim-large');
    expect((await client.models.get({ model })).name).toBe('models/sim-large');
  });

  it('uploads a file in several pieces, finds it, uses it and deletes it', async () => {
    // Over 8 MiB the package sends more than one piece.
    for (const size of [9 * 1024 * 1024, 10, 1_000, 10, 1_000, 10]) {
      const content = randomBytes(size);
      const file = await client.files.upload({
        file: new Blob([content]),
        config: { mimeType: 'application/pdf', displayName: 'Prüfung' },
      });
      const digest = Buffer.from(file.sha256Hash ?? '', 'base64').toString();
      expect(digest).toBe(createHash('sha256').update(content).digest('hex'));
      const name = file.name ?? '';
      expect((await client.files.get({ name })).uri).toBe(file.uri);
      const part = { fileData: { fileUri: file.uri ?? '', mimeType: 'application/pdf' } };
      const contents = [{ role: 'user', parts: [part, { text: 'ping' }] }];
      expect((await client.models.generateContent({ model, contents })).text).toBe('You said: ping');
      await client.files.delete({ name });
      await expect(client.files.get({ name })).rejects.toThrow(ApiError);
    }
  });

  it('makes a cache, and uses it where it was made', async () => {
    for (let round = 0; round < 6; round++) {
      const cache = await client.caches.create({ model, config: { contents: 'a long text', ttl: '300s' } });
      const name = cache.name ?? '';
      expect((await client.models.generateContent({ ...ASK, config: { cachedContent: name } })).text).toBeDefined();
      await client.caches.update({ name, config: { ttl: '600s' } });
      await client.caches.delete({ name });
      await expect(client.caches.get({ name })).rejects.toMatchObject({ constructor: ApiError });
    }
  });
});

describe("the original's way to write the path", () => {
  it.each([
    ['/gemini/models/sim-large:generateContent', '/v1beta/models/sim-large:generateContent'],
    ['/gemini/v1beta/models/sim-large:generateContent', '/v1beta/models/sim-large:generateContent'],
    ['/gemini/v1/models/sim-large:generateContent', '/v1/models/sim-large:generateContent'],
    ['/GeMiNi/v1alpha/models/sim-large:generateContent', '/v1alpha/models/sim-large:generateContent'],
  ])('%s becomes %s', async (asked, sent) => {
    const body = JSON.stringify({ contents: [{ parts: [{ text: 'ping' }] }] });
    const reply = await fetch(`${proxied.rotato.url}${asked}`, { method: 'POST', body });
    expect(await reply.text()).toContain('You said: ping');
    expect(proxied.simulator.requests.last?.target).toBe(sent);
  });
});
