import type { PooledKey } from './pooled-key.ts';
import type { PoolSettings } from './settings.ts';

/**
 * Two strikes. A refused key is set aside at once, and is out when it is refused again: by the provider's free
 * validation where there is one, else by a second real request some seconds later. What is out is tried again later
 * and later, so that a key mended at the provider comes back by itself.
 */
export function strikeKey(
  key: PooledKey,
  rule: { reason: string; freeValidation: boolean; settings: PoolSettings; now: number },
): 'first' | 'out' {
  const { reason, freeValidation, settings, now } = rule;
  const { standing } = key;
  const again = standing.rest?.kind === 'rejected' && now >= standing.rest.until;
  if (again) {
    expelKey(key, rule);
    return 'out';
  }
  // With a free validation under way nothing real is sent before its answer is overdue.
  const aside = freeValidation ? settings.rejectedRetryMs : settings.secondStrikeMs;
  standing.set({ kind: 'rejected', until: now + aside, reason, probe: true, undated: true }, now);
  return 'first';
}

/** The second strike, and every one after it: each rest is twice as long as the one before. */
export function expelKey(key: PooledKey, rule: { reason: string; settings: PoolSettings; now: number }): void {
  const { reason, settings, now } = rule;
  const { standing } = key;
  const rests = Math.max(0, standing.setbacks - 1);
  const restMs = Math.min(settings.rejectedRetryMaxMs, settings.rejectedRetryMs * 2 ** Math.min(10, rests));
  standing.extend({ kind: 'rejected', until: now + restMs, reason, probe: true, undated: true }, now);
}
