import { randomBytes } from 'node:crypto';
import { GoogleGenAI } from '@google/genai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SAMPLE_OBJECT, sampleReply } from '../../support/sample-replies.ts';
import { startWireComparison, type WireComparison } from '../../support/wire-comparison.ts';

let wires: WireComparison;
beforeAll(async () => {
  const credential = (key: string) => ['x-goog-api-key', key] as const;
  wires = await startWireComparison({ preset: 'gemini', basePath: '/v1beta', credential });
});
afterAll(() => wires[Symbol.asyncDispose]());

function clientAt(baseUrl: string): GoogleGenAI {
  return new GoogleGenAI({ apiKey: wires.callerKey, httpOptions: { baseUrl } });
}

function compare(call: (client: GoogleGenAI) => unknown) {
  return wires.compare(async (baseUrl) => plain(await call(clientAt(baseUrl))));
}

/** A stream or a pager read to its end, in a form that can be compared. */
async function plain(result: unknown): Promise<unknown> {
  if (typeof result !== 'object' || result === null || !(Symbol.asyncIterator in result)) return strip(result);
  const items: unknown[] = [];
  for await (const item of result as AsyncIterable<unknown>) items.push(strip(item));
  return items;
}

/** The package hands out the reply's headers as well; those are compared where they were read, on the wire. */
function strip(value: unknown): unknown {
  const withoutHeaders = (name: string, inner: unknown) => (name === 'sdkHttpResponse' ? undefined : inner);
  return value === undefined ? null : (JSON.parse(JSON.stringify(value, withoutHeaders)) as unknown);
}

const model = 'sim-large';
const name = 'Grüße 世界';
const contents = 'ping 🙂';

/** One by one, because the package hides what it sends behind several generations of its own plumbing. */
const CALLS: Readonly<Record<string, readonly ((client: GoogleGenAI) => unknown)[]>> = {
  models: [
    ({ models }) => models.generateContent({ model, contents, config: { temperature: 0.5, systemInstruction: 'x' } }),
    ({ models }) => models.embedContent({ model, contents: ['one', 'zwei'] }),
    ({ models }) => models.countTokens({ model, contents }),
    ({ models }) => models.list(),
    ({ models }) => models.list({ config: { pageSize: 2, queryBase: false } }),
    ({ models }) => models.get({ model }),
    ({ models }) => models.get({ model: 'tunedModels/mine' }),
    ({ models }) => models.update({ model: 'tunedModels/mine', config: { displayName: name } }),
    ({ models }) => models.delete({ model: 'tunedModels/mine' }),
  ],
  chats: [({ chats }) => chats.create({ model }).sendMessage({ message: contents })],
  files: [
    ({ files }) => files.list(),
    ({ files }) => files.get({ name: 'files/abc' }),
    ({ files }) => files.delete({ name: 'files/abc' }),
  ],
  caches: [
    ({ caches }) => caches.create({ model, config: { contents, ttl: '300s' } }),
    ({ caches }) => caches.list(),
    ({ caches }) => caches.get({ name: 'cachedContents/abc' }),
    ({ caches }) => caches.update({ name: 'cachedContents/abc', config: { ttl: '600s' } }),
    ({ caches }) => caches.delete({ name: 'cachedContents/abc' }),
  ],
  batches: [
    ({ batches }) => batches.create({ model, src: [{ contents: [{ parts: [{ text: contents }] }] }] }),
    ({ batches }) => batches.createEmbeddings({ model, src: { fileName: 'files/abc' } }),
    ({ batches }) => batches.get({ name: 'batches/abc' }),
    ({ batches }) => batches.list(),
    ({ batches }) => batches.cancel({ name: 'batches/abc' }),
    ({ batches }) => batches.delete({ name: 'batches/abc' }),
  ],
  tunings: [
    ({ tunings }) => tunings.get({ name: 'tunedModels/mine' }),
    ({ tunings }) => tunings.cancel({ name: 'tunedModels/mine' }),
  ],
  authTokens: [({ authTokens }) => authTokens.create({ config: { uses: 1 } })],
  fileSearchStores: [
    ({ fileSearchStores }) => fileSearchStores.create({ config: { displayName: name } }),
    ({ fileSearchStores }) => fileSearchStores.list(),
    ({ fileSearchStores }) => fileSearchStores.get({ name: 'fileSearchStores/abc' }),
    ({ fileSearchStores }) => fileSearchStores.delete({ name: 'fileSearchStores/abc', config: { force: true } }),
    ({ fileSearchStores }) =>
      fileSearchStores.importFile({ fileSearchStoreName: 'fileSearchStores/abc', fileName: 'files/abc' }),
    ({ fileSearchStores }) => fileSearchStores.documents.list({ parent: 'fileSearchStores/abc' }),
    ({ fileSearchStores }) => fileSearchStores.documents.get({ name: 'fileSearchStores/abc/documents/d' }),
    ({ fileSearchStores }) => fileSearchStores.documents.delete({ name: 'fileSearchStores/abc/documents/d' }),
  ],
  interactions: [
    ({ interactions }) => interactions.create({ model, input: contents }),
    ({ interactions }) => interactions.get('interaction_1'),
    ({ interactions }) => interactions.cancel('interaction_1'),
    ({ interactions }) => interactions.delete('interaction_1'),
  ],
  webhooks: [({ webhooks }) => webhooks.list(), ({ webhooks }) => webhooks.get('webhook_1')],
  voices: [({ voices }) => voices.list(), ({ voices }) => voices.get('voice_1')],
};

