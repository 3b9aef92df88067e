import { createHash } from 'node:crypto';
import { ApiError, GoogleGenAI, Type } from '@google/genai';
import { describe, expect, it } from 'vitest';
import { type SimulatedProvider, startSimulatedProvider } from './simulated-provider.ts';

const GROUPS = [
  { name: 'project-a', keys: ['AIza-a'] },
  { name: 'project-b', keys: ['AIza-b'] },
];
const MODEL = 'sim-large';

function start(): Promise<SimulatedProvider> {
  return startSimulatedProvider({ groups: GROUPS });
}

function clientOf(sim: SimulatedProvider, apiKey = 'AIza-a'): GoogleGenAI {
  return new GoogleGenAI({ apiKey, httpOptions: { baseUrl: sim.url } });
}

describe('the Google SDK', () => {
  it('generates and counts', async () => {
    await using sim = await start();
    const { models } = clientOf(sim);
    const answer = await models.generateContent({ model: MODEL, contents: 'ping' });
    expect(answer.text).toBe('You said: ping');
    expect(answer.usageMetadata).toMatchObject({ candidatesTokenCount: 4 });
    expect((await models.countTokens({ model: MODEL, contents: 'ping' })).totalTokens).toBeGreaterThan(0);
  });

  it('streams', async () => {
    await using sim = await start();
    let text = '';
    let total: number | undefined;
    for await (const chunk of await clientOf(sim).models.generateContentStream({ model: MODEL, contents: 'ping' })) {
      text += chunk.text ?? '';
      total = chunk.usageMetadata?.candidatesTokenCount;
    }
    expect(text).toBe('You said: ping');
    expect(total).toBe(4);
  });

  it('streams one growing JSON array to whoever does not ask for events', async () => {
    await using sim = await start();
    const answer = await fetch(`${sim.baseUrls.gemini}/models/${MODEL}:streamGenerateContent?key=AIza-a`, {
      method: 'POST',
      body: JSON.stringify({ contents: [{ parts: [{ text: 'ping' }] }] }),
    });
    const chunks = (await answer.json()) as { candidates: { content: { parts: { text: string }[] } }[] }[];
    expect(chunks.map(({ candidates }) => candidates[0]?.content.parts[0]?.text).join('')).toBe('You said: ping');
  });

  it('calls the function it is offered and answers once the result is there', async () => {
    await using sim = await start();
    const parameters = { type: Type.OBJECT, properties: { city: { type: Type.STRING } } };
    const config = { tools: [{ functionDeclarations: [{ name: 'weather', parameters }] }] };
    const { models } = clientOf(sim);
    const answer = await models.generateContent({ model: MODEL, contents: 'ping', config });
    expect(answer.functionCalls).toEqual([{ name: 'weather', args: { city: 'sample' } }]);
    const contents = [{ role: 'user', parts: [{ functionResponse: { name: 'weather', response: { degrees: 20 } } }] }];
    expect((await models.generateContent({ model: MODEL, contents, config })).text).toBe('You said: ');
  });

  it('answers in JSON of the shape that is asked for', async () => {
    await using sim = await start();
    const responseSchema = { type: Type.OBJECT, properties: { ok: { type: Type.BOOLEAN } } };
    const config = { responseMimeType: 'application/json', responseSchema };
    const answer = await clientOf(sim).models.generateContent({ model: MODEL, contents: 'ping', config });
    expect(JSON.parse(answer.text ?? '')).toEqual({ ok: true });
  });

  it('embeds', async () => {
    await using sim = await start();
    const answer = await clientOf(sim).models.embedContent({ model: 'sim-embedding', contents: ['one', 'two'] });
    expect(answer.embeddings).toHaveLength(2);
    expect(answer.embeddings?.[0]?.values).toHaveLength(16);
  });

  it('lists models and shows one', async () => {
    await using sim = await start();
    const { models } = clientOf(sim);
    const names: (string | undefined)[] = [];
    for await (const model of await models.list()) names.push(model.name);
    expect(names).toContain('models/sim-large');
    expect((await models.get({ model: MODEL })).name).toBe('models/sim-large');
  });

  it('uploads a file in pieces, and keeps it for the project that did', async () => {
    await using sim = await start();
    const { files } = clientOf(sim);
    // Over 8 MiB the SDK sends more than one piece.
    const content = Buffer.alloc(9 * 1_024 * 1_024, 7);
    const file = await files.upload({
      file: new Blob([content]),
      config: { mimeType: 'application/pdf', displayName: 'x' },
    });
    expect(file).toMatchObject({ sizeBytes: String(content.length), mimeType: 'application/pdf', displayName: 'x' });
    const digest = Buffer.from(file.sha256Hash ?? '', 'base64').toString();
    expect(digest).toBe(createHash('sha256').update(content).digest('hex'));
    expect((await files.get({ name: file.name ?? '' })).uri).toBe(file.uri);

    const part = { fileData: { fileUri: file.uri ?? '', mimeType: 'application/pdf' } };
    const contents = [{ role: 'user', parts: [part, { text: 'ping' }] }];
    expect((await clientOf(sim).models.generateContent({ model: MODEL, contents })).text).toBe('You said: ping');
    const stranger = clientOf(sim, 'AIza-b');
    await expect(stranger.files.get({ name: file.name ?? '' })).rejects.toMatchObject({ status: 403 });
    await expect(stranger.models.generateContent({ model: MODEL, contents })).rejects.toMatchObject({ status: 403 });
    await files.delete({ name: file.name ?? '' });
    await expect(files.get({ name: file.name ?? '' })).rejects.toThrow(ApiError);
  });

  it('keeps a cache for the project that made it', async () => {
    await using sim = await start();
    const { caches, models } = clientOf(sim);
    const cache = await caches.create({ model: MODEL, config: { contents: 'a long text', ttl: '300s' } });
    const config = { cachedContent: cache.name ?? '' };
    await expect(models.generateContent({ model: MODEL, contents: 'ping', config })).resolves.toBeDefined();
    const stranger = clientOf(sim, 'AIza-b').models;
    await expect(stranger.generateContent({ model: MODEL, contents: 'ping', config })).rejects.toThrow(ApiError);
    await caches.update({ name: cache.name ?? '', config: { ttl: '600s' } });
    await caches.delete({ name: cache.name ?? '' });
    await expect(caches.get({ name: cache.name ?? '' })).rejects.toThrow(ApiError);
  });

  it('calls a bad key a bad request, as Google does', async () => {
    await using sim = await start();
    const { models } = clientOf(sim, 'AIza-nobody');
    await expect(models.generateContent({ model: MODEL, contents: 'ping' })).rejects.toMatchObject({ status: 400 });
  });
});
