import type { ProviderView } from '../../../src/admin/contract.ts';
import { counted } from '../../format/numbers.ts';
import type { Tone } from '../../ui/badge.tsx';

export interface ProviderHealth {
  readonly tone: Exclude<Tone, 'neutral' | 'accent'>;
  readonly word: string;
  /** What callers will notice, or what to do. */
  readonly says: string;
}

/** `keyOptional`: it answers without a key, as programs on one's own machine do. */
export function healthOf(provider: ProviderView, keyOptional: boolean): ProviderHealth {
  const { all, ready, resting, rejected, disabled } = provider.keyCounts;
  if (provider.restorableUntil !== null) return { tone: 'disabled', word: 'Deleted', says: 'Calls get 404.' };
  if (provider.shadowed) {
    return { tone: 'disabled', word: 'Shadowed', says: 'The configuration file has a provider of this name.' };
  }
  if (!provider.enabled) return { tone: 'disabled', word: 'Disabled', says: 'Calls get 503 until it is enabled.' };
  if (all === 0) {
    return keyOptional
      ? { tone: 'ready', word: 'Ready', says: 'It needs no key.' }
      : { tone: 'resting', word: 'No keys', says: 'Add a key, and calls can be served.' };
  }
  const others = sayCounts({ resting, rejected, disabled });
  if (ready === all)
    return {
      tone: 'ready',
      word: 'Ready',
      says: all === 1 ? 'Its key is ready.' : `All ${counted(all, 'key')} are ready.`,
    };
  if (ready > 0) return { tone: 'ready', word: 'Ready', says: `${ready} of ${counted(all, 'key')} ready; ${others}.` };
  if (resting > 0)
    return { tone: 'resting', word: 'Resting', says: `No key is ready: ${others}. Calls wait for the first.` };
  return { tone: 'rejected', word: 'Not usable', says: `No key can be used: ${others}.` };
}

function sayCounts(counts: Readonly<Record<'resting' | 'rejected' | 'disabled', number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `${count} ${word}`)
    .join(', ');
}

/** How the bar of a card is divided, in per cent of all keys; empty for none. */
export function keyShares(
  counts: ProviderView['keyCounts'],
): readonly { readonly tone: ProviderHealth['tone']; readonly percent: number }[] {
  const parts = [
    { tone: 'ready', count: counts.ready },
    { tone: 'resting', count: counts.resting },
    { tone: 'rejected', count: counts.rejected },
    { tone: 'disabled', count: counts.disabled },
  ] as const;
  if (counts.all === 0) return [];
  return parts
    .filter(({ count }) => count > 0)
    .map(({ tone, count }) => ({ tone, percent: (count / counts.all) * 100 }));
}
