import { createHash } from 'node:crypto';
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, streamText, tool } from 'ai';
import OpenAI, { toFile } from 'openai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type SimulatedProvider, startSimulatedProvider } from './simulated-provider.ts';

const GROUPS = [
  { name: 'org-a', keys: ['sk-a', 'sk-a2'] },
  { name: 'org-b', keys: ['sk-b'] },
];
const MODEL = 'sim-large';
const PING = [{ role: 'user' as const, content: 'ping' }];
const WEATHER = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer' }, unit: { enum: ['C', 'F'] } },
};

function start(): Promise<SimulatedProvider> {
  return startSimulatedProvider({ groups: GROUPS });
}

function clientOf(sim: SimulatedProvider, apiKey = 'sk-a'): OpenAI {
  return new OpenAI({ apiKey, baseURL: sim.baseUrls.openai, maxRetries: 0 });
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('the openai package', () => {
  it('completes a chat and reads its usage', async () => {
    await using sim = await start();
    const answer = await clientOf(sim).chat.completions.create({ model: MODEL, messages: PING });
    expect(answer.choices[0]?.message.content).toBe('You said: ping');
    expect(answer.usage).toMatchObject({ prompt_tokens: 2, completion_tokens: 4, total_tokens: 6 });
  });

  it('streams a chat, its usage in a last chunk of its own when asked for', async () => {
    await using sim = await start();
    const stream = await clientOf(sim).chat.completions.create({
      model: MODEL,
      messages: PING,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    const usages: unknown[] = [];
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      usages.push(chunk.usage);
    }
    expect(text).toBe('You said: ping');
    expect(usages.slice(0, -1).every((usage) => usage === null)).toBe(true);
    expect(usages.at(-1)).toMatchObject({ total_tokens: 6 });
  });

  it('obeys the maximum of output tokens', async () => {
    await using sim = await start();
    const answer = await clientOf(sim).chat.completions.create({ model: MODEL, messages: PING, max_tokens: 2 });
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: 'You said' } });
    expect(answer.usage?.completion_tokens).toBe(2);
  });

  it('calls the tool it is offered, streaming or not, and answers once the result is there', async () => {
    await using sim = await start();
    const client = clientOf(sim);
    const tools = [{ type: 'function' as const, function: { name: 'weather', parameters: WEATHER } }];
    const whole = await client.chat.completions.create({ model: MODEL, messages: PING, tools });
    const call = whole.choices[0]?.message.tool_calls?.[0];
    expect(call).toMatchObject({ function: { name: 'weather', arguments: '{"city":"sample","days":1,"unit":"C"}' } });
    const streamed = await client.chat.completions.stream({ model: MODEL, messages: PING, tools }).finalMessage();
    expect(streamed.tool_calls?.[0]).toMatchObject({
      function: { arguments: '{"city":"sample","days":1,"unit":"C"}' },
    });
    const messages = [
      ...PING,
      whole.choices[0]!.message,
      { role: 'tool' as const, tool_call_id: call!.id, content: '20 degrees' },
    ];
    const after = await client.chat.completions.create({ model: MODEL, messages, tools });
    expect(after.choices[0]?.message.content).toBe('You said: ping');
  });

  it('creates, streams, stores and continues a response', async () => {
    await using sim = await start();
    const client = clientOf(sim);
    const first = await client.responses.create({ model: MODEL, input: 'ping' });
    expect(first.output_text).toBe('You said: ping');
    expect((await client.responses.retrieve(first.id)).output_text).toBe('You said: ping');
    expect((await client.responses.inputItems.list(first.id)).data).toHaveLength(1);
    const events: string[] = [];
    const stream = client.responses.stream({ model: MODEL, input: 'again', previous_response_id: first.id });
    for await (const event of stream) events.push(event.type);
    expect(events[0]).toBe('response.created');
    expect(events.at(-1)).toBe('response.completed');
    expect((await stream.finalResponse()).output_text).toBe('You said: again');
    await client.responses.delete(first.id);
    await expect(client.responses.retrieve(first.id)).rejects.toThrow(OpenAI.NotFoundError);
  });

  it('calls a tool in a response', async () => {
    await using sim = await start();
    const tools = [{ type: 'function' as const, name: 'weather', parameters: WEATHER, strict: false }];
    const stream = clientOf(sim).responses.stream({ model: MODEL, input: 'ping', tools });
    const { output } = await stream.finalResponse();
    expect(output[0]).toMatchObject({ type: 'function_call', name: 'weather' });
  });

  it('embeds, in the base64 form that it asks for by itself and as plain numbers', async () => {
    await using sim = await start();
    const client = clientOf(sim);
    const input = ['one', 'two'];
    const packed = await client.embeddings.create({ model: 'sim-embedding', input });
    const plain = await client.embeddings.create({ model: 'sim-embedding', input, encoding_format: 'float' });
    expect(packed.data).toHaveLength(2);
    expect(packed.data.map(({ embedding }) => embedding)).toEqual(plain.data.map(({ embedding }) => embedding));
    expect(packed.data[0]?.embedding).not.toEqual(packed.data[1]?.embedding);
  });

  it('speaks in binary, the same bytes for the same text', async () => {
    await using sim = await start();
    const speak = async (input: string) => {
      const answer = await clientOf(sim).audio.speech.create({ model: MODEL, voice: 'alloy', input });
      return Buffer.from(await answer.arrayBuffer());
    };
    const sound = await speak('hello');
    expect(sound).toHaveLength(16_384);
    expect(sound.equals(await speak('hello'))).toBe(true);
    expect(sound.equals(await speak('goodbye'))).toBe(false);
  });

  it('transcribes what it is sent, byte for byte', async () => {
    await using sim = await start();
    const sound = Buffer.from([0, 13, 10, 255, 254, 45, 45]);
    const file = await toFile(sound, 'sound.wav');
    const answer = await clientOf(sim).audio.transcriptions.create({ model: MODEL, file });
    expect(answer.text).toBe(`7 bytes, SHA-256 ${sha256(sound)}`);
  });

  it('generates an image', async () => {
    await using sim = await start();
    const answer = await clientOf(sim).images.generate({ model: MODEL, prompt: 'a pixel' });
    expect(
      Buffer.from(answer.data?.[0]?.b64_json ?? '', 'base64')
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
  });

  it('keeps files and batches for the organisation that made them, and for no other', async () => {
    await using sim = await start();
    const client = clientOf(sim);
    const content = Buffer.from('{"custom_id":"one"}\n{"custom_id":"two"}\n');
    const file = await client.files.create({ file: await toFile(content, 'in.jsonl'), purpose: 'batch' });
    expect(file).toMatchObject({ bytes: content.length, sha256: sha256(content) });
    const fetched = await clientOf(sim, 'sk-a2').files.content(file.id);
    expect(Buffer.from(await fetched.arrayBuffer()).equals(content)).toBe(true);
    const batch = await client.batches.create({
      input_file_id: file.id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    });
    const output = await (await client.files.content(batch.output_file_id ?? '')).text();
    expect(
      output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).custom_id),
    ).toEqual(['one', 'two']);

    const stranger = clientOf(sim, 'sk-b');
    await expect(stranger.files.retrieve(file.id)).rejects.toThrow(OpenAI.NotFoundError);
    await expect(stranger.batches.retrieve(batch.id)).rejects.toThrow(OpenAI.NotFoundError);
    expect((await stranger.files.list()).data).toEqual([]);
    expect((await client.files.list()).data.map(({ id }) => id)).toContain(file.id);
    await client.files.delete(file.id);
    await expect(client.files.retrieve(file.id)).rejects.toThrow(OpenAI.NotFoundError);
  });

  it('finds no response and no file of another organisation in a prompt', async () => {
    await using sim = await start();
    const response = await clientOf(sim).responses.create({ model: MODEL, input: 'ping' });
    const file = await clientOf(sim).files.create({ file: await toFile(Buffer.from('x'), 'x'), purpose: 'user_data' });
    const stranger = clientOf(sim, 'sk-b');
    await expect(stranger.responses.retrieve(response.id)).rejects.toThrow(OpenAI.NotFoundError);
    await expect(
      stranger.responses.create({ model: MODEL, input: 'on', previous_response_id: response.id }),
    ).rejects.toThrow(OpenAI.BadRequestError);
    const input = [{ role: 'user' as const, content: [{ type: 'input_file' as const, file_id: file.id }] }];
    await expect(stranger.responses.create({ model: MODEL, input })).rejects.toThrow(OpenAI.NotFoundError);
    await expect(clientOf(sim).responses.create({ model: MODEL, input })).resolves.toBeDefined();
  });

  it('lists models, and refuses a key that it does not know or that is in the wrong place', async () => {
    await using sim = await start();
    expect((await clientOf(sim).models.list()).data.map(({ id }) => id)).toContain(MODEL);
    await expect(clientOf(sim, 'sk-nobody').models.list()).rejects.toMatchObject({
      status: 401,
      code: 'invalid_api_key',
    });
    const misplaced = await fetch(`${sim.baseUrls.openai}/models?key=sk-a`);
    expect(misplaced.status).toBe(401);
  });

  it('answers under the prefixes of compatible hosts', async () => {
    await using sim = await start();
    for (const prefix of ['/v1beta/openai', '/openai/v1', '/api/v1']) {
      const client = new OpenAI({ apiKey: 'sk-a', baseURL: `${sim.url}${prefix}`, maxRetries: 0 });
      await expect(client.chat.completions.create({ model: MODEL, messages: PING })).resolves.toBeDefined();
    }
  });
});

describe('the ai package', () => {
  it('generates, streams and calls a tool through the OpenAI provider', async () => {
    await using sim = await start();
    const openai = createOpenAI({ apiKey: 'sk-a', baseURL: sim.baseUrls.openai });
    for (const model of [openai.chat(MODEL), openai.responses(MODEL)]) {
      expect((await generateText({ model, prompt: 'ping' })).text).toBe('You said: ping');
      expect(await streamText({ model, prompt: 'ping' }).text).toBe('You said: ping');
      const weather = tool({ inputSchema: z.object({ city: z.string() }), execute: async () => '20 degrees' });
      const called = await generateText({ model, prompt: 'ping', tools: { weather } });
      expect(called.toolResults[0]).toMatchObject({ toolName: 'weather', input: { city: 'sample' } });
    }
  });
});
