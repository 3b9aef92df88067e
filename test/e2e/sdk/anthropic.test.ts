import { createHash, randomBytes } from 'node:crypto';
import type Anthropic from '@anthropic-ai/sdk';
import { toFile } from '@anthropic-ai/sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ProxiedProvider, startProxiedProvider } from '../../support/proxied-provider.ts';

let proxied: ProxiedProvider;
let client: Anthropic;
beforeAll(async () => {
  proxied = await startProxiedProvider();
  client = proxied.anthropic();
});
beforeEach(() => proxied.simulator.reset());
afterAll(() => proxied[Symbol.asyncDispose]());

const ASK = { model: 'sim-large', max_tokens: 100, messages: [{ role: 'user' as const, content: 'ping' }] };
const TOOLS = [
  { name: 'weather', input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } } },
];

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('messages', () => {
  it('are created, with the headers of the provider', async () => {
    const { data, response } = await client.messages.create(ASK).withResponse();
    expect(data.content).toEqual([{ type: 'text', text: 'You said: ping' }]);
    expect(response.headers.get('anthropic-organization-id')).toMatch(/^org-[abc]$/);
    expect(response.headers.get('request-id')).toBeTruthy();
    const record = await proxied.rotato.recordOf(response.headers);
    expect(record).toMatchObject({ end: 'served', status: 200, usage: { inputTokens: 2, outputTokens: 4 } });
  });

  it('stream, and their usage is read at both ends', async () => {
    const stream = client.messages.stream(ASK);
    const message = await stream.finalMessage();
    expect(message.content[0]).toMatchObject({ type: 'text', text: 'You said: ping' });
    const { response } = await stream.withResponse();
    const record = await proxied.rotato.recordOf(response.headers);
    expect(record).toMatchObject({ end: 'served', usage: { inputTokens: 2, outputTokens: 4 } });
  });

  it('call tools, whole and streamed, and go on with their result', async () => {
    const whole = await client.messages.create({ ...ASK, tools: TOOLS });
    expect(whole).toMatchObject({ stop_reason: 'tool_use', content: [{ name: 'weather', input: { city: 'sample' } }] });
    const streamed = await client.messages.stream({ ...ASK, tools: TOOLS }).finalMessage();
    expect(streamed.content[0]).toMatchObject({ type: 'tool_use', name: 'weather', input: { city: 'sample' } });
    const call = whole.content[0] as Anthropic.ToolUseBlock;
    const result = { type: 'tool_result' as const, tool_use_id: call.id, content: '20 degrees' };
    const messages = [
      ...ASK.messages,
      { role: 'assistant' as const, content: whole.content },
      { role: 'user' as const, content: [result] },
    ];
    expect((await client.messages.create({ ...ASK, tools: TOOLS, messages })).stop_reason).toBe('end_turn');
  });

  it('are counted without being sent', async () => {
    const { input_tokens } = await client.messages.countTokens({ model: ASK.model, messages: ASK.messages });
    expect(input_tokens).toBe(2);
    expect(proxied.simulator.counters.unmetered).toBe(1);
  });

  it('come with either kind of credential that the package sends', async () => {
    const bearer = proxied.anthropic({ apiKey: null, authToken: 'unused' });
    expect((await bearer.messages.create(ASK)).stop_reason).toBe('end_turn');
    const header = proxied.anthropic({ defaultHeaders: { 'x-api-key': 'unused', authorization: null } });
    expect((await header.messages.create(ASK)).stop_reason).toBe('end_turn');
  });
});

describe('everything else', () => {
  it('lists models and shows one', async () => {
    const names: string[] = [];
    for await (const model of client.models.list()) names.push(model.id);
    expect(names).toContain('sim-large');
    expect((await client.models.retrieve('sim-large')).id).toBe('sim-large');
  });

  it('uploads a file, finds it, and uses it in a message', async () => {
    for (let round = 0; round < 6; round++) {
      const content = randomBytes(100_000);
      const file = await client.beta.files.upload({ file: await toFile(content, 'x.bin', { type: 'image/png' }) });
      expect(file).toMatchObject({ size_bytes: content.length, sha256: sha256(content) });
      const back = await client.beta.files.download(file.id);
      expect(sha256(Buffer.from(await back.arrayBuffer()))).toBe(sha256(content));
      const source = { type: 'file' as const, file_id: file.id };
      const messages = [{ role: 'user' as const, content: [{ type: 'image' as const, source }] }];
      expect((await client.beta.messages.create({ ...ASK, messages })).stop_reason).toBe('end_turn');
    }
  });

  it('runs a batch and reads its results where it was made', async () => {
    for (let round = 0; round < 6; round++) {
      const batch = await client.messages.batches.create({ requests: [{ custom_id: 'one', params: ASK }] });
      expect((await client.messages.batches.retrieve(batch.id)).processing_status).toBe('ended');
      // The package's own `results` goes to the address inside the answer's body, which leads past any proxy.
      const path = `/v1/messages/batches/${batch.id}/results`;
      const results: Response = await client.get(path, { __binaryResponse: true });
      expect(JSON.parse(await results.text())).toMatchObject({ custom_id: 'one', result: { type: 'succeeded' } });
    }
  });
});
