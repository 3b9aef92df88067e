import { describe, expect, it } from 'vitest';
import { modelListCall, readModelList } from './model-list.ts';
import { adapterFor } from './preset-adapter.ts';
import { presetFor } from './presets.ts';

const callOf = (preset: string | null, wire: 'openai' | 'anthropic' | 'gemini' = 'openai') =>
  modelListCall(adapterFor(presetFor(preset, wire)));

describe('the call that lists models', () => {
  it.each([
    ['openai', '/models'],
    ['anthropic', '/models?limit=1000'],
    ['gemini', '/models?pageSize=1000'],
    ['openrouter', '/models'],
    ['cohere', '/v1/models'],
    ['nvidia', '/models'],
  ])('of %s is %s', (preset, path) => {
    expect(callOf(preset)).toMatchObject({ method: 'GET', path });
  });

  it('carries the header without which Anthropic answers nobody', () => {
    expect(callOf('anthropic').headers).toEqual(['anthropic-version', '2023-06-01']);
    expect(callOf(null, 'anthropic').headers).toEqual(['anthropic-version', '2023-06-01']);
  });
});

describe('the list', () => {
  it.each([
    ['of OpenAI and Anthropic', { data: [{ id: 'b' }, { id: 'a' }, { id: 'a' }] }, ['a', 'b']],
    ['of Gemini', { models: [{ name: 'models/gemini-2.0-flash' }] }, ['gemini-2.0-flash']],
    ['of Cohere', { models: [{ name: 'command-r' }] }, ['command-r']],
    ['of Together', [{ id: 'meta/llama' }], ['meta/llama']],
    ['of nobody', { data: [] }, []],
    ['with holes', { data: [null, 1, { id: 5 }, { id: 'a' }] }, ['a']],
  ])('%s', (_, body, models) => {
    expect(readModelList(JSON.stringify(body))).toEqual(models);
  });

  it.each(['<html>', '{}', 'null', '"models"', '{"data": "none"}'])('is not in %s', (body) => {
    expect(readModelList(body)).toBeNull();
  });
});
