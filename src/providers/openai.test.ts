import OpenAI, { AuthenticationError, RateLimitError } from 'openai';
import { describe, expect, it } from 'vitest';
import { openaiWire } from './openai.ts';
import type { WireError } from './provider-adapter.ts';

const { homedObjects } = openaiWire;

function usage(tail: string, head = '') {
  return openaiWire.readUsage({ contentType: 'application/json', head, tail });
}

function counts(
  inputTokens: number | null,
  outputTokens: number | null,
  cached: number | null = null,
  reasoning: number | null = null,
) {
  return { inputTokens, outputTokens, cachedInputTokens: cached, reasoningTokens: reasoning };
}

describe('usage on the OpenAI wire', () => {
  it.each<[string, string, ReturnType<typeof counts>]>([
    [
      'a completion',
      '"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":3}}}',
      counts(11, 7, 4, 3),
    ],
    [
      'a stream of chunks',
      'data: {"choices":[{"delta":{"content":"hi"}}],"usage":null}\n\ndata: {"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":7}}\n\ndata: [DONE]\n\n',
      counts(11, 7),
    ],
    [
      'Responses',
      'event: response.completed\ndata: {"type":"response.completed","response":{"output":[],"usage":{"input_tokens":11,"input_tokens_details":{"cached_tokens":0},"output_tokens":7,"output_tokens_details":{"reasoning_tokens":5},"total_tokens":18},"user":null}}\n\n',
      counts(11, 7, 0, 5),
    ],
    ['embeddings', '"usage":{"prompt_tokens":8,"total_tokens":8}}', counts(8, null)],
    [
      'Groq',
      'data: {"x_groq":{"id":"r","usage":{"queue_time":0.1,"prompt_tokens":1,"completion_tokens":2}}}\n\n',
      counts(1, 2),
    ],
    [
      'DeepSeek',
      '"usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_cache_hit_tokens":6,"prompt_cache_miss_tokens":3}}',
      counts(9, 2, 6),
    ],
    [
      'Cohere',
      'event: message-end\ndata: {"delta":{"usage":{"billed_units":{"input_tokens":1,"output_tokens":2},"tokens":{"input_tokens":67,"output_tokens":3}}}}\n\n',
      counts(67, 3),
    ],
    [
      'Perplexity, with figures in every chunk',
      'data: {"usage":{"prompt_tokens":1,"completion_tokens":1}}\n\ndata: {"usage":{"prompt_tokens":1,"completion_tokens":9}}\n\n',
      counts(1, 9),
    ],
    ["Ollama's own API", '{"done":false}\n{"done":true,"prompt_eval_count":26,"eval_count":298}\n', counts(26, 298)],
    [
      'a response that lists a tool with a parameter called usage',
      '"tools":[{"parameters":{"properties":{"usage":{"type":"object"}}}}],"usage":{"input_tokens":5,"output_tokens":6},"metadata":{"usage":{}}}',
      counts(5, 6),
    ],
  ])('is read from %s', (_, tail, expected) => {
    expect(usage(tail)).toEqual(expected);
  });

  it('is unknown where nobody said it, never nothing', () => {
    for (const tail of [
      '',
      '{"object":"list","data":[]}',
      'data: {"usage":null}\n\ndata: [DONE]\n\n',
      '"usage":{"prom',
    ]) {
      expect(usage(tail)).toBeNull();
    }
  });

  it('is found in the head when the tail has none', () => {
    expect(usage('…"}', '{"usage":{"prompt_tokens":1,"completion_tokens":2},"data":"…')).toEqual(counts(1, 2));
  });
});

