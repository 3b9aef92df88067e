import type { LimitReading } from '../model/limit.ts';
import type { Bucket } from './bucket.ts';
import type { GrantedLease } from './granted-lease.ts';
import { amountOf } from './need.ts';
import type { RateWindow } from './rate-window.ts';

/**
 * Puts a window's books right by what a reply's headers say was left.
 *
 * The figure is true for some instant between the request's departure and its answer. Answers arrive out of order and
 * others are under way, so it is read as a bound from either side. At most `remaining` plus what time gave back since
 * the departure is left now, or somebody else spends this quota too. And at least `remaining` less everything that may
 * have been uncounted at that instant is left, or our books charge for something the provider does not.
 */
export function reconcile(
  window: RateWindow,
  reading: LimitReading & { remaining: number },
  about: { lease: GrantedLease; bucket: Bucket; now: number },
): void {
  const { lease, bucket, now } = about;
  const { dimension } = window;
  if (lease.mark === null || lease.sentAt === null) return;
  const own = amountOf(lease.need, dimension);
  // The answer is still being written: its tokens may not be counted yet.
  const ownRest = dimension === 'requests' || dimension === 'input-tokens' ? 0 : lease.need.outputTokens;
  const uncounted = Math.max(0, bucket.traffic.uncountedSince(lease.mark, dimension) - own) + ownRest;
  const least = Math.max(0, reading.remaining) - uncounted;
  // Announced figures are whole numbers: what lies between two of them is no contradiction.
  const most = reading.remaining + 1 + window.gain(lease.sentAt, now);
  const left = window.left(now);
  if (left > most) window.setLeft(reading.remaining, now);
  else if (left < least) window.setLeft(least, now);
  else return;
  lease.reconciled ??= new Set();
  lease.reconciled.add(window);
}
