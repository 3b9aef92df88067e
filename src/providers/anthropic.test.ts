import Anthropic, { APIError, RateLimitError } from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { anthropicWire } from './anthropic.ts';

const { homedObjects } = anthropicWire;

function usage(head: string, tail: string) {
  return anthropicWire.readUsage({ contentType: 'text/event-stream', head, tail });
}

const START =
  'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","usage":{"input_tokens":10,"cache_creation_input_tokens":20,"cache_read_input_tokens":30,"output_tokens":1}}   }\n\n';
const CONTENT = 'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"text":"hi"}}\n\n';
const DELTA =
  'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":15}}\n\n';
const STOP = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';

describe('usage on the Anthropic wire', () => {
  it('adds the cache to the input and takes the last word on the output', () => {
    expect(usage(START + CONTENT, CONTENT + DELTA + STOP)).toEqual({
      inputTokens: 60,
      outputTokens: 15,
      cachedInputTokens: 30,
      reasoningTokens: null,
      cacheWriteTokens: 20,
    });
  });

  it('tells what was put into the cache for an hour apart, because it is billed apart', () => {
    const body =
      '{"usage":{"input_tokens":5,"cache_creation_input_tokens":70,"cache_creation":{"ephemeral_5m_input_tokens":30,"ephemeral_1h_input_tokens":40},"output_tokens":6}}';
    expect(usage('', body)).toMatchObject({ inputTokens: 75, cacheWriteTokens: 70, cacheWriteHourTokens: 40 });
  });

  it('is the same when head and tail overlap', () => {
    const whole = START + CONTENT + DELTA + STOP;
    expect(usage(whole, whole)).toEqual(usage(START, DELTA + STOP));
    expect(usage(whole, '')).toEqual(usage(START, DELTA + STOP));
  });

  it('does not take the output of an interrupted stream from its beginning', () => {
    expect(usage(START + CONTENT, CONTENT)).toMatchObject({ inputTokens: 60, outputTokens: null });
  });

  it('lets a later figure of the input replace the first', () => {
    const delta =
      'event: message_delta\ndata: {"type":"message_delta","usage":{"input_tokens":100,"cache_creation_input_tokens":0,"cache_read_input_tokens":null,"output_tokens":15,"output_tokens_details":{"thinking_tokens":4}}}\n\n';
    expect(usage(START, delta)).toEqual({
      inputTokens: 130,
      outputTokens: 15,
      cachedInputTokens: 30,
      reasoningTokens: 4,
      cacheWriteTokens: 0,
    });
  });

  it('is read from a plain message', () => {
    const body = '{"content":[{"text":"…"}],"usage":{"input_tokens":5,"output_tokens":6,"service_tier":"standard"}}';
    expect(usage('', body)).toEqual({
      inputTokens: 5,
      outputTokens: 6,
      cachedInputTokens: null,
      reasoningTokens: null,
    });
  });

  it('is unknown where nobody said it', () => {
    expect(usage('', '')).toBeNull();
    expect(usage('{"data":[]}', '{"data":[]}')).toBeNull();
  });
});

describe('objects of one organisation', () => {
  it('are files, batches and skills', () => {
    expect(homedObjects.creates('POST', '/v1/files')).toBe(true);
    expect(homedObjects.creates('GET', '/v1/messages/batches?limit=20')).toBe(true);
    expect(homedObjects.creates('POST', '/v1/skills')).toBe(true);
    expect(homedObjects.creates('POST', '/v1/messages')).toBe(false);
    expect(homedObjects.creates('POST', '/v1/messages/count_tokens')).toBe(false);
    expect(homedObjects.idsIn('{"id":"msgbatch_1","type":"message_batch"}')).toEqual(['msgbatch_1']);
    expect(homedObjects.idsIn('{"data":[{"id":"file_1"},{"id":"file_2"}],"has_more":false}')).toEqual([
      'file_1',
      'file_2',
    ]);
    expect(homedObjects.idsInPath('/v1/messages/batches/msgbatch_1/results')).toContain('msgbatch_1');
    expect(homedObjects.requestFields.has('file_id')).toBe(true);
  });
});

describe('errors of our own', () => {
  function clientAnswering(body: string, status: number, contentType = 'application/json') {
    const fetch = async () => new Response(body, { status, headers: { 'content-type': contentType } });
    return new Anthropic({ apiKey: 'x', baseURL: 'http://upstream.test', maxRetries: 0, fetch });
  }
  const request = { model: 'm', max_tokens: 1, messages: [] };

  it("raise the client's own classes and carry what helps", async () => {
    const body = anthropicWire.renderError({
      status: 429,
      code: 'rate-limited',
      message: 'No key is free before 12:00:05',
      retryAt: '2026-08-19T12:00:05.000Z',
      details: { group: 'org-a' },
    });
    const call = clientAnswering(body, 429).messages.create(request);
    await expect(call).rejects.toThrow(RateLimitError);
    await expect(call).rejects.toMatchObject({
      error: {
        type: 'error',
        error: {
          type: 'rate_limit_error',
          details: { error_code: 'rate-limited', retry_at: '2026-08-19T12:00:05.000Z', group: 'org-a' },
        },
      },
    });
  });

  it('end a stream with an exception', async () => {
    const event = anthropicWire.renderStreamError('The upstream broke off');
    const client = clientAnswering(`${START}${event}`, 200, 'text/event-stream');
    const stream = await client.messages.create({ ...request, stream: true });
    const drain = async () => {
      for await (const _ of stream);
    };
    await expect(drain()).rejects.toThrow(APIError);
  });
});
