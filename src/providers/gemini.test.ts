import { ApiError, GoogleGenAI } from '@google/genai';
import { describe, expect, it } from 'vitest';
import { HeaderList } from '../model/header-list.ts';
import { geminiWire } from './gemini.ts';

const { homedObjects } = geminiWire;

function usage(tail: string, head = '') {
  return geminiWire.readUsage({ contentType: 'application/json', head, tail });
}

describe('usage on the Gemini wire', () => {
  it('takes the last of the cumulative figures, thinking counted as output', () => {
    const chunk = (output: number) =>
      `data: {"candidates":[{"content":{"parts":[{"text":"…"}]}}],"usageMetadata":{"promptTokenCount":8,"cachedContentTokenCount":3,"candidatesTokenCount":${output},"thoughtsTokenCount":20,"toolUsePromptTokenCount":2,"totalTokenCount":${30 + output}}}\n\n`;
    expect(usage(chunk(1) + chunk(5))).toEqual({
      inputTokens: 10,
      outputTokens: 25,
      cachedInputTokens: 3,
      reasoningTokens: 20,
    });
  });

  it('does not know the output before the first of it', () => {
    expect(usage('"usageMetadata":{"promptTokenCount":8,"totalTokenCount":8}}')).toMatchObject({
      inputTokens: 8,
      outputTokens: null,
    });
  });

  it('is read from a stream that is one long list', () => {
    const list =
      '[{"usageMetadata":{"promptTokenCount":8,"candidatesTokenCount":1}}\n,\n{"usageMetadata":{"promptTokenCount":8,"candidatesTokenCount":4}}]';
    expect(usage(list)?.outputTokens).toBe(4);
  });

  it('is read from an interaction', () => {
    const body =
      '"usage":{"total_tokens":17,"total_input_tokens":10,"total_cached_tokens":1,"total_output_tokens":5,"total_thought_tokens":2,"total_tool_use_tokens":0}}';
    expect(usage(body)).toEqual({ inputTokens: 10, outputTokens: 7, cachedInputTokens: 1, reasoningTokens: 2 });
  });

  it('is unknown where nobody said it', () => {
    expect(usage('{"models":[]}')).toBeNull();
  });
});

describe('the model in a path', () => {
  it.each([
    ['/models/gemini-2.5-flash:generateContent', 'gemini-2.5-flash'],
    ['/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse', 'gemini-2.5-flash'],
    ['/v1/models/gemini-2.5-flash', 'gemini-2.5-flash'],
    ['/tunedModels/mine-123:generateContent', 'tunedModels/mine-123'],
    ['/models/gemini%2D2.5-pro:countTokens', 'gemini-2.5-pro'],
    ['/models?pageSize=5', null],
    ['/models/', null],
    ['/v1beta/files/abc', null],
    ['', null],
  ])('of %s is %s', (path, model) => {
    expect(geminiWire.modelInPath(path)).toBe(model);
  });
});

describe('objects of one project', () => {
  it('are made and shown by these calls', () => {
    for (const path of [
      '/upload/v1beta/files',
      '/v1beta/cachedContents',
      '/v1beta/models/gemini-2.5-flash:batchGenerateContent',
      '/v1beta/models/veo-3:predictLongRunning',
      '/v1beta/interactions',
    ]) {
      expect(homedObjects.creates('POST', path), path).toBe(true);
    }
    expect(homedObjects.creates('GET', '/v1beta/files?pageSize=10')).toBe(true);
    expect(homedObjects.creates('POST', '/v1beta/models/gemini-2.5-flash:generateContent')).toBe(false);
    expect(homedObjects.creates('DELETE', '/v1beta/files/abc')).toBe(false);
  });

  it('go by their full name and by their address', () => {
    const uri = 'https://generativelanguage.googleapis.com/v1beta/files/abc';
    expect(homedObjects.idsIn(`{"file":{"name":"files/abc","uri":"${uri}"}}`)).toEqual(['files/abc', uri]);
    expect(homedObjects.idsIn(`{"files":[{"name":"files/abc","uri":"${uri}"}]}`)).toEqual(['files/abc', uri]);
    expect(homedObjects.idsIn('{"name":"batches/b1","metadata":{}}')).toEqual(['batches/b1']);
    const event = 'data: {"event_type":"interaction.created","interaction":{"id":"v1_abc"}}\n\n';
    expect(homedObjects.idsIn(event)).toEqual(['v1_abc']);
    for (const field of ['fileUri', 'cachedContent', 'previous_interaction_id']) {
      expect(homedObjects.requestFields.has(field)).toBe(true);
    }
  });

  it('are candidates in a path, by the name that answers give them', () => {
    expect(homedObjects.idsInPath('/v1beta/files/abc:download?alt=media')).toEqual(['files/abc']);
    expect(homedObjects.idsInPath('/v1beta/models/veo-3/operations/op1')).toEqual(['models/veo-3/operations/op1']);
    expect(homedObjects.idsInPath('/v1beta/interactions/v1_abc')).toEqual(['v1_abc']);
    expect(homedObjects.idsInPath('/v1beta/models/gemini-2.5-flash:generateContent')).toEqual([]);
  });
});

