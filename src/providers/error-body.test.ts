import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readErrorBody } from './error-body.ts';

describe('readErrorBody', () => {
  it.each<
    [shape: string, body: string, facts: readonly [message: string, words: readonly string[], status: number | null]]
  >([
    [
      'OpenAI',
      '{"error":{"message":"m","type":"tokens","param":null,"code":"rate_limit_exceeded"}}',
      ['m', ['rate_limit_exceeded', 'tokens'], null],
    ],
    [
      'Anthropic',
      '{"type":"error","error":{"type":"rate_limit_error","message":"m","details":{"error_code":"x"}}}',
      ['m', ['error', 'rate_limit_error', 'x'], null],
    ],
    [
      'Gemini',
      '{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"reason":"WHY"}]}}',
      ['m', ['resource_exhausted', 'why'], 429],
    ],
    ['Gemini in a list', '[{"error":{"code":400,"message":"m","status":"X"}}]', ['m', ['x'], 400]],
    ['xAI', '{"code":"invalid-argument","error":"m"}', ['m', ['invalid-argument'], null]],
    ['Mistral', '{"object":"error","message":"m","type":"t","param":null,"code":"1300"}', ['m', ['1300', 't'], null]],
    ['Mistral, bad key', '{"detail":"m"}', ['m', [], null]],
    ['Cohere', '{"id":"i","message":"m","error_type":"TOO_MANY_TOKENS"}', ['m', ['too_many_tokens'], null]],
    ['Ollama', '{"error":"m"}', ['m', [], null]],
    ['NVIDIA', '{"status":429,"title":"m"}', ['m', [], 429]],
    ['Azure', '{"error":{"code":"401","message":"m"}}', ['m', ['401'], 401]],
    ['FastAPI', '{"detail":[{"loc":["body"],"msg":"m","type":"missing"}]}', ['m', [], null]],
    ['OpenRouter', '{"error":{"code":402,"message":"m","metadata":{"limit_source":"s"}}}', ['m', ['s'], 402]],
    ['a failed response', '{"response":{"error":{"code":"c","message":"m"}}}', ['m', ['c'], null]],
    ['a JSON string', '"m"', ['m', [], null]],
    ['HTML', '<!DOCTYPE html><html><head><title>m</title></head><body>…', ['m', [], null]],
    ['HTML without a title', '<html><body>…', ['', [], null]],
    ['plain text', '  m\n', ['m', [], null]],
    ['nothing', '', ['', [], null]],
    ['OpenAI, cut', '{"error":{"type":"tokens","message":"m', ['m', ['tokens'], null]],
  ])('reads the shape of %s', (_, body, expected) => {
    const { message, words, status } = readErrorBody(body);
    expect([message, [...words].sort(), status]).toEqual(expected);
  });

  it('reads what Google adds', () => {
    const facts = readErrorBody(
      '{"error":{"details":[{"violations":[{"quotaId":"PerDay","quotaValue":"20"},{"quotaId":"x"}]},{"retryDelay":"48s"}]}}',
    );
    expect(facts.violations).toEqual([
      { quotaId: 'PerDay', quotaValue: 20 },
      { quotaId: 'x', quotaValue: null },
    ]);
    expect(facts.retryDelay).toBe('48s');
  });

  it('reads the headers OpenRouter quotes', () => {
    const facts = readErrorBody('{"error":{"metadata":{"headers":{"X-RateLimit-Reset":"4102444800000"}}}}');
    expect(facts.headers.get('x-ratelimit-reset')).toBe('4102444800000');
  });

  it('never throws and always stays small, whatever the body', () => {
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((error) => JSON.stringify({ error })),
      fc.jsonValue().map((details) => JSON.stringify({ error: { details, metadata: details } })),
    );
    fc.assert(
      fc.property(body, (text) => {
        const facts = readErrorBody(text);
        expect(facts.message).toBeTypeOf('string');
        expect(facts.message.length).toBeLessThanOrEqual(4_096);
        for (const word of facts.words) expect(word.length).toBeLessThanOrEqual(80);
      }),
    );
  });
});
