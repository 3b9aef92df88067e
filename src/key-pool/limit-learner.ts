import type { LimitReading } from '../model/limit.ts';
import type { Outcome } from '../model/outcome.ts';
import { reconcile } from './announcement.ts';
import type { GrantedLease } from './granted-lease.ts';
import { boundedWait, type Settlement } from './outcome-effects.ts';
import type { PooledProvider } from './pooled-provider.ts';
import { RateWindow } from './rate-window.ts';

/** What a reply's headers say about the windows of its bucket. Readings that make no sense are dropped. */
export function applyReadings(
  readings: readonly LimitReading[],
  about: { lease: GrantedLease; provider: PooledProvider; now: number },
): void {
  const { lease, provider, now } = about;
  const { bucket, key } = lease.seat;
  for (const reading of readings) {
    const { dimension, limit, remaining } = reading;
    if (limit === null || !(limit > 0) || !Number.isFinite(limit)) continue;
    const periodMs = reading.periodMs ?? 60_000;
    let window = bucket.limits.window(dimension, periodMs);
    if (window === undefined) {
      const shape = provider.shape({ dimension, periodMs, algorithm: null });
      window = new RateWindow(shape, 'announced', limit, now);
      bucket.limits.add(window);
      key.group.reviewPace(bucket);
      key.group.changed();
    }
    window.setFigure('announced', limit, now);
    if (remaining !== null) reconcile(window, { ...reading, remaining }, { lease, bucket, now });
  }
}

export function learnRefusal(settlement: Settlement, outcome: Extract<Outcome, { kind: 'rate-limited' }>): void {
  const { lease, now, settings, provider } = settlement;
  const { bucket, key } = lease.seat;
  provider.timing.refused(lease, now);
  const standing =
    outcome.scope === 'key' ? key.standing : outcome.scope === 'group' ? key.group.standing : bucket.standing;
  const waitMs = outcome.waitMs ?? settings.refusalTimeMs * 2 ** Math.min(12, standing.setbacks);
  const until = now + boundedWait(waitMs, settings.longestRestMs);
  standing.set({ kind: 'cooling', until, reason: outcome.reason, probe: outcome.waitMs === null }, now);
}
