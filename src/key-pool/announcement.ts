import type { Dimension, LimitReading } from '../model/limit.ts';
import type { AlgorithmEvidence } from './algorithm-evidence.ts';
import type { Bucket } from './bucket.ts';
import { everyPeriod } from './fixed-meter.ts';
import type { GrantedLease } from './granted-lease.ts';
import { amountOf } from './need.ts';
import type { PooledProvider } from './pooled-provider.ts';
import { RateWindow } from './rate-window.ts';

export interface Heard {
  readonly lease: GrantedLease;
  readonly provider: PooledProvider;
  readonly now: number;
  readonly wallNow: number;
  readonly warn: (text: string) => void;
}

/** What a reply's headers say about the windows of its bucket. */
export function hearReadings(readings: readonly LimitReading[], heard: Heard): void {
  // The bucket's windows have moved elsewhere: what this reply says would be booked where nobody looks.
  if (heard.lease.seat.bucket !== heard.lease.bucket) return;
  for (const reading of readings) {
    const sane = saneReading(reading, heard.warn);
    if (sane !== null) hearReading(sane, heard);
  }
}

type SaneReading = LimitReading & { readonly limit: number };

/** A figure that cannot be true is left out; without a limit there is nothing to learn. */
function saneReading(reading: LimitReading, warn: (text: string) => void): SaneReading | null {
  const { limit, header } = reading;
  if (limit === null) return null;
  if (!(limit > 0 && limit <= HIGHEST_LIMIT)) {
    warn(`${header}: a limit of ${limit} makes no sense and is ignored`);
    return null;
  }
  const periodMs = plausible(reading.periodMs, 1, LONGEST_PERIOD_MS);
  let resetMs = plausible(reading.resetMs, 0, LONGEST_PERIOD_MS);
  if (resetMs !== null && periodMs !== null && resetMs > periodMs * 1.1 + 1_000) resetMs = null;
  if (resetMs === null && reading.resetMs !== null) {
    warn(`${header}: a reset in ${reading.resetMs} ms makes no sense and is ignored`);
  }
  const found = plausible(reading.remaining, 0, Number.MAX_VALUE);
  const remaining = found === null ? null : Math.min(found, limit);
  const isSane = periodMs === reading.periodMs && resetMs === reading.resetMs && remaining === reading.remaining;
  return isSane ? (reading as SaneReading) : { ...reading, limit, periodMs, resetMs, remaining };
}

function plausible(figure: number | null, least: number, most: number): number | null {
  return figure !== null && figure >= least && figure <= most ? figure : null;
}

function hearReading(reading: SaneReading, heard: Heard): void {
  const { lease, now, wallNow } = heard;
  const { bucket } = lease;
  const { key } = lease.seat;
  const { limit, remaining, resetMs } = reading;
  const announced = bucket.announced(reading.header, reading.periodMs);
  if (remaining !== null) {
    const inSeconds = resetMs !== null && (isWholeSecond(resetMs) || isWholeSecond(wallNow + resetMs));
    const sentAt = lease.sentAt ?? now;
    announced.evidence.add({ limit, remaining, resetMs, sentAt, receivedAt: now, inSeconds });
  }
  const periodMs = reading.periodMs ?? announced.evidence.best?.periodMs ?? UNKNOWN_PERIOD_MS;
  let { window } = announced;
  if (window !== null && window.periodMs !== periodMs) {
    bucket.limits.withdraw(window, 'announced', now);
    window = null;
  }
  const isNew = window === null;
  const known = window ?? bucket.limits.window(reading.dimension, periodMs);
  const twin = known === undefined ? twinOf(reading.dimension, periodMs, lease) : undefined;
  window = known ?? openWindow(reading, periodMs, heard, twin);
  announced.window = window;
  window.setFigure('announced', limit, now);
  adoptProven(window, announced.evidence, heard);
  const hasBooks = known !== undefined || twin !== undefined;
  if (remaining !== null) reconcile(window, { remaining, hasBooks }, { lease, bucket, now });
  if (remaining !== null) lowerSuspects(window, remaining, heard);
  if (!isNew) return;
  key.group.reviewPace(bucket);
  key.group.changed();
}