describe('an upload under way', () => {
  const address =
    'https://generativelanguage.googleapis.com/upload/v1beta/files?upload_protocol=resumable&upload_id=A-b_1';

  it('is known by the id in the address at which it goes on', () => {
    const reply = new HeaderList(['X-Goog-Upload-URL', address]);
    const [begun] = homedObjects.idsInHeaders(reply);
    expect(begun).toBeDefined();
    expect(homedObjects.idsInPath('/upload/v1beta/files?upload_id=A-b_1&upload_protocol=resumable')).toContain(begun);
    expect(homedObjects.idsInPath('/upload/v1beta/files?upload_id=other')).not.toContain(begun);
    expect(homedObjects.idsInHeaders(new HeaderList(['x-goog-upload-status', 'active']))).toEqual([]);
  });
});

describe('a file search store', () => {
  it('is at home in one project, with its documents', () => {
    expect(homedObjects.creates('POST', '/v1beta/fileSearchStores')).toBe(true);
    expect(homedObjects.idsIn('{"fileSearchStores":[{"name":"fileSearchStores/a"}]}')).toEqual(['fileSearchStores/a']);
    expect(homedObjects.idsInPath('/v1beta/fileSearchStores/a/documents/d')).toContain('fileSearchStores/a');
    expect(homedObjects.requestFields.has('fileSearchStoreNames')).toBe(true);
  });
});

describe('errors of our own', () => {
  function clientAnswering(body: string, status: number, contentType = 'application/json') {
    const fetch = async () => new Response(body, { status, headers: { 'content-type': contentType } });
    return new GoogleGenAI({ apiKey: 'x', httpOptions: { baseUrl: 'http://upstream.test', fetch } });
  }
  const request = { model: 'm', contents: 'hello' };

  it("raise the client's own class and carry what helps", async () => {
    const body = geminiWire.renderError({
      status: 429,
      code: 'rate-limited',
      message: 'No key is free before 12:00:05',
      retryAt: '2026-08-19T12:00:05.000Z',
      details: { group: 'org-a', left: 0 },
    });
    const call = clientAnswering(body, 429).models.generateContent(request);
    await expect(call).rejects.toThrow(ApiError);
    await expect(call).rejects.toMatchObject({ status: 429 });
    expect(JSON.parse(body)).toEqual({
      error: {
        code: 429,
        message: 'No key is free before 12:00:05',
        status: 'RESOURCE_EXHAUSTED',
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: 'RATE_LIMITED',
            domain: 'rotato',
            metadata: { retryAt: '2026-08-19T12:00:05.000Z', group: 'org-a', left: '0' },
          },
        ],
      },
    });
  });

  it('end a stream with an exception', async () => {
    const event = geminiWire.renderStreamError('The upstream broke off');
    const client = clientAnswering(`data: {"candidates":[]}\n\n${event}`, 200, 'text/event-stream');
    const stream = await client.models.generateContentStream(request);
    const drain = async () => {
      for await (const _ of stream);
    };
    await expect(drain()).rejects.toThrow('The upstream broke off');
  });
});
