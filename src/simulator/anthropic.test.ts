import { createHash } from 'node:crypto';
import Anthropic, { toFile } from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { type SimulatedProvider, startSimulatedProvider } from './simulated-provider.ts';

const GROUPS = [
  { name: 'org-a', keys: ['sk-ant-a'], limits: [{ model: 'each', rpm: 50, itpm: 30_000, otpm: 8_000 }] },
  { name: 'org-b', keys: ['sk-ant-b'] },
];
const ASK = { model: 'sim-large', max_tokens: 100, messages: [{ role: 'user' as const, content: 'ping' }] };

function start(): Promise<SimulatedProvider> {
  return startSimulatedProvider({ groups: GROUPS });
}

function clientOf(sim: SimulatedProvider, apiKey = 'sk-ant-a'): Anthropic {
  return new Anthropic({ apiKey, baseURL: sim.baseUrls.anthropic, maxRetries: 0 });
}

describe('the Anthropic SDK', () => {
  it('creates a message and sees its limits in the headers', async () => {
    await using sim = await start();
    const { data, response } = await clientOf(sim).messages.create(ASK).withResponse();
    expect(data.content).toEqual([{ type: 'text', text: 'You said: ping' }]);
    expect(data).toMatchObject({ stop_reason: 'end_turn', usage: { input_tokens: 2, output_tokens: 4 } });
    expect(response.headers.get('anthropic-organization-id')).toBe('org-a');
    expect(response.headers.get('anthropic-ratelimit-requests-remaining')).toBe('49');
    expect(response.headers.get('anthropic-ratelimit-input-tokens-remaining')).toBe('29998');
    expect(response.headers.get('anthropic-ratelimit-output-tokens-remaining')).toBe('7996');
    expect(response.headers.get('anthropic-ratelimit-requests-reset')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  it('streams a message and adds it up', async () => {
    await using sim = await start();
    const stream = clientOf(sim).messages.stream(ASK);
    const message = await stream.finalMessage();
    expect(message.content[0]).toMatchObject({ type: 'text', text: 'You said: ping' });
    expect(message.usage.output_tokens).toBe(4);
  });

  it('calls the tool it is offered, streaming or not, and answers once the result is there', async () => {
    await using sim = await start();
    const client = clientOf(sim);
    const input_schema = { type: 'object' as const, properties: { city: { type: 'string' } } };
    const tools = [{ name: 'weather', input_schema }];
    const whole = await client.messages.create({ ...ASK, tools });
    expect(whole).toMatchObject({ stop_reason: 'tool_use', content: [{ name: 'weather', input: { city: 'sample' } }] });
    const streamed = await client.messages.stream({ ...ASK, tools }).finalMessage();
    expect(streamed.content[0]).toMatchObject({ type: 'tool_use', name: 'weather', input: { city: 'sample' } });
    const call = whole.content[0] as Anthropic.ToolUseBlock;
    const result = { type: 'tool_result' as const, tool_use_id: call.id, content: '20 degrees' };
    const messages = [
      ...ASK.messages,
      { role: 'assistant' as const, content: whole.content },
      { role: 'user' as const, content: [result] },
    ];
    expect((await client.messages.create({ ...ASK, tools, messages })).stop_reason).toBe('end_turn');
  });

  it('counts tokens and lists models without spending any', async () => {
    await using sim = await start();
    const client = clientOf(sim);
    expect(await client.messages.countTokens({ model: ASK.model, messages: ASK.messages })).toEqual({
      input_tokens: 2,
    });
    expect((await client.models.list()).data.map(({ id }) => id)).toContain('sim-large');
    expect((await client.models.retrieve('sim-small')).display_name).toBe('sim-small');
    expect(sim.counters).toMatchObject({ admitted: 0, unmetered: 3 });
  });

  it('keeps files for the organisation that uploaded them, and for no other', async () => {
    await using sim = await start();
    const content = Buffer.from([0, 1, 2, 13, 10, 255]);
    const client = clientOf(sim);
    const file = await client.beta.files.upload({ file: await toFile(content, 'x.bin', { type: 'image/png' }) });
    expect(file).toMatchObject({ size_bytes: 6, mime_type: 'image/png' });
    expect(file).toMatchObject({ sha256: createHash('sha256').update(content).digest('hex') });
    const fetched = await client.beta.files.download(file.id);
    expect(Buffer.from(await fetched.arrayBuffer()).equals(content)).toBe(true);
    expect((await client.beta.files.list()).data).toHaveLength(1);
    const stranger = clientOf(sim, 'sk-ant-b');
    await expect(stranger.beta.files.retrieveMetadata(file.id)).rejects.toThrow(Anthropic.NotFoundError);
    expect((await stranger.beta.files.list()).data).toEqual([]);
    const source = { type: 'file' as const, file_id: file.id };
    const messages = [{ role: 'user' as const, content: [{ type: 'image' as const, source }] }];
    await expect(stranger.beta.messages.create({ ...ASK, messages })).rejects.toThrow(Anthropic.NotFoundError);
    await client.beta.files.delete(file.id);
    await expect(client.beta.files.retrieveMetadata(file.id)).rejects.toThrow(Anthropic.NotFoundError);
  });

  it('runs a batch and hands out its results', async () => {
    await using sim = await start();
    const client = clientOf(sim);
    const batch = await client.messages.batches.create({ requests: [{ custom_id: 'one', params: ASK }] });
    expect(batch.processing_status).toBe('ended');
    const ids: string[] = [];
    for await (const line of await client.messages.batches.results(batch.id)) ids.push(line.custom_id);
    expect(ids).toEqual(['one']);
    expect((await client.messages.batches.list()).data.map(({ id }) => id)).toEqual([batch.id]);
    const stranger = clientOf(sim, 'sk-ant-b');
    await expect(stranger.messages.batches.retrieve(batch.id)).rejects.toThrow(Anthropic.NotFoundError);
  });

  it('refuses an unknown key and a request without a version in the vendor’s words', async () => {
    await using sim = await start();
    await expect(clientOf(sim, 'sk-nobody').messages.create(ASK)).rejects.toThrow(Anthropic.AuthenticationError);
    const unversioned = await fetch(`${sim.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': 'sk-ant-a' },
      body: JSON.stringify(ASK),
    });
    expect(unversioned.status).toBe(400);
    expect(await unversioned.json()).toMatchObject({ error: { message: 'anthropic-version: header is required' } });
  });
});
