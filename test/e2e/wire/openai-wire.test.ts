import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { request as httpRequest } from 'node:http';
import OpenAI, { AzureOpenAI, toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SAMPLE_OBJECT, sampleReply } from '../../support/sample-replies.ts';
import { type SdkMethod, sdkMethods } from '../../support/sdk-methods.ts';
import { startWireComparison, type WireComparison } from '../../support/wire-comparison.ts';

let wires: WireComparison;
beforeAll(async () => {
  const credential = (key: string) => ['authorization', `Bearer ${key}`] as const;
  wires = await startWireComparison({ preset: 'openai', basePath: '/v1', credential });
});
afterAll(() => wires[Symbol.asyncDispose]());

function clientAt(baseUrl: string): OpenAI {
  const baseURL = baseUrl === wires.direct ? `${baseUrl}/v1` : baseUrl;
  const apiKey = wires.callerKey;
  return new OpenAI({ apiKey, adminAPIKey: apiKey, baseURL, maxRetries: 0, logLevel: 'off' });
}

/** Bytes that a parser of forms or text would stumble over, under a name that is not ASCII. */
const sampleFile = () => new File([Buffer.from([0, 13, 10, 45, 45, 255])], 'Prüfung.wav', { type: 'audio/wav' });

function compare(call: (client: OpenAI) => Promise<unknown>) {
  return wires.compare((baseUrl) => call(clientAt(baseUrl)));
}

function groupOf({ name }: SdkMethod): string {
  return name.split('.')[0] ?? '';
}

describe('every method of the openai package', () => {
  const methods = sdkMethods(new OpenAI({ apiKey: 'none', adminAPIKey: 'none' }), sampleFile);
  const groups = [...new Set(methods.map(groupOf))];

  it('is found', () => {
    expect(groups).toEqual(
      expect.arrayContaining([
        ...['chat', 'responses', 'files', 'images', 'audio', 'batches', 'fineTuning', 'vectorStores'],
        ...['beta', 'uploads', 'models', 'moderations', 'conversations', 'containers', 'evals', 'realtime', 'videos'],
      ]),
    );
    expect(methods.length).toBeGreaterThan(300);
  });

  it.each(groups)('%s', async (group) => {
    const of = (baseUrl: string) => {
      const all = sdkMethods(clientAt(baseUrl), sampleFile);
      return new Map(all.map((method) => [method.name, method]));
    };
    const clients = new Map([wires.direct, wires.through].map((baseUrl) => [baseUrl, of(baseUrl)]));
    for (const [variant, { name }] of methods.entries()) {
      if (groupOf({ name, call: async () => {} }) !== group) continue;
      wires.plan(sampleReply(variant, 'application/json', SAMPLE_OBJECT));
      await wires.compare(async (baseUrl) => clients.get(baseUrl)?.get(name)?.call());
    }
  });
});

const CHUNK = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' };
/** Comments, both line ends, characters of several bytes, a field without a space: what a tidy proxy would rewrite. */
const CHAT_STREAM = [
  ': keep-alive\n\n',
  `data: ${JSON.stringify({ ...CHUNK, choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] })}\n\n`,
  `data:${JSON.stringify({ ...CHUNK, choices: [{ index: 0, delta: { content: '世界 🙂' } }] })}\r\n\r\n`,
  `event: chunk\nid: 7\ndata: ${JSON.stringify({ ...CHUNK, choices: [], usage: { prompt_tokens: 1 } })}\n\n`,
  'data: [DONE]\n\n',
].join('');
const EVENT_STREAM = 'text/event-stream; charset=utf-8';

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe('bodies that are not simply JSON', () => {
  const ask = { model: 'sim-large', messages: [{ role: 'user' as const, content: 'Grüße, 世界 🙂 \u2028' }] };

  it.each([0, 1, 2, 3, 4])('an event stream, encoding %i', async (variant) => {
    wires.plan(sampleReply(variant, EVENT_STREAM, CHAT_STREAM));
    await compare(async (client) => collect(await client.chat.completions.create({ ...ask, stream: true })));
  });

  it('an event stream of responses', async () => {
    const events = ['response.created', 'response.output_text.delta', 'response.completed'].map(
      (type, sequence_number) => `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number, delta: 'é' })}\n\n`,
    );
    wires.plan(sampleReply(5, EVENT_STREAM, events.join('')));
    const body = { model: 'sim-large', input: 'ping', stream: true as const };
    await compare(async (client) => collect(await client.responses.create(body)));
  });

  it('embeddings, which the package asks for in base64', async () => {
    const embedding = Buffer.from(new Float32Array([0.25, -1]).buffer).toString('base64');
    wires.plan(sampleReply(0, 'application/json', JSON.stringify({ data: [{ embedding, index: 0 }] })));
    await compare((client) => client.embeddings.create({ model: 'sim-embedding', input: ['one', 'zwei'] }));
  });

  it.each([4, 9])('audio back, variant %i', async (variant) => {
    wires.plan(sampleReply(variant, 'audio/mpeg', randomBytes(200_000)));
    await compare(async (client) => {
      const sound = await client.audio.speech.create({ model: 'tts', voice: 'alloy', input: 'hello' });
      return Buffer.from(await sound.arrayBuffer()).toString('base64');
    });
  });

  it('five megabytes of audio up, as a form', async () => {
    const sound = randomBytes(5_000_000);
    wires.plan(sampleReply(1, 'application/json', '{"text":"hello"}'));
    const { upstream } = await compare(async (client) =>
      client.audio.transcriptions.create({ model: 'whisper', file: await toFile(sound, 'sound.wav') }),
    );
    expect(upstream.requests[0]?.body.includes(sound)).toBe(true);
  });

  it('a file from the disk, and several files in one form', async () => {
    wires.plan(sampleReply(2, 'application/json', SAMPLE_OBJECT));
    await compare((client) =>
      client.files.create({ purpose: 'user_data', file: createReadStream(import.meta.filename) }),
    );
    const image = [sampleFile(), new File([], 'empty.png')];
    await compare((client) => client.images.edit({ model: 'image', prompt: 'brighter', image }));
  });

  it('raw bytes, announced and in chunks of unknown number', async () => {
    wires.plan(sampleReply(0, 'application/json', SAMPLE_OBJECT));
    const headers = { 'content-type': 'application/octet-stream' };
    const bytes = randomBytes(100_000);
    await compare((client) => client.post('/anything', { body: bytes, headers }));
    const pieces = () => new Blob([bytes]).stream();
    const { upstream } = await compare((client) => client.post('/anything', { body: pieces(), headers }));
    expect(upstream.requests[0]).toMatchObject({ framing: 'chunked', body: bytes });
  });

  it('JSON beyond what is read whole before a key is chosen', async () => {
    wires.plan(sampleReply(0, 'application/json', SAMPLE_OBJECT));
    const content = 'é'.repeat(2_500_000);
    await compare((client) => client.chat.completions.create({ ...ask, messages: [{ role: 'user', content }] }));
  });

  it('nothing at all, up or back', async () => {
    wires.plan({ status: 204 });
    await compare((client) => client.delete('/anything'));
    await compare((client) => client.post('/anything'));
    wires.plan({ headers: ['Content-Type', 'application/json'], body: Buffer.alloc(0) });
    await compare((client) => client.put('/anything', { body: {} }));
  });
});

