import { describe, expect, it } from 'vitest';
import type { ProviderView } from '../../../src/admin/contract.ts';
import { type Chat, readDelta, readRefusal, writeChat } from './chat-wire.ts';

function chat(wire: ProviderView['settings']['wire'], given: Partial<Chat> = {}): Chat {
  const baseUrl = 'https://upstream.example/v1';
  return {
    provider: { name: 'mine', settings: { wire, preset: null, baseUrl } as ProviderView['settings'] },
    model: 'm-1',
    system: '',
    turns: [
      { role: 'user', text: 'Hi' },
      { role: 'assistant', text: 'Hello' },
      { role: 'user', text: 'Bye' },
    ],
    clientKey: 'rk-panel',
    origin: 'http://127.0.0.1:8990',
    ...given,
  };
}

describe('a chat', () => {
  it("is written in OpenAI's format", () => {
    const { url, headers, body } = writeChat(chat('openai', { system: 'Be brief.' }));
    expect(url).toBe('http://127.0.0.1:8990/mine/chat/completions');
    expect(headers).toEqual({ authorization: 'Bearer rk-panel' });
    expect(body).toMatchObject({ model: 'm-1', stream: true });
    expect(JSON.stringify(body)).toContain('{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}');
  });

  it("is written in Anthropic's format", () => {
    const { url, headers, body } = writeChat(chat('anthropic', { system: 'Be brief.' }));
    expect(url).toBe('http://127.0.0.1:8990/mine/v1/messages');
    expect(headers).toMatchObject({ 'x-api-key': 'rk-panel' });
    expect(body).toMatchObject({ system: 'Be brief.', max_tokens: 4096, stream: true });
  });

  it("is written in Google's format, where an assistant is a model and a model part of the path", () => {
    const { url, body } = writeChat(chat('gemini', { model: 'models/gemini-2.5-flash' }));
    expect(url).toBe('http://127.0.0.1:8990/mine/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse');
    expect(body).toEqual({
      contents: [
        { role: 'user', parts: [{ text: 'Hi' }] },
        { role: 'model', parts: [{ text: 'Hello' }] },
        { role: 'user', parts: [{ text: 'Bye' }] },
      ],
    });
  });
});

describe('an answer', () => {
  it('is read from the events of each format', () => {
    expect(readDelta('openai', '{"choices":[{"delta":{"content":"He"}}]}')).toBe('He');
    expect(readDelta('openai', '{"choices":[],"usage":{"total_tokens":3}}')).toBeNull();
    expect(readDelta('openai', '[DONE]')).toBeNull();
    expect(readDelta('anthropic', '{"type":"content_block_delta","delta":{"type":"text_delta","text":"He"}}')).toBe(
      'He',
    );
    expect(readDelta('anthropic', '{"type":"ping"}')).toBeNull();
    expect(readDelta('gemini', '{"candidates":[{"content":{"parts":[{"text":"He"},{"text":"llo"}]}}]}')).toBe('Hello');
  });

  it('that breaks off with an error event says so', () => {
    expect(() => readDelta('anthropic', '{"type":"error","error":{"message":"Overloaded"}}')).toThrow('Overloaded');
  });

  it('that is a refusal is put into words', () => {
    expect(readRefusal('{"error":{"message":"No room for 41 s."}}')).toBe('No room for 41 s.');
    expect(readRefusal('[{"error":{"message":"Quota"}}]')).toBe('Quota');
    expect(readRefusal('<html>')).toBe('<html>');
  });
});
