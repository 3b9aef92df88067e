import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SnippetContext } from './snippet.ts';
import { shellWord } from './snippet-writing.ts';
import { openaiBaseUrl, snippetsFor } from './snippets.ts';
import { pickModel, usualModel } from './usual-models.ts';

const openai: SnippetContext = {
  origin: 'http://127.0.0.1:8990',
  provider: 'openai',
  wire: 'openai',
  preset: 'openai',
  upstream: 'https://api.openai.com/v1',
  model: 'gpt-4o-mini',
  credential: { kind: 'none' },
};

function codeOf(context: SnippetContext, id: string): string {
  const snippet = snippetsFor(context).find((candidate) => candidate.id === id);
  if (snippet === undefined) throw new Error(`no snippet ${id}`);
  return snippet.code;
}

describe('snippets', () => {
  it('send a chat with curl, without a credential where none is asked for', () => {
    expect(codeOf(openai, 'curl')).toBe(
      [
        'curl http://127.0.0.1:8990/openai/chat/completions \\',
        "  -H 'content-type: application/json' \\",
        `  -d '{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Say hello."}]}'`,
      ].join('\n'),
    );
  });

  it('read the client key from the environment where one is asked for', () => {
    const context: SnippetContext = { ...openai, credential: { kind: 'variable' } };
    expect(codeOf(context, 'curl-models')).toContain('-H "Authorization: Bearer $ROTATO_KEY"');
    expect(codeOf(context, 'python')).toContain('api_key=os.environ["ROTATO_KEY"]');
    expect(codeOf(context, 'python')).toContain('import os');
    expect(codeOf(context, 'javascript')).toContain('apiKey: process.env.ROTATO_KEY');
  });

  it('hold a secret that was made this moment', () => {
    const context: SnippetContext = { ...openai, credential: { kind: 'secret', secret: 'rk-1' } };
    for (const { code } of snippetsFor(context)) expect(code).toContain('rk-1');
  });

  it.each([
    [
      'openai',
      'openai',
      'https://api.openai.com/v1',
      ['curl', 'curl-models', 'python', 'javascript', 'vercel', 'codex'],
    ],
    [
      'anthropic',
      'anthropic',
      'https://api.anthropic.com/v1',
      ['curl', 'curl-models', 'python', 'javascript', 'vercel', 'claude-code'],
    ],
    [
      'gemini',
      'gemini',
      'https://generativelanguage.googleapis.com/v1beta',
      ['curl', 'curl-models', 'python', 'javascript', 'vercel'],
    ],
    ['openai', 'mistral', 'https://api.mistral.ai/v1', ['curl', 'curl-models', 'python', 'javascript', 'vercel']],
    ['openai', 'github', 'https://models.github.ai/inference', ['curl', 'python', 'javascript', 'vercel']],
    ['openai', 'cohere', 'https://api.cohere.com/v2', ['curl', 'curl-models']],
  ] as const)('of the %s wire, preset %s', (wire, preset, upstream, ids) => {
    const context: SnippetContext = { ...openai, provider: preset, wire, preset, upstream };
    expect(snippetsFor(context).map(({ id }) => id)).toEqual(ids);
  });

  it('end at the base URL that each SDK appends its own path to', () => {
    const anthropic: SnippetContext = { ...openai, provider: 'anthropic', wire: 'anthropic', preset: 'anthropic' };
    expect(codeOf(anthropic, 'python')).toContain('base_url="http://127.0.0.1:8990/anthropic"');
    expect(codeOf(anthropic, 'vercel')).toContain("baseURL: 'http://127.0.0.1:8990/anthropic/v1'");
    expect(codeOf(anthropic, 'claude-code')).toContain('ANTHROPIC_BASE_URL=http://127.0.0.1:8990/anthropic\n');
    const gemini: SnippetContext = { ...openai, provider: 'gemini', wire: 'gemini', preset: 'gemini' };
    expect(codeOf(gemini, 'javascript')).toContain("baseUrl: 'http://127.0.0.1:8990/gemini'");
    expect(codeOf(gemini, 'vercel')).toContain("baseURL: 'http://127.0.0.1:8990/gemini/v1beta'");
  });

  it('name the version where the base URL of the provider names none', () => {
    const custom = { ...openai, provider: 'local', preset: null };
    expect(openaiBaseUrl({ ...custom, upstream: 'http://127.0.0.1:9000' })).toBe('http://127.0.0.1:8990/local/v1');
    expect(openaiBaseUrl({ ...custom, upstream: 'http://127.0.0.1:9000/v1' })).toBe('http://127.0.0.1:8990/local');
    expect(
      openaiBaseUrl({ ...openai, preset: 'perplexity', provider: 'perplexity', upstream: 'https://api.perplexity.ai' }),
    ).toBe('http://127.0.0.1:8990/perplexity');
    expect(
      openaiBaseUrl({ ...openai, preset: 'azure', provider: 'azure', upstream: 'https://x.openai.azure.com/' }),
    ).toBe('http://127.0.0.1:8990/azure/openai/v1');
  });

  it('are one word to a shell, whatever a model is called', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !text.includes('\0')),
        (text) => {
          const printed = execFileSync('sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' });
          expect(printed).toBe(text);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('are JavaScript and JSON, whatever a model is called', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), (model) => {
        const code = codeOf({ ...openai, model }, 'javascript');
        const literal = /model: ('(?:[^'\\]|\\.)*'),/.exec(code)?.[1] ?? '';
        expect(Function(`return ${literal}`)()).toBe(model);
      }),
    );
  });
});

describe('the model of a snippet', () => {
  it('is the usual one where the provider has it or has not said', () => {
    expect(pickModel([], usualModel('openai', 'openai'))).toBe('gpt-4o-mini');
    expect(pickModel(['gpt-3', 'gpt-4o-mini'], 'gpt-4o-mini')).toBe('gpt-4o-mini');
    expect(usualModel(null, 'anthropic')).toBe('claude-sonnet-4-5');
  });

  it('is else the first that looks like chat, without the folder Google puts before it', () => {
    expect(pickModel(['text-embedding-3', 'whisper-1', 'llama-9'], 'gpt-4o-mini')).toBe('llama-9');
    expect(pickModel(['models/gemini-2.5-flash'], 'gemini-2.5-flash')).toBe('gemini-2.5-flash');
    expect(pickModel(['whisper-1'], 'gpt-4o-mini')).toBe('whisper-1');
  });
});
