import { describe, expect, it } from 'vitest';
import type { PoolGroupView, PoolView, StateView, WindowView } from '../../../src/admin/contract.ts';
import { linesOfGroup, listSetAside, runsOutAt, stateOfGroup } from './what-is-next.ts';

const NOW = 1_000_000;
const READY = { state: 'ready', reason: null, since: null, until: null } as const;

function resting(until: number | null, state: 'cooling' | 'exhausted' | 'disabled' = 'cooling') {
  return { state, reason: 'Limit 20, used 20', since: NOW, until } as const;
}

function rateWindow(left: number, spentInMs: number | null, name = 'requests/min'): WindowView {
  return {
    name,
    dimension: 'requests',
    periodMs: 60_000,
    limit: 100,
    left,
    source: 'typed',
    algorithm: 'sliding',
    nextRoomAt: null,
    fullAt: NOW,
    runsOutAt: spentInMs === null ? null : NOW + spentInMs,
  };
}

function group(given: Partial<PoolGroupView>): PoolGroupView {
  const label = given.label ?? 'org-a';
  return {
    ...READY,
    name: label,
    label,
    keys: [label],
    merged: [],
    windows: [],
    concurrency: null,
    buckets: [],
    ...given,
  };
}

function provider(given: Partial<PoolView['providers'][number]>): PoolView['providers'][number] {
  const name = 'openai';
  return {
    name,
    enabled: true,
    waiting: 0,
    running: 0,
    capacityNow: null,
    groups: [],
    groupCount: 0,
    keyCount: 0,
    keys: [],
    overloaded: [],
    ...given,
  };
}

function bucket(modelClass: string, windows: readonly WindowView[]): PoolGroupView['buckets'][number] {
  return { ...READY, modelClass, running: 0, windows, concurrency: null, slowStart: null };
}

describe('what is set aside', () => {
  it('is listed by when it is back, and not where the operator did it', () => {
    const groups = [
      group({ label: 'late', ...resting(NOW + 9_000) }),
      group({ label: 'never', ...resting(null, 'exhausted') }),
      group({ label: 'soon', buckets: [{ ...bucket('gpt-4o', []), ...resting(NOW + 1_000) }] }),
      group({ label: 'off', ...resting(null, 'disabled') }),
    ];
    const overloaded = [{ modelClass: 'o3', until: NOW + 5_000, reason: 'overloaded' }];
    const pool = { at: NOW, waiting: 0, providers: [provider({ groups, overloaded })] };
    expect(listSetAside(pool).map(({ name }) => name)).toEqual(['soon for gpt-4o', 'openai for o3', 'late', 'never']);
  });

  it('says nothing of a provider that is switched off', () => {
    const groups = [group(resting(NOW + 1_000))];
    expect(listSetAside({ at: NOW, waiting: 0, providers: [provider({ enabled: false, groups })] })).toEqual([]);
  });
});

describe('when the pool runs out', () => {
  it('is when all groups together are spent, as one goes on with what another cannot take', () => {
    const groups = [
      group({ label: 'a', windows: [rateWindow(10, 10_000)] }),
      group({ label: 'b', windows: [rateWindow(30, 30_000)] }),
    ];
    expect(runsOutAt(provider({ groups }), NOW)).toBe(NOW + 20_000);
  });

  it('is never while one of them is not going to be spent', () => {
    const groups = [group({ windows: [rateWindow(10, 10_000)] }), group({ windows: [rateWindow(90, null)] })];
    expect(runsOutAt(provider({ groups }), NOW)).toBeNull();
  });

  it('is never while one of them has no such limit at all', () => {
    const groups = [group({ windows: [rateWindow(10, 10_000)] }), group({})];
    expect(runsOutAt(provider({ groups }), NOW)).toBeNull();
  });

  it('is nothing to foretell of what is full already', () => {
    const full = { ...rateWindow(0.4, 1_000), nextRoomAt: NOW + 2_000 };
    expect(runsOutAt(provider({ groups: [group({ windows: [full] })] }), NOW)).toBeNull();
  });

  it('leaves out what is set aside, and takes the first kind of limit that is spent', () => {
    const groups = [
      group({ windows: [rateWindow(10, 50_000), rateWindow(5, 8_000, 'requests/day')] }),
      group({ label: 'b', ...resting(NOW + 60_000) }),
    ];
    expect(runsOutAt(provider({ groups }), NOW)).toBe(NOW + 8_000);
  });
});

describe('the state of a group', () => {
  const key = (label: string, state: StateView) =>
    ({ ...state, id: label, label, group: 'org-a' }) as PoolView['providers'][number]['keys'][number];
  const rejected = { state: 'rejected', reason: 'Incorrect API key', since: NOW, until: null } as const;

  it('is that of its keys where none of them can be used', () => {
    const stateOf = (states: readonly StateView[], own: Partial<PoolGroupView> = {}) => {
      const keys = states.map((state, place) => key(`k${place}`, state));
      return stateOfGroup(provider({ keys }), group(own)).state;
    };
    expect(stateOf([rejected])).toBe('rejected');
    expect(stateOf([rejected, READY])).toBe('ready');
    expect(stateOf([])).toBe('ready');
    expect(stateOf([rejected], resting(NOW + 1))).toBe('cooling');
  });
});

describe('the lines of a group', () => {
  it('are its own windows and those of each model class that has any', () => {
    const windows = [rateWindow(1, null)];
    const modelClasses = (given: Partial<PoolGroupView>) =>
      linesOfGroup(group(given)).map(({ modelClass }) => modelClass);
    expect(modelClasses({ windows, buckets: [bucket('gpt-4o', windows), bucket('o3', [])] })).toEqual([null, 'gpt-4o']);
    expect(modelClasses({ buckets: [bucket('gpt-4o', windows)] })).toEqual(['gpt-4o']);
    expect(modelClasses({})).toEqual([null]);
  });
});
