import { describe, expect, it } from 'vitest';
import { HeaderList } from '../model/header-list.ts';
import { WIRES } from '../model/provider.ts';
import { Secret } from '../model/secret.ts';
import { adapterFor } from './preset-adapter.ts';
import { PRESETS, presetFor } from './presets.ts';
import { testProviderAdapter } from './provider-adapter.contract.ts';

for (const [name, preset] of PRESETS) testProviderAdapter(name, adapterFor(preset));
for (const wire of WIRES) testProviderAdapter(`custom, ${wire} wire`, adapterFor(presetFor(null, wire)));

function adapterOf(name: string) {
  return adapterFor(presetFor(name, 'openai'));
}

describe('adapterFor', () => {
  it('makes one adapter a preset', () => {
    expect(adapterOf('openai')).toBe(adapterOf('openai'));
    expect(adapterOf('openai')).not.toBe(adapterOf('groq'));
  });

  it.each([
    ['openai', 'sk-1', ['authorization', 'Bearer sk-1']],
    ['anthropic', 'sk-ant-1', ['x-api-key', 'sk-ant-1']],
    ['gemini', 'AIza1', ['x-goog-api-key', 'AIza1']],
    ['gemini', 'ya29.token', ['authorization', 'Bearer ya29.token']],
    ['gemini-openai', 'AIza1', ['authorization', 'Bearer AIza1']],
    ['azure', 'abc', ['api-key', 'abc']],
    ['azure', 'eyJhbGciOi', ['authorization', 'Bearer eyJhbGciOi']],
  ])('puts a key of %s where the vendor wants it', (name, secret, header) => {
    expect(adapterOf(name).authorize(new Secret(secret))).toEqual(header);
  });

  it.each([
    ['openai', 'gpt-4o-2024-08-06', 'gpt-4o'],
    ['openai', 'gpt-4o', 'gpt-4o'],
    ['openai', 'gpt-4o-mini', 'gpt-4o-mini'],
    ['anthropic', 'claude-opus-4-1-20250805', 'claude-opus-4'],
    ['anthropic', 'claude-opus-4-5', 'claude-opus-4'],
    ['anthropic', 'claude-sonnet-4-5', 'claude-sonnet-4'],
    ['anthropic', 'claude-3-5-haiku-20241022', 'claude-3-5-haiku-20241022'],
    ['openrouter', 'qwen/qwen3-coder:free', ':free'],
    ['openrouter', 'qwen/qwen3-coder', 'qwen/qwen3-coder'],
    ['gemini-openai', 'models/gemini-2.5-flash', 'gemini-2.5-flash'],
    ['groq', 'llama-3.1-8b-instant', 'llama-3.1-8b-instant'],
  ])('counts the models of %s by class: %s as %s', (name, model, modelClass) => {
    expect(adapterOf(name).traits.modelClass(model)).toBe(modelClass);
  });

  it('reads the organisation from the headers, and from a refusal where they are silent', () => {
    const openai = new HeaderList(['OpenAI-Organization', 'org-a', 'openai-project', 'proj_1']);
    expect(adapterOf('openai').organisationOf(openai)).toBe('org-a');
    expect(adapterOf('anthropic').organisationOf(new HeaderList(['anthropic-organization-id', 'uuid']))).toBe('uuid');
    const silent = new HeaderList([]);
    expect(adapterOf('groq').organisationOf(silent)).toBeNull();
    expect(adapterOf('groq').organisationOf(silent, 'in organization `org_01hvx2v8` service tier')).toBe(
      'org_01hvx2v8',
    );
    expect(adapterOf('openrouter').organisationOf(silent, '{"error":{},"user_id":"user_2abcDEF"}')).toBe(
      'user_2abcDEF',
    );
  });

  it('knows self-hosted servers by their one limit', () => {
    for (const name of ['ollama', 'llama.cpp', 'vllm']) expect(adapterOf(name).traits.concurrencyOnly).toBe(true);
    expect(adapterOf('openai').traits.concurrencyOnly).toBe(false);
  });
});
