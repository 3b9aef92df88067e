import type { KeyState } from '../../src/admin/contract.ts';
import type { Tone } from './badge.tsx';

/** The word and the colour of each state, the same wherever one is shown. */
export const STATE_WORDS: Readonly<Record<KeyState, string>> = {
  ready: 'Ready',
  cooling: 'Resting',
  exhausted: 'Exhausted',
  rejected: 'Rejected',
  unavailable: 'No such model',
  disabled: 'Disabled',
  draining: 'Draining',
};

export const STATE_TONES: Readonly<Record<KeyState, Exclude<Tone, 'neutral' | 'accent'>>> = {
  ready: 'ready',
  cooling: 'resting',
  exhausted: 'exhausted',
  rejected: 'rejected',
  unavailable: 'disabled',
  disabled: 'disabled',
  draining: 'disabled',
};

/** The way back, in a sentence without its instant. */
export const STATE_WAYS_BACK: Readonly<Record<KeyState, string>> = {
  ready: 'Takes requests now.',
  cooling: 'The provider asked for a pause. It comes back by itself.',
  exhausted: 'Its quota is spent. It comes back by itself when the quota does; one request tries it first.',
  rejected: 'The provider refused the credential. Check it at the provider, then test it or put in a new one.',
  unavailable: 'The provider says this account may not use the model. Other models go on.',
  disabled: 'Taken out of service here. Enable it to use it again.',
  draining: 'Finishing what runs; takes nothing new. Enable it to use it again.',
};