describe('errors, which reach the package as the vendor wrote them', () => {
  it.each([
    [400, 'BadRequestError'],
    [404, 'NotFoundError'],
    [409, 'ConflictError'],
    [422, 'UnprocessableEntityError'],
    [500, 'InternalServerError'],
  ])('%i', async (status, thrown) => {
    for (const variant of [0, 1, 2, 3, 4]) {
      const body = JSON.stringify({
        error: { message: `No, thé ${variant}`, type: 'invalid_request_error', code: 'no' },
      });
      wires.plan({ ...sampleReply(variant, 'application/json', body), status });
      const { outcome } = await compare((client) => client.post('/embeddings', { body: { model: 'm', input: 'x' } }));
      expect(outcome).toMatchObject({ thrown, status, message: `${status} No, thé ${variant}` });
    }
  });
});

describe('targets and headers', () => {
  it.each([
    '/files/a%2Fb%20c?include[]=a&include[]=b&q=%C3%A9+%2B&empty=&flag',
    '/models//x/',
    '/models/a..b/.well-known?x=../y',
    "/threads/%E4%B8%96/;v=1,2/@x:y!$&'()*=~",
  ])('%s', async (target) => {
    wires.plan(sampleReply(0, 'application/json', SAMPLE_OBJECT));
    const { upstream } = await wires.compare((baseUrl) => rawGet(baseUrl, target, []));
    expect(upstream.requests[0]?.startLine).toBe(`GET /v1${target} HTTP/1.1`);
  });

  it('a client that spells and repeats its headers as it likes', async () => {
    wires.plan(sampleReply(1, 'application/json', SAMPLE_OBJECT));
    const headers = [
      ...['USER-agent', 'mine/1.0', 'X-Many', 'one', 'x-many', 'two', 'X-MANY', '', 'X-Latin', 'caf\xe9'],
      ...['OpenAI-Organization', 'org-mine', 'Idempotency-Key', 'k', 'If-None-Match', 'W/"0"', 'Accept', 'a/b;q=0.1'],
    ];
    const { upstream } = await wires.compare((baseUrl) => rawGet(baseUrl, '/models', headers));
    expect(upstream.requests[0]?.headers.all('x-many')).toEqual(['one', 'two', '']);
  });

  it('what a request did not have is not made up', async () => {
    wires.plan({ status: 204 });
    const { upstream } = await wires.compare((baseUrl) => rawGet(baseUrl, '/models', []));
    const names: string[] = [];
    upstream.requests[0]?.headers.forEach((name) => {
      names.push(name);
    });
    expect(names.sort()).toEqual(['authorization', 'connection', 'host']);
  });
});

/** A request with exactly these headers, and the caller's key. */
function rawGet(baseUrl: string, target: string, headers: readonly string[]): Promise<number | undefined> {
  const { host, port, pathname } = new URL(baseUrl);
  const path = `${baseUrl === wires.direct ? '/v1' : pathname}${target}`;
  const all = ['Host', host, ...headers, 'Authorization', `Bearer ${wires.callerKey}`];
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, headers: all }, (reply) => {
      reply.resume().once('end', () => resolve(reply.statusCode));
    });
    request.once('error', reject).end();
  });
}

it('the Azure client, whose key goes in another header', async () => {
  const credential = (key: string) => ['api-key', key] as const;
  await using azure = await startWireComparison({ preset: 'azure', basePath: '/openai', credential });
  const call = (baseUrl: string) => {
    const baseURL = `${baseUrl === azure.direct ? `${baseUrl}/openai` : baseUrl}/deployments/my-gpt`;
    const client = new AzureOpenAI({ apiKey: azure.callerKey, apiVersion: '2025-01-01', baseURL, maxRetries: 0 });
    return client.chat.completions.create({ model: 'my-gpt', messages: [] });
  };
  azure.plan(sampleReply(0, 'application/json', SAMPLE_OBJECT));
  const { upstream } = await azure.compare(call);
  expect(upstream.requests[0]?.startLine).toContain('/deployments/my-gpt/chat/completions?api-version=2025-01-01');
});
