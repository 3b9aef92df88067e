import type { BulkAct, KeyView } from '../../../../src/admin/contract.ts';
import { counted } from '../../../format/numbers.ts';

const RESTORABLE_MS = 60_000;

/** How a key will look once an act has been carried out, so that it can be shown at once. */
export function afterAct(key: KeyView, act: BulkAct, now: number): KeyView {
  switch (act) {
    case 'enable':
      return { ...key, enabled: true, state: isSetAside(key) ? stateOf('ready', now) : key.state };
    case 'disable':
      return { ...key, enabled: false, state: stateOf('disabled', now) };
    case 'drain':
      return { ...key, state: stateOf('draining', now) };
    case 'clear':
      return isSetAside(key) ? key : { ...key, state: stateOf('ready', now) };
    case 'remove':
      return { ...key, restorableUntil: now + RESTORABLE_MS };
    case 'restore':
      return { ...key, restorableUntil: null };
    case 'part':
    case 'validate':
      return key;
  }
}

function isSetAside({ state }: KeyView): boolean {
  return state.state === 'disabled' || state.state === 'draining';
}

function stateOf(state: KeyView['state']['state'], since: number): KeyView['state'] {
  return { state, reason: null, since, until: null };
}

const DONE: Readonly<Record<BulkAct, (what: string) => string>> = {
  enable: (what) => `Enabled ${what}.`,
  disable: (what) => `Disabled ${what}.`,
  drain: (what) => `Draining ${what}: what runs may finish.`,
  clear: (what) => `Restored ${what}: the rest is over.`,
  part: (what) => `Noted: ${what} does not share its quota.`,
  remove: (what) => `Deleted ${what}.`,
  restore: (what) => `${what} back in the list.`,
  validate: (what) => `Tested ${what}.`,
};

/** "Disabled team-a." or "Disabled 3 keys." */
export function sayDone(keys: readonly Pick<KeyView, 'label'>[], act: BulkAct): string {
  return DONE[act](keys.length === 1 && keys[0] !== undefined ? keys[0].label : counted(keys.length, 'key'));
}

/** The act that takes one back; null for those that need none. */
export function undoOf(act: BulkAct): BulkAct | null {
  if (act === 'disable' || act === 'drain') return 'enable';
  return act === 'remove' ? 'restore' : null;
}

const TESTED: Readonly<Record<'valid' | 'exhausted' | 'invalid' | 'unknown', string>> = {
  valid: 'is valid.',
  exhausted: 'is genuine, but its quota is spent.',
  invalid: 'was refused by the provider. Check it there, or put in a new one.',
  unknown: 'could not be tested: the provider did not say.',
};

export function sayTested(key: Pick<KeyView, 'label' | 'validity'>): string {
  return `${key.label} ${TESTED[key.validity?.said ?? 'unknown']}`;
}

/** How many tests came out which way: "3 valid, 1 refused". */
export function sayAllTested(keys: readonly Pick<KeyView, 'validity'>[]): string {
  const words = { valid: 'valid', exhausted: 'without quota', invalid: 'refused', unknown: 'not told' } as const;
  const counts = new Map<string, number>();
  for (const { validity } of keys) {
    const word = words[validity?.said ?? 'unknown'];
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, count]) => `${count} ${word}`).join(', ');
}
