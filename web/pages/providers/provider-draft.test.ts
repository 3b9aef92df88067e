import { describe, expect, it } from 'vitest';
import type { ProviderSettingsView } from '../../../src/admin/contract.ts';
import {
  draftOfSettings,
  durationProblem,
  freeName,
  nameProblem,
  newProviderDraft,
  newProviderInput,
  providerProblems,
  settingsChange,
  statusProblem,
  urlProblem,
} from './provider-draft.ts';

const settings: ProviderSettingsView = {
  preset: 'openai',
  wire: 'openai',
  baseUrl: 'https://api.openai.com/v1',
  strategy: 'round-robin',
  rotateOn: [500, '502-504'],
  maxWait: '30s',
  maxWaitCeiling: '10m',
  timeouts: { connect: '10s', firstByte: '5m', idle: '5m' },
  allowPrivateAddress: false,
  groups: { 'org-a': { limits: [{ model: '*', rpm: 20, window: 'sliding' }] }, 'org-b': { limits: [] } },
};
const openai = { name: 'openai', wire: 'openai', baseUrl: 'https://api.openai.com/v1' } as const;

describe('a new provider', () => {
  it('takes its name from the preset, with a number where that is taken', () => {
    expect(newProviderDraft(openai, []).name).toBe('openai');
    expect(freeName('openai', ['openai', 'OpenAI-2'])).toBe('openai-3');
  });

  it('sends no more than was chosen', () => {
    expect(newProviderInput(newProviderDraft(openai, []), openai)).toEqual({ name: 'openai', preset: 'openai' });
    const custom = {
      ...newProviderDraft(null, []),
      name: ' local ',
      baseUrl: 'http://127.0.0.1:1/v1',
      allowPrivateAddress: true,
    };
    expect(newProviderInput(custom, null)).toEqual({
      name: 'local',
      wire: 'openai',
      baseUrl: 'http://127.0.0.1:1/v1',
      allowPrivateAddress: true,
    });
  });
});

describe('a change of settings', () => {
  const draft = draftOfSettings('openai', settings);

  it('is empty when nothing was touched', () => {
    expect(settingsChange(draft, settings)).toEqual({});
    expect(providerProblems(draft, [])).toEqual({});
  });

  it('holds what was touched, and null for a group that was taken away', () => {
    const typed = { ...draft, maxWait: '5s', rotateOn: '500+ 429', groups: draft.groups.slice(1) };
    expect(settingsChange(typed, settings)).toEqual({
      maxWait: '5s',
      rotateOn: ['500+', 429],
      groups: { 'org-a': null },
    });
  });

  it('gives the address of the preset back when the field is emptied', () => {
    expect(settingsChange({ ...draft, baseUrl: ' ' }, settings)).toEqual({ baseUrl: null });
  });

  it('holds a group whole when one of its figures changed', () => {
    const limits = [{ model: '*', figures: { rpm: '40k' }, window: '' as const }];
    const typed = { ...draft, groups: [{ name: 'org-a', limits }, ...draft.groups.slice(1)] };
    expect(settingsChange(typed, settings)).toEqual({ groups: { 'org-a': { limits: [{ model: '*', rpm: 40_000 }] } } });
  });
});

describe('problems said while typing', () => {
  it.each(['', 'a/b', 'a\nb', '__proto__', '🥔', 'admin', 'V1', 'healthz', 'openai', '-a', 'a.', 'a'.repeat(65)])(
    'the name %j',
    (name) => {
      expect(nameProblem(name, ['OpenAI'])).not.toBeNull();
    },
  );

  it('names that will do', () => {
    for (const name of ['groq', 'Groq', 'a', 'my_team-2', 'llama.cpp']) expect(nameProblem(name, [])).toBeNull();
  });

  it.each([
    'api.openai.com',
    'ftp://x/v1',
    'https://u:p@x/v1',
    'https://x/v1#a',
    'https://x/v1?a=b',
    'https://x/v1/v1',
    'https://x/v1/chat/completions',
    '',
  ])('the base URL %j', (url) => {
    expect(urlProblem(url, false)).not.toBeNull();
  });

  it('base URLs that will do', () => {
    for (const url of ['https://api.openai.com/v1', 'http://localhost:11434/v1/'])
      expect(urlProblem(url, false)).toBeNull();
    expect(urlProblem('', true)).toBeNull();
  });

  it('durations and statuses', () => {
    for (const text of ['0', '250ms', '1.5s', '5m', '1h']) expect(durationProblem(text)).toBeNull();
    for (const text of ['', '5', '5 s', '-1s', 'soon']) expect(durationProblem(text)).not.toBeNull();
    for (const text of ['', '500', '500, 502-504', '500+', '500=+']) expect(statusProblem(text)).toBeNull();
    for (const text of ['200', '5xx', '504-500', '600']) expect(statusProblem(text)).not.toBeNull();
  });

  it('groups and limits, by their place', () => {
    const groups = [
      { name: 'a', limits: [{ model: '*', figures: { rpm: '0' }, window: '' as const }] },
      { name: 'a', limits: [{ model: '', figures: {}, window: '' as const }] },
    ];
    const problems = providerProblems({ ...draftOfSettings('x', settings), groups }, []);
    expect(Object.keys(problems)).toEqual([
      'groups.0.limits.0.rpm',
      'groups.1.name',
      'groups.1.limits.0.model',
      'groups.1.limits.0.limit',
    ]);
  });
});
