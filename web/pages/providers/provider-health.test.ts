import { describe, expect, it } from 'vitest';
import type { ProviderView } from '../../../src/admin/contract.ts';
import { healthOf, keyShares } from './provider-health.ts';

function provider(counts: Partial<ProviderView['keyCounts']>, about: Partial<ProviderView> = {}): ProviderView {
  const keyCounts = { all: 0, ready: 0, resting: 0, rejected: 0, disabled: 0, ...counts };
  return { keyCounts, enabled: true, shadowed: false, restorableUntil: null, ...about } as ProviderView;
}

describe('the health of a provider', () => {
  it.each([
    [provider({ all: 2, ready: 2 }), 'Ready', 'All 2 keys are ready.'],
    [provider({ all: 4, ready: 2, resting: 1, rejected: 1 }), 'Ready', '2 of 4 keys ready; 1 resting, 1 rejected.'],
    [
      provider({ all: 2, resting: 1, disabled: 1 }),
      'Resting',
      'No key is ready: 1 resting, 1 disabled. Calls wait for the first.',
    ],
    [provider({ all: 1, rejected: 1 }), 'Not usable', 'No key can be used: 1 rejected.'],
    [provider({}), 'No keys', 'Add a key, and calls can be served.'],
    [provider({ all: 1, ready: 1 }, { enabled: false }), 'Disabled', 'Calls get 503 until it is enabled.'],
    [
      provider({ all: 1, ready: 1 }, { shadowed: true }),
      'Shadowed',
      'The configuration file has a provider of this name.',
    ],
    [provider({ all: 1 }, { restorableUntil: 5 }), 'Deleted', 'Calls get 404.'],
  ])('%#: %j', (view, word, says) => {
    expect(healthOf(view, false)).toMatchObject({ word, says });
  });

  it('needs no key where the preset says so', () => {
    expect(healthOf(provider({}), true)).toMatchObject({ tone: 'ready', says: 'It needs no key.' });
  });

  it('is drawn by shares of all keys', () => {
    expect(keyShares(provider({ all: 4, ready: 3, rejected: 1 }).keyCounts)).toEqual([
      { tone: 'ready', percent: 75 },
      { tone: 'rejected', percent: 25 },
    ]);
    expect(keyShares(provider({}).keyCounts)).toEqual([]);
  });
});