describe('objects of one organisation', () => {
  it('are made and shown by these calls', () => {
    for (const path of [
      '/v1/files',
      '/responses',
      '/v1/batches?limit=2',
      '/openai/v1/vector_stores',
      '/fine_tuning/jobs',
    ]) {
      expect(homedObjects.creates('POST', path), path).toBe(true);
    }
    expect(homedObjects.creates('GET', '/v1/chat/completions?limit=5')).toBe(true);
    for (const [method, path] of [
      ['POST', '/v1/chat/completions'],
      ['POST', '/v1/embeddings'],
      ['GET', '/v1/models'],
      ['DELETE', '/v1/files/file-abc'],
      ['POST', '/'],
    ] as const) {
      expect(homedObjects.creates(method, path), path).toBe(false);
    }
  });

  it('are named in an answer, a list, a batch, and the first event of a stream', () => {
    expect(homedObjects.idsIn('{"id":"file-abc","object":"file"}')).toEqual(['file-abc']);
    expect(
      homedObjects.idsIn('{"object":"list","data":[{"id":"file-a"},{"id":"file-b"}],"first_id":"file-a"}'),
    ).toEqual(['file-a', 'file-b']);
    expect(homedObjects.idsIn('{"id":"batch_1","output_file_id":"file-out","error_file_id":null}')).toEqual([
      'batch_1',
      'file-out',
    ]);
    const event =
      'event: response.created\ndata: {"type":"response.created","response":{"id":"resp_1","conversation":{"id":"conv_1"}}}\n\n';
    expect(homedObjects.idsIn(event)).toEqual(['resp_1']);
    expect(homedObjects.idsIn('{"id":"resp_1","conversation":{"id":"conv_1"}}')).toEqual(['resp_1', 'conv_1']);
  });

  it('are read from a list that is cut, and from at most 200 entries', () => {
    expect(homedObjects.idsIn('{"data":[{"id":"file-a"},{"id":"file-b","na')).toEqual(['file-a', 'file-b']);
    const long = JSON.stringify({ data: Array.from({ length: 500 }, (_, at) => ({ id: `file-${at}` })) });
    expect(homedObjects.idsIn(long)).toHaveLength(200);
    const batches = Array.from({ length: 150 }, (_, at) => ({ id: `batch_${at}`, output_file_id: `file-${at}` }));
    expect(homedObjects.idsIn(JSON.stringify({ data: batches }))).toHaveLength(200);
  });

  it('are not found where there are none', () => {
    for (const body of ['', 'null', '[]', '"x"', '{"id":5}', '<html>', 'data: [DONE]\n\n']) {
      expect(homedObjects.idsIn(body)).toEqual([]);
    }
  });

  it('are candidates in a path', () => {
    expect(homedObjects.idsInPath('/v1/files/file-abc/content?x=1')).toContain('file-abc');
    expect(homedObjects.idsInPath('/responses/resp_1/input_items')).toContain('resp_1');
    expect(homedObjects.idsInPath('/fine_tuning/jobs/ftjob-1')).toContain('ftjob-1');
    expect(homedObjects.idsInPath('/files/a%2Fb')).toContain('a/b');
    expect(homedObjects.idsInPath('/files/%E0%A4%A')).toEqual(['%E0%A4%A']);
  });
});

describe('the model in a path', () => {
  it('is an Azure deployment', () => {
    expect(openaiWire.modelInPath('/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21')).toBe('my-gpt');
    expect(openaiWire.modelInPath('/deployments/my%20gpt/embeddings')).toBe('my gpt');
    expect(openaiWire.modelInPath('/v1/chat/completions')).toBeNull();
  });
});

describe('errors of our own', () => {
  const full: WireError = {
    status: 429,
    code: 'rate-limited',
    message: 'No key is free before 12:00:05',
    retryAt: '2026-08-19T12:00:05.000Z',
    details: { group: 'org-a', limit: 'requests/min' },
  };

  function clientAnswering(body: string, status: number, contentType = 'application/json') {
    const fetch = async () => new Response(body, { status, headers: { 'content-type': contentType } });
    return new OpenAI({ apiKey: 'x', baseURL: 'http://upstream.test/v1', maxRetries: 0, fetch });
  }

  it("raise the client's own classes and carry what helps", async () => {
    const listing = clientAnswering(openaiWire.renderError(full), 429).models.list();
    await expect(listing).rejects.toThrow(RateLimitError);
    await expect(listing).rejects.toMatchObject({
      code: 'rate-limited',
      type: 'rate_limit_error',
      error: { retry_at: full.retryAt, details: full.details },
    });
    const bare = openaiWire.renderError({ ...full, status: 401, code: 'unauthorized', retryAt: null, details: {} });
    await expect(clientAnswering(bare, 401).models.list()).rejects.toThrow(AuthenticationError);
    expect(JSON.parse(bare)).toEqual({
      error: { message: full.message, type: 'authentication_error', param: null, code: 'unauthorized' },
    });
  });

  it('end a stream of chunks and one of Responses with an exception', async () => {
    const event = openaiWire.renderStreamError('The upstream broke off');
    const client = clientAnswering(`data: {"choices":[]}\n\n${event}`, 200, 'text/event-stream');
    const chunks = await client.chat.completions.create({ model: 'm', messages: [], stream: true });
    const events = await client.responses.create({ model: 'm', input: '', stream: true });
    await expect(drain(chunks)).rejects.toThrow('The upstream broke off');
    await expect(drain(events)).rejects.toThrow('The upstream broke off');
  });
});

async function drain(stream: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of stream) count++;
  return count;
}
