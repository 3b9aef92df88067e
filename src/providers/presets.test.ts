import { describe, expect, it } from 'vitest';
import { RotatoError } from '../errors.ts';
import { WIRES } from '../model/provider.ts';
import { parseUpstreamUrl } from '../model/upstream-url.ts';
import { PRESETS, presetFor } from './presets.ts';

describe('PRESETS', () => {
  it('are told apart by their names', () => {
    for (const [name, preset] of PRESETS) expect(preset.name).toBe(name);
    expect(PRESETS.has('custom')).toBe(false);
  });

  it.each([...PRESETS.values()].map((preset) => [preset.name, preset] as const))('%s is a sound row', (_, preset) => {
    if (preset.baseUrl !== null) {
      const url = parseUpstreamUrl(preset.baseUrl);
      expect(url).toBeTypeOf('object');
      expect(preset.baseUrl.endsWith('/')).toBe(false);
      expect(preset.baseUrl.startsWith('https:')).toBe(!preset.selfHosted);
    }
    expect(preset.docs).toMatch(/^https:\/\//);
    expect(preset.title).not.toBe('');
    expect(preset.credential.header).toBe(preset.credential.header.toLowerCase());
    expect(preset.allowPrivateAddress).toBe(preset.selfHosted);
  });

  it('claims proof for those alone that were checked against recorded answers', () => {
    const proven = [...PRESETS.values()].filter((preset) => preset.proven).map(({ name }) => name);
    expect(proven.sort()).toEqual(['anthropic', 'azure', 'gemini', 'groq', 'ollama', 'openai', 'openrouter']);
  });
});

describe('presetFor', () => {
  it('gives the row named, whatever the wire', () => {
    expect(presetFor('groq', 'gemini').name).toBe('groq');
  });

  it('gives a custom row for each wire', () => {
    for (const wire of WIRES) {
      expect(presetFor(null, wire)).toMatchObject({ name: 'custom', wire, baseUrl: null, validation: null });
      expect(presetFor('custom', wire)).toBe(presetFor(null, wire));
    }
  });

  it('refuses a name it does not know, and says which it knows', () => {
    expect(() => presetFor('openia', 'openai')).toThrow(RotatoError);
    expect(() => presetFor('openia', 'openai')).toThrow(/openai, azure/);
  });
});
