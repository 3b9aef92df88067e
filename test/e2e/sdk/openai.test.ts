import { createHash, randomBytes } from 'node:crypto';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ProxiedProvider, startProxiedProvider } from '../../support/proxied-provider.ts';

let proxied: ProxiedProvider;
let client: OpenAI;
beforeAll(async () => {
  proxied = await startProxiedProvider();
  client = proxied.openai();
});
beforeEach(() => proxied.simulator.reset());
afterAll(() => proxied[Symbol.asyncDispose]());

const MODEL = 'sim-large';
const PING = [{ role: 'user' as const, content: 'ping' }];
const WEATHER = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer' }, unit: { enum: ['C', 'F'] } },
};

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('chat', () => {
  const tools = [{ type: 'function' as const, function: { name: 'weather', parameters: WEATHER } }];

  it('completes, with the usage and the headers of the provider', async () => {
    const { data, response } = await client.chat.completions.create({ model: MODEL, messages: PING }).withResponse();
    expect(data.choices[0]?.message.content).toBe('You said: ping');
    expect(data.usage).toMatchObject({ prompt_tokens: 2, completion_tokens: 4, total_tokens: 6 });
    expect(response.headers.get('openai-organization')).toMatch(/^org-[abc]$/);
    expect(response.headers.get('x-rotato-key')).toMatch(/^key-(?:a-[12]|b|c)$/);
    expect(response.headers.get('x-rotato-attempts')).toBe('1');
  });

  it('streams, its usage in a last chunk of its own', async () => {
    const ask = { model: MODEL, messages: PING, stream: true as const, stream_options: { include_usage: true } };
    const { data: stream, response } = await client.chat.completions.create(ask).withResponse();
    let text = '';
    let total: number | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      total = chunk.usage?.total_tokens;
    }
    expect(text).toBe('You said: ping');
    expect(total).toBe(6);
    const record = await proxied.rotato.recordOf(response.headers);
    expect(record).toMatchObject({ end: 'served', model: MODEL, usage: { inputTokens: 2, outputTokens: 4 } });
  });

  it('calls tools, whole and streamed, and goes on with their result', async () => {
    const whole = await client.chat.completions.create({ model: MODEL, messages: PING, tools });
    const call = whole.choices[0]?.message.tool_calls?.[0];
    expect(call).toMatchObject({ function: { name: 'weather', arguments: '{"city":"sample","days":1,"unit":"C"}' } });
    const streamed = await client.chat.completions.stream({ model: MODEL, messages: PING, tools }).finalMessage();
    expect(streamed.tool_calls?.[0]).toMatchObject({ function: { name: 'weather' } });
    const result = { role: 'tool' as const, tool_call_id: call!.id, content: '20 degrees' };
    const messages = [...PING, whole.choices[0]!.message, result];
    const after = await client.chat.completions.create({ model: MODEL, messages, tools });
    expect(after.choices[0]?.message.content).toBe('You said: ping');
  });

  it('spreads over all keys, and every key is used', async () => {
    for (let sent = 0; sent < 12; sent++) await client.chat.completions.create({ model: MODEL, messages: PING });
    const completed = [...proxied.simulator.counters.byKey].map(([key, tally]) => [key, tally.completed]);
    expect(completed.sort()).toEqual([
      ['sk-a-1', 3],
      ['sk-a-2', 3],
      ['sk-b', 3],
      ['sk-c', 3],
    ]);
  });
});

describe('responses', () => {
  it('are created, retrieved, continued, streamed and deleted', async () => {
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

  it('call tools', async () => {
    const tools = [{ type: 'function' as const, name: 'weather', parameters: WEATHER, strict: false }];
    const { output } = await client.responses.stream({ model: MODEL, input: 'ping', tools }).finalResponse();
    expect(output[0]).toMatchObject({ type: 'function_call', name: 'weather' });
  });
});

describe('bytes', () => {
  it('embeds, in the base64 that the package asks for by itself and as plain numbers', async () => {
    const ask = { model: 'sim-embedding', input: ['one', 'two'] };
    const packed = await client.embeddings.create(ask);
    const plain = await client.embeddings.create({ ...ask, encoding_format: 'float' });
    expect(packed.data).toHaveLength(2);
    expect(packed.data.map(({ embedding }) => embedding)).toEqual(plain.data.map(({ embedding }) => embedding));
  });

  it('uploads a file, and downloads the same', async () => {
    const content = randomBytes(1_500_000);
    const file = await client.files.create({ purpose: 'user_data', file: await toFile(content, 'Prüfung.bin') });
    expect(file).toMatchObject({ bytes: content.length, filename: 'Prüfung.bin', sha256: sha256(content) });
    const back = Buffer.from(await (await client.files.content(file.id)).arrayBuffer());
    expect(sha256(back)).toBe(sha256(content));
    expect((await client.files.delete(file.id)).deleted).toBe(true);
  });

  it('speaks, the same bytes as without rotato', async () => {
    const ask = { model: MODEL, voice: 'alloy' as const, input: 'hello' };
    const speak = async (through: OpenAI) =>
      new Uint8Array(await (await through.audio.speech.create(ask)).arrayBuffer());
    const direct = await speak(proxied.openai({ baseURL: proxied.simulator.baseUrls.openai, apiKey: 'sk-b' }));
    expect(direct).toHaveLength(16_384);
    expect(sha256(await speak(client))).toBe(sha256(direct));
  });

  it('transcribes, whole and streamed, the bytes that were sent', async () => {
    const sound = randomBytes(200_000);
    const expected = `200000 bytes, SHA-256 ${sha256(sound)}`;
    const file = () => toFile(sound, 'sound.wav');
    const whole = await client.audio.transcriptions.create({ model: MODEL, file: await file() });
    expect(whole.text).toBe(expected);
    const stream = await client.audio.transcriptions.create({ model: MODEL, file: await file(), stream: true });
    let done = '';
    for await (const event of stream) if (event.type === 'transcript.text.done') done = event.text;
    expect(done).toBe(expected);
  });

  it('draws', async () => {
    const { data } = await client.images.generate({ model: MODEL, prompt: 'a pixel' });
    expect(Buffer.from(data?.[0]?.b64_json ?? '', 'base64').toString('latin1', 1, 4)).toBe('PNG');
  });
});

describe('lists and batches', () => {
  it('lists models and shows one', async () => {
    const names: string[] = [];
    for await (const model of client.models.list()) names.push(model.id);
    expect(names).toEqual(['sim-large', 'sim-small', 'sim-embedding']);
    expect((await client.models.retrieve(MODEL)).id).toBe(MODEL);
  });

  it('runs a batch from its file to its output, all in one organisation', async () => {
    for (let round = 0; round < 6; round++) {
      const lines = ['one', 'two'].map((custom_id) => JSON.stringify({ custom_id, method: 'POST', body: {} }));
      const input = await client.files.create({
        purpose: 'batch',
        file: await toFile(Buffer.from(lines.join('\n')), 'b'),
      });
      const batch = await client.batches.create({
        input_file_id: input.id,
        endpoint: '/v1/chat/completions',
        completion_window: '24h',
      });
      expect((await client.batches.retrieve(batch.id)).request_counts?.completed).toBe(2);
      const output = await (await client.files.content(batch.output_file_id ?? '')).text();
      expect(
        output
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line).custom_id),
      ).toEqual(['one', 'two']);
      expect((await client.batches.cancel(batch.id)).status).toBe('cancelled');
    }
  });
});
