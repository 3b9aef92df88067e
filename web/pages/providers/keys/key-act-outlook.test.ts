import { describe, expect, it } from 'vitest';
import { BULK_ACTS, type KeyView } from '../../../../src/admin/contract.ts';
import { afterAct, sayAllTested, sayDone, sayTested, undoOf } from './key-act-outlook.ts';

function key(state: KeyView['state']['state'], about: Partial<KeyView> = {}): KeyView {
  return {
    label: 'team-a',
    enabled: true,
    restorableUntil: null,
    state: { state, reason: 'why', since: 1, until: 9 },
    ...about,
  } as KeyView;
}
const stateAfter = (from: KeyView['state']['state'], act: (typeof BULK_ACTS)[number]) =>
  afterAct(key(from), act, 5).state.state;

describe('what an act will have done', () => {
  it('is shown before it is', () => {
    expect(stateAfter('ready', 'disable')).toBe('disabled');
    expect(stateAfter('disabled', 'enable')).toBe('ready');
    expect(stateAfter('cooling', 'enable')).toBe('cooling');
    expect(stateAfter('cooling', 'clear')).toBe('ready');
    expect(stateAfter('disabled', 'clear')).toBe('disabled');
    expect(stateAfter('ready', 'drain')).toBe('draining');
    expect(afterAct(key('ready'), 'remove', 5).restorableUntil).toBe(60_005);
    expect(afterAct(key('ready', { restorableUntil: 7 }), 'restore', 5).restorableUntil).toBeNull();
  });

  it('can be taken back where it takes something away', () => {
    expect(BULK_ACTS.filter((act) => undoOf(act) !== null)).toEqual(['disable', 'drain', 'remove']);
  });

  it('is said for one key by its label, for many by their number', () => {
    expect(sayDone([key('ready')], 'disable')).toBe('Disabled team-a.');
    expect(sayDone([key('ready'), key('ready')], 'remove')).toBe('Deleted 2 keys.');
  });

  it('is, for a test, what the provider said', () => {
    const invalid = key('ready', { validity: { said: 'invalid', at: 1 } });
    expect(sayTested(invalid)).toContain('refused');
    expect(sayTested(key('ready', { validity: null }))).toContain('could not be tested');
    expect(sayAllTested([invalid, invalid, key('ready', { validity: { said: 'valid', at: 1 } })])).toBe(
      '2 refused, 1 valid',
    );
  });
});