describe('every endpoint group of the Google package', () => {
  it.each(Object.keys(CALLS))('%s', async (group) => {
    for (const [variant, call] of (CALLS[group] ?? []).entries()) {
      wires.plan(sampleReply(variant, 'application/json; charset=UTF-8', SAMPLE_OBJECT));
      await compare(call);
    }
  });
});

const PART = (text: string) => JSON.stringify({ candidates: [{ content: { parts: [{ text }], role: 'model' } }] });
/** Google ends its events with either line end, and its stream with nothing but its end. */
const EVENTS = `data: ${PART('世界')}\r\n\r\ndata: ${PART(' 🙂')}\n\n`;

describe('bodies that are not simply JSON', () => {
  it.each([0, 1, 2, 3, 4])('an event stream, encoding %i', async (variant) => {
    wires.plan(sampleReply(variant, 'text/event-stream', EVENTS));
    const { outcome, upstream } = await compare(({ models }) => models.generateContentStream({ model, contents }));
    expect(outcome).toHaveLength(2);
    expect(upstream.requests[0]?.startLine).toContain(':streamGenerateContent?alt=sse ');
  });

  it('a JSON array that grows, for whoever does not ask for events', async () => {
    wires.plan(sampleReply(1, 'application/json', `[${PART('a')}\n,\r\n${PART('b')}\n]`));
    await wires.compare(async (baseUrl) => {
      const headers = { 'x-goog-api-key': wires.callerKey };
      const url = `${baseUrl}/v1beta/models/${model}:streamGenerateContent`;
      return (await fetch(url, { method: 'POST', headers, body: '{}' })).json();
    });
  });

  it("the caller's key in the query, which goes, while the rest of the query stays as it is", async () => {
    wires.plan(sampleReply(0, 'application/json', SAMPLE_OBJECT));
    const target = '/v1beta/models?pageSize=1&key=KEY&x=%2F&key=again&monkey=1&&b';
    const reply = await fetch(`${wires.through}${target.replace('KEY', wires.callerKey)}`);
    await reply.arrayBuffer();
    const { upstream } = await wires.read();
    expect(upstream.requests[0]?.startLine).toBe('GET /v1beta/models?pageSize=1&x=%2F&monkey=1&&b HTTP/1.1');
    expect(upstream.requests[0]?.headers.get('x-goog-api-key')).toMatch(/^sk-pool-/);
  });
});

describe('an upload', () => {
  it('goes on through rotato, at the address that Google names', async () => {
    const content = randomBytes(5 * 1024 * 1024);
    const address = `${wires.direct}/upload/v1beta/files?upload_id=up_1&upload_protocol=resumable`;
    const file = { name: 'files/abc', uri: `${wires.direct}/v1beta/files/abc`, sizeBytes: String(content.length) };
    const planned = sampleReply(0, 'application/json', JSON.stringify({ file }));
    const announced = ['X-Goog-Upload-URL', address, 'X-Goog-Upload-Status', 'final'];
    wires.plan({ ...planned, headers: [...(planned.headers ?? []), ...announced] });
    const upload = ({ files }: GoogleGenAI) =>
      files.upload({ file: new Blob([content]), config: { mimeType: 'application/pdf', displayName: name } });
    const { upstream, caller } = await wires.compare(async (baseUrl) => strip(await upload(clientAt(baseUrl))), {
      rewritten: ['x-goog-upload-url'],
    });
    expect(upstream.requests.map(({ startLine }) => startLine)).toEqual([
      'POST /upload/v1/files HTTP/1.1',
      'POST /upload/v1beta/files?upload_id=up_1&upload_protocol=resumable HTTP/1.1',
    ]);
    const own = `${wires.through}/upload/v1beta/files?upload_id=up_1&upload_protocol=resumable`;
    expect(caller.replies[0]?.headers.get('x-goog-upload-url')).toBe(own);
  });
});

describe('errors, which reach the package as Google wrote them', () => {
  it.each([400, 404, 500])('%i', async (status) => {
    for (const variant of [0, 1, 2, 3, 4]) {
      const error = { code: status, message: `No, thé ${variant}`, status: 'INVALID_ARGUMENT' };
      wires.plan({ ...sampleReply(variant, 'application/json', JSON.stringify({ error })), status });
      const { outcome } = await compare(({ models }) => models.generateContent({ model, contents }));
      expect(outcome).toMatchObject({ thrown: 'ApiError', status });
    }
  });
});
