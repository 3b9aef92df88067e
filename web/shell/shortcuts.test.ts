import { describe, expect, it } from 'vitest';
import { spell } from './shortcuts.ts';

describe('a shortcut is spelt', () => {
  const press = (key: string, held: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey', boolean>> = {}) =>
    spell({ key, ctrlKey: false, metaKey: false, altKey: false, ...held });

  it('alike with Ctrl and with ⌘', () => {
    expect([press('k', { ctrlKey: true }), press('K', { metaKey: true })]).toEqual(['mod+k', 'mod+k']);
  });

  it('by what the key writes, so that ? is ? on every keyboard', () => {
    expect([press('?'), press('/'), press('g'), press('ArrowUp', { altKey: true })]).toEqual(['?', '/', 'g', 'alt+up']);
  });

  it('not at all while only a modifier is down', () => {
    expect([press('Shift'), press('Control', { ctrlKey: true })]).toEqual([null, null]);
  });
});
