import { describe, expect, it } from 'vitest';
import type { SettingView } from '../../../src/admin/contract.ts';
import {
  factsOf,
  saySource,
  sectionsOf,
  settingPatch,
  settingProblem,
  settingText,
  settingValue,
} from './setting-catalog.ts';

function setting(name: string, about: Partial<SettingView> = {}): SettingView {
  return { name, value: '1', source: { kind: 'default', detail: '' }, editable: true, ...about };
}

describe('settings on the page', () => {
  it('stand in the first section that has them, each once', () => {
    const names = [
      'access',
      'limits.drain',
      'limits.retries',
      'listen.port',
      'cors',
      'logLevel',
      'odd',
      'providers.openai.strategy',
    ];
    const sections = sectionsOf(names.map((name) => setting(name)));
    expect(sections.map(({ id, settings }) => [id, ...settings.map(({ name }) => name)])).toEqual([
      ['waiting', 'limits.retries'],
      ['limits', 'limits.drain'],
      ['network', 'listen.port', 'cors'],
      ['log', 'logLevel'],
      ['other', 'odd'],
    ]);
  });

  it('say where they come from, and where else to change them', () => {
    const from = (kind: SettingView['source']['kind'], detail: string, editable = false) =>
      saySource(setting('listen.port', { source: { kind, detail }, editable }));
    expect(from('flag', '--port')).toContain('--port');
    expect(from('environment', 'ROTATO_PORT')).toContain('ROTATO_PORT');
    expect(from('file', 'rotato.yaml:3')).toContain('rotato.yaml:3');
    expect(from('store', '', true)).toBe('Set here.');
    expect(from('default', '')).toContain('restart');
    expect(from('default', '', true)).toBe('Default.');
  });

  it('are known by their value where they are not known by name', () => {
    expect(factsOf('limits.drain', '30s').kind).toBe('duration');
    expect(factsOf('odd', true).kind).toBe('flag');
    expect(factsOf('odd', ['a']).kind).toBe('list');
    expect(factsOf('odd', [{ model: 'a' }]).kind).toBe('fixed');
  });
});

describe('a setting as it is typed', () => {
  it('is read by its kind, and empty is the default', () => {
    expect(settingValue('list', 'a, b\n c')).toEqual(['a', 'b', 'c']);
    expect(settingValue('integer', '20')).toBe(20);
    expect(settingValue('duration', ' 5s ')).toBe('5s');
    expect(settingValue('size', '')).toBeNull();
    expect(settingText(['a', 'b'])).toBe('a\nb');
    expect(settingText(null)).toBe('');
  });

  it.each([
    ['duration', '5', true],
    ['duration', '5s', false],
    ['size', '5s', true],
    ['size', '100MB', false],
    ['integer', '2.5', true],
    ['integer', '', false],
    ['text', 'anything', false],
  ] as const)('as %s, %j is wrong: %s', (kind, text, isWrong) => {
    expect(settingProblem(kind, text) !== null).toBe(isWrong);
  });

  it('is sent as a merge patch', () => {
    expect(settingPatch('limits.drain', '5s')).toEqual({ limits: { drain: '5s' } });
    expect(settingPatch('cors', ['https://a'])).toEqual({ cors: ['https://a'] });
  });
});
