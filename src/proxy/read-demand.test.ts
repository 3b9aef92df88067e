import { describe, expect, it } from 'vitest';
import { providerOf } from '../../test/support/snapshot.ts';
import { RotatoError } from '../errors.ts';
import { HeaderList } from '../model/header-list.ts';
import { adapterFor } from '../providers/preset-adapter.ts';
import { presetFor } from '../providers/presets.ts';
import { readFacts, readWishes } from './read-demand.ts';
import type { RequestBody } from './request-body.ts';

const wishes = (headers: readonly string[], target = '/openai/x') => readWishes(new HeaderList(headers), target);

describe('wishes', () => {
  it('are none where the caller has none', () => {
    expect(wishes(['authorization', 'Bearer sk-dummy'])).toMatchObject({
      maxWaitMs: null,
      priority: 'interactive',
      affinity: null,
    });
    expect(wishes([]).rotateOn.size).toBe(0);
  });

  it.each([
    ['5s', 5_000],
    [' 250ms ', 250],
    ['2m', 120_000],
    ['0', 0],
  ])('x-rotato-max-wait: %s', (text, maxWaitMs) => {
    expect(wishes(['X-Rotato-Max-Wait', text]).maxWaitMs).toBe(maxWaitMs);
  });

  it.each([
    ['the header', ['x-rotato-rotate-on', '500, 502-503'], '/openai/x', [500, 502, 503]],
    ['the directive', ['authorization', 'Bearer [STATUS_CODES:598+]'], '/openai/x', [599]],
    ['the directive of Gemini', ['x-goog-api-key', '[STATUS_CODES:598=+]k'], '/openai/x', [598, 599]],
    ['the directive in the query', [], '/openai/x?key=[STATUS_CODES:500]', [500]],
    ['the directive in the query, encoded', [], '/openai/x?key=%5BSTATUS_CODES:500%5D', [500]],
    ['the directive in a second header', ['x-api-key', 'k', 'x-api-key', '[STATUS_CODES:500]'], '/openai/x', [500]],
    ['both', ['x-rotato-rotate-on', '502', 'api-key', '[STATUS_CODES:500]'], '/openai/x', [500, 502]],
    ['an empty list', ['x-rotato-rotate-on', ' ', 'api-key', '[STATUS_CODES:]'], '/openai/x', []],
  ])('statuses to rotate on come from %s', (_where, headers, target, statuses) => {
    expect(wishes(headers, target).rotateOn.values()).toEqual(statuses);
  });

  it('priority and affinity are taken as they are written', () => {
    expect(wishes(['x-rotato-priority', 'batch', 'x-rotato-affinity', 'chat 7'])).toMatchObject({
      priority: 'batch',
      affinity: 'chat 7',
    });
  });

  it.each([
    ['x-rotato-max-wait', 'soon'],
    ['x-rotato-max-wait', '-5s'],
    ['x-rotato-max-wait', '5'],
    ['x-rotato-rotate-on', '600'],
    ['x-rotato-rotate-on', '503-500'],
    ['x-rotato-rotate-on', 'all'],
    ['x-rotato-priority', 'high'],
    ['authorization', '[STATUS_CODES:abc]'],
  ])('that make no sense are refused, and said which: %s: %s', (name, value) => {
    let refused: unknown = null;
    try {
      wishes([name, value]);
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(RotatoError);
    expect(refused).toMatchObject({
      status: 400,
      message: expect.stringContaining(name === 'authorization' ? '[STATUS_CODES:…]' : name),
    });
  });
});

function factsOf(preset: string, path: string, text: string, lengthBytes: number | null = Buffer.byteLength(text)) {
  const peek = Buffer.from(text);
  const body: RequestBody = { peek, lengthBytes, replayable: true, open: () => peek, close: async () => {} };
  const adapter = adapterFor(presetFor(preset, 'openai'));
  return readFacts({ adapter, route: { provider: providerOf(), path }, body }, true);
}

/** A form as browsers and SDKs write it. */
const form = (...fields: readonly (readonly [string, string])[]) =>
  `${fields.map(([name, value]) => `--b\r\nContent-Disposition: form-data; ${name}\r\n\r\n${value}\r\n`).join('')}--b--\r\n`;

describe('the model', () => {
  it.each([
    ['openai', '/chat/completions', '{"model":"gpt-5","messages":[{"model":"other"}]}', 'gpt-5'],
    ['openai', '/chat/completions', '{"model":""}', 'unknown'],
    ['openai', '/chat/completions', '{"model":7}', 'unknown'],
    ['openai', '/chat/completions', 'not JSON', 'unknown'],
    ['openai', '/models', '', 'unknown'],
    ['openai', '/audio/transcriptions', form(['name="model"', 'whisper-1']), 'whisper-1'],
    ['openai', '/audio/transcriptions', form(['name="file"; filename="a"', '\0"model"'], ['name="model"', 'w']), 'w'],
    ['openai', '/files', form(['name="purpose"', 'batch']), 'unknown'],
    ['gemini', '/v1beta/models/gemini-2.5-flash:generateContent', '{"model":"other"}', 'gemini-2.5-flash'],
  ])('%s %s %j is %s', (...[preset, path, body, model]) => {
    expect(factsOf(preset, path, body).model).toBe(model);
  });
});

describe('the size', () => {
  it.each([
    ['max_tokens', '{"max_tokens":100}', 100],
    ['max_completion_tokens before max_tokens', '{"max_tokens":100,"max_completion_tokens":200}', 200],
    ['max_output_tokens', '{"max_output_tokens":300}', 300],
    ['maxOutputTokens of Gemini', '{"generationConfig":{"maxOutputTokens":400}}', 400],
    ['a negative number', '{"max_tokens":-1}', null],
    ['no number', '{"max_tokens":"100"}', null],
    ['nothing', '{}', null],
  ])('counts %s', (_what, body, maxOutputTokens) => {
    expect(factsOf('openai', '/x', body).tokens).toEqual({ bodyBytes: body.length, maxOutputTokens });
  });

  it('is what was seen where the whole is not known', () => {
    expect(factsOf('openai', '/x', '{}', null).tokens.bodyBytes).toBe(2);
    expect(factsOf('openai', '/x', '{}', 9_000_000).tokens.bodyBytes).toBe(9_000_000);
  });
});

describe('references', () => {
  it('are those of the path and of the body', () => {
    const { references } = factsOf('openai', '/batches', '{"input_file_id":"file-abc"}');
    expect(references).toContain('file-abc');
    expect(factsOf('openai', '/files/file-xyz/content', '').references).toContain('file-xyz');
  });
});
