import { randomBytes } from 'node:crypto';
import Anthropic, { toFile } from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SAMPLE_OBJECT, sampleReply } from '../../support/sample-replies.ts';
import { type SdkMethod, sdkMethods } from '../../support/sdk-methods.ts';
import { startWireComparison, type WireComparison } from '../../support/wire-comparison.ts';

let wires: WireComparison;
beforeAll(async () => {
  const credential = (key: string) => ['x-api-key', key] as const;
  wires = await startWireComparison({ preset: 'anthropic', basePath: '/v1', credential });
});
afterAll(() => wires[Symbol.asyncDispose]());

function clientAt(baseURL: string, options: { authToken?: string } = {}): Anthropic {
  const credential = options.authToken === undefined ? { apiKey: wires.callerKey } : { ...options, apiKey: null };
  return new Anthropic({ ...credential, baseURL, maxRetries: 0, logLevel: 'off' });
}

const sampleFile = () => new File([Buffer.from([0, 13, 10, 45, 45, 255])], 'Prüfung.pdf', { type: 'application/pdf' });

function compare(call: (client: Anthropic) => Promise<unknown>) {
  return wires.compare((baseUrl) => call(clientAt(baseUrl)));
}

function groupOf({ name }: SdkMethod): string {
  const [first = '', second = ''] = name.split('.');
  return first === 'beta' ? `${first}.${second}` : first;
}

/** They fetch an address that an earlier answer named, so they need an answer that names one. */
const GOES_TO_NAMED_ADDRESS = /batches\.results$/;

describe('every method of the Anthropic package', () => {
  const all = sdkMethods(new Anthropic({ apiKey: 'none' }), sampleFile);
  const methods = all.filter(({ name }) => !GOES_TO_NAMED_ADDRESS.test(name));
  const groups = [...new Set(methods.map(groupOf))];

  it('is found', () => {
    expect(groups).toEqual(
      expect.arrayContaining([
        ...['messages', 'models', 'files', 'skills', 'organization'],
        ...['beta.messages', 'beta.files', 'beta.models', 'beta.skills', 'beta.agents', 'beta.sessions'],
      ]),
    );
    expect(methods.length).toBeGreaterThan(300);
    expect(all.length - methods.length).toBe(2);
  });

  it.each(groups)('%s', async (group) => {
    const of = (baseUrl: string) => new Map(sdkMethods(clientAt(baseUrl), sampleFile).map((each) => [each.name, each]));
    const clients = new Map([wires.direct, wires.through].map((baseUrl) => [baseUrl, of(baseUrl)]));
    for (const [variant, method] of methods.entries()) {
      if (groupOf(method) !== group) continue;
      wires.plan(sampleReply(variant, 'application/json', SAMPLE_OBJECT));
      await wires.compare(async (baseUrl) => clients.get(baseUrl)?.get(method.name)?.call());
    }
  });
});

const MESSAGE = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], usage: {} };
/** Anthropic leaves spaces inside its JSON, sends pings, and ends without `[DONE]`. */
const MESSAGE_STREAM = [
  `event: message_start\ndata: ${JSON.stringify({ type: 'message_start', message: MESSAGE })}   \n\n`,
  'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}  }\n\n',
  'event: ping\ndata: {"type": "ping"}\n\n',
  ': a comment\n\n',
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"世界 🙂"}}\n\n',
  'event: content_block_stop\ndata: {"type":"content_block_stop","index":0 }\n\n',
  'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":4}}\n\n',
  'event: message_stop\ndata: {"type":"message_stop"}\n\n',
].join('');

describe('bodies that are not simply JSON', () => {
  const ask = { model: 'claude', max_tokens: 9, messages: [{ role: 'user' as const, content: 'Grüße, 世界 🙂' }] };

  it.each([0, 1, 2, 3, 4])('an event stream, encoding %i', async (variant) => {
    wires.plan(sampleReply(variant, 'text/event-stream; charset=utf-8', MESSAGE_STREAM));
    const { outcome } = await compare((client) => client.messages.stream(ask).finalMessage());
    expect(outcome).toMatchObject({ content: [{ text: '世界 🙂' }] });
  });

  it('a form up, and its bytes back', async () => {
    const content = randomBytes(300_000);
    wires.plan(sampleReply(3, 'application/json', SAMPLE_OBJECT));
    await compare(async (client) => client.files.upload({ file: await toFile(content, 'a.pdf') }));
    wires.plan(sampleReply(4, 'application/octet-stream', content));
    const { outcome } = await compare(async (client) => {
      const file = await client.files.download('file_1');
      return Buffer.from(await file.arrayBuffer()).equals(content);
    });
    expect(outcome).toBe(true);
  });

  it('one JSON object a line', async () => {
    wires.plan(sampleReply(1, 'application/x-jsonl', '{"custom_id":"a"}\n{"custom_id":"é"}\n'));
    await compare((client) => client.get('/v1/messages/batches/msgbatch_1/results', { __binaryResponse: true }));
  });
});

describe('headers and credentials', () => {
  it('the token of a subscription, where the package sends a bearer', async () => {
    wires.plan(sampleReply(0, 'application/json', SAMPLE_OBJECT));
    await wires.compare((baseUrl) => clientAt(baseUrl, { authToken: wires.callerKey }).models.list());
  });

  it('what a caller adds for Anthropic alone', async () => {
    wires.plan(sampleReply(0, 'application/json', SAMPLE_OBJECT));
    const headers = { 'anthropic-beta': 'a-1,b-2', 'X-Stainless-Timeout': '600', 'anthropic-workspace-id': 'w' };
    const { upstream } = await compare((client) => client.models.list({}, { headers }));
    expect(upstream.requests[0]?.headers.get('anthropic-beta')).toBe('a-1,b-2');
  });

  it.each([
    [400, 'BadRequestError'],
    [404, 'NotFoundError'],
    [413, 'ContentTooLargeError'],
    [500, 'InternalServerError'],
  ])('an error of %i', async (status, thrown) => {
    const error = { type: 'invalid_request_error', message: 'thé prompt is wrong' };
    const body = JSON.stringify({ type: 'error', error, request_id: 'req_1' });
    wires.plan({ ...sampleReply(status, 'application/json', body), status });
    const { outcome } = await compare((client) => client.post('/v1/messages/count_tokens', { body: {} }));
    expect(outcome).toMatchObject({ thrown, status });
  });
});