/** The window of the key or of its whole group that the operator typed, and the provider now speaks of. */
function twinOf(dimension: Dimension, periodMs: number, { seat }: GrantedLease): RateWindow | undefined {
  return seat.windows().find((one) => one.dimension === dimension && one.periodMs === periodMs);
}

function openWindow(
  { dimension, limit }: SaneReading,
  periodMs: number,
  { lease, provider, now }: Heard,
  twin: RateWindow | undefined,
): RateWindow {
  // What the operator said of the same window holds for what the provider says of it, and so does what it counted.
  const algorithm = twin?.algorithmKnown === true && twin.algorithm !== 'fixed' ? twin.algorithm : null;
  const window = new RateWindow(provider.shape({ dimension, periodMs, algorithm }), 'announced', limit, now);
  if (twin !== undefined) window.countAs(twin, now);
  lease.bucket.limits.add(window);
  return window;
}

function adoptProven(window: RateWindow, evidence: AlgorithmEvidence, { provider, now }: Heard): void {
  const { best, isProven } = evidence;
  const known = provider.config.traits.algorithm;
  if (best === null || (known === null ? !isProven : known !== best.algorithm)) return;
  if (best.algorithm !== 'fixed') window.adopt(best.algorithm, now, null);
  // The latest end there can be frees nothing early.
  else if (best.ends !== null) window.adopt('fixed', now, everyPeriod(best.periodMs, best.ends[1], window.spreadMs));
}

/**
 * Puts a window's books right by what a reply says was left.
 *
 * The figure is true for some instant between the request's departure and its answer. Answers arrive out of order and
 * others are under way, so it is read as a bound from either side. At most `remaining` plus what time gave back since
 * the departure is left now, or somebody else spends this quota too. And at least `remaining` less everything that may
 * have been uncounted at that instant is left, or our books charge for something the provider does not.
 */
function reconcile(
  window: RateWindow,
  { remaining, hasBooks }: { remaining: number; hasBooks: boolean },
  { lease, bucket, now }: { lease: GrantedLease; bucket: Bucket; now: number },
): void {
  const { dimension } = window;
  if (lease.mark === null || lease.sentAt === null) return;
  const own = amountOf(lease.need, dimension);
  // The answer is still being written: its tokens may not be counted yet.
  const ownRest = dimension === 'tokens' || dimension === 'output-tokens' ? lease.need.outputTokens : 0;
  const uncounted = Math.max(0, bucket.traffic.uncountedSince(lease.mark, dimension) - own) + ownRest;
  const least = Math.max(0, remaining - uncounted);
  // Announced figures are whole numbers: what lies between two of them is no contradiction.
  const most = remaining + 1 + window.gain(lease.sentAt, now);
  const left = window.left(now);
  if (!hasBooks || left < least) window.setLeft(least, now);
  else if (left >= most) window.setLeft(remaining, now);
  else return;
  lease.reconciled ??= new Set();
  lease.reconciled.add(window);
}

/** Keys that seem to share the quota have no more of it than this one was told. */
function lowerSuspects({ dimension, periodMs }: RateWindow, remaining: number, { lease, provider, now }: Heard): void {
  for (const { group } of provider.detection.suspects(lease.seat.key)) {
    const window = group.bucket(lease.modelClass).limits.window(dimension, periodMs);
    if (window !== undefined && window.left(now) > remaining) window.setLeft(remaining, now);
  }
}

function isWholeSecond(ms: number): boolean {
  const rest = Math.abs(ms) % 1_000;
  return rest < 1 || rest > 999;
}

const HIGHEST_LIMIT = 1e12;
const LONGEST_PERIOD_MS = 32 * 86_400_000;
/** Until anything tells. */
const UNKNOWN_PERIOD_MS = 60_000;
