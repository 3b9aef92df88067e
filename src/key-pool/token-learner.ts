import type { Dimension } from '../model/limit.ts';
import type { Outcome } from '../model/outcome.ts';
import type { GrantedLease } from './granted-lease.ts';
import { amountOf } from './need.ts';
import type { PooledProvider } from './pooled-provider.ts';
import { RateWindow } from './rate-window.ts';

interface RefusedForTokens {
  readonly lease: GrantedLease;
  readonly provider: PooledProvider;
  readonly now: number;
}

type TokensLimited = Extract<Outcome, { kind: 'rate-limited' }> & { readonly dimension: Dimension };

/**
 * Limits in tokens are learned only where a refusal names the figure ("Limit 30000, Used 29500, …"): their counts
 * cannot be told apart by acceptance alone. The wait it states says how such a window gives room back, and from when.
 */
export function learnTokens(refused: RefusedForTokens, { dimension, periodMs, limit, waitMs }: TokensLimited): void {
  const { lease, provider, now } = refused;
  const { limits } = lease.seat.bucket;
  if (limit === null || periodMs === null || !(limit > 0)) return;
  let window = limits.window(dimension, periodMs);
  if (window === undefined) {
    window = new RateWindow(provider.shape({ dimension, periodMs, algorithm: null }), 'stated', limit, now);
    limits.add(window);
    lease.seat.key.group.changed();
  } else window.setFigure('stated', limit, now);
  if (waitMs !== null) believe(window, refused, waitMs);
}

/** The window has no room for what it refused until the stated time, whatever our books say. */
function believe(window: RateWindow, { lease, provider, now }: RefusedForTokens, waitMs: number): void {
  // Whole seconds may have been rounded down.
  const latestMs = waitMs % 1_000 === 0 ? waitMs + 1_000 : waitMs;
  const cost = Math.max(1, amountOf(lease.need, window.dimension));
  const entered = lease.gates.includes(window);
  const refunded = window.left(now) + (entered ? cost : 0);
  if (provider.config.traits.algorithm === null) adoptLikely(window, { cost, refunded, waitMs, latestMs }, now);
  if (window.algorithm === 'refill') {
    const holds = Math.max(0, cost - window.gain(now, now + latestMs));
    if (refunded <= holds) return;
    window.setLeft(holds, now);
  } else {
    if (refunded < cost) return;
    // What we did not count leaves at the time stated.
    window.countUntil(now + latestMs, refunded, now);
  }
  if (!entered) return;
  lease.reconciled ??= new Set();
  lease.reconciled.add(window);
}

/**
 * A wait no longer than the refused tokens take to trickle back speaks for a bucket that refills, unless they would
 * leave a trailing count by then anyway; a longer one speaks against it.
 */
function adoptLikely(
  window: RateWindow,
  { cost, refunded, waitMs, latestMs }: { cost: number; refunded: number; waitMs: number; latestMs: number },
  now: number,
): void {
  const trickleMs = (Math.min(cost, window.limit) * window.periodMs) / window.limit;
  const couldRefill = waitMs <= trickleMs * (1 + SLACK);
  if (window.algorithm === 'refill' && !couldRefill) window.adopt('sliding', now, null);
  const byCount = window.opensFor(cost, now) - now;
  const isFull = refunded < cost;
  const countExplains =
    isFull && byCount >= waitMs * (1 - SLACK) - SLACK_MS && byCount <= latestMs * (1 + SLACK) + SLACK_MS;
  if (window.algorithm === 'sliding' && couldRefill && !countExplains) window.adopt('refill', now, null);
}

const SLACK = 0.05;
const SLACK_MS = 500;
