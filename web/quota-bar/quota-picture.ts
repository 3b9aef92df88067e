import type { WindowView } from '../../src/admin/contract.ts';
import { durationText, periodText } from '../format/durations.ts';
import { numberText } from '../format/numbers.ts';

/** What a quota bar draws of one rate window. Shares are of the window's limit, from 0 to 1. */
export interface QuotaPicture {
  readonly used: number;
  readonly usedShare: number;
  /** Not one more fits. */
  readonly full: boolean;
  /** Room comes back all the time: the fill recedes until then. Null where it comes back in steps. */
  readonly recedesUntil: number | null;
  /** The window starts anew at once, then; null for those that do not. */
  readonly startsAnewAt: number | null;
  /** How much of the time to the new start has passed. */
  readonly elapsedShare: number;
}

export function drawQuota(window: WindowView, now: number): QuotaPicture {
  const used = Math.max(0, window.limit - window.left);
  const stepwise = window.algorithm === 'fixed' || window.algorithm === 'calendar';
  const startsAnewAt = stepwise && used > 0 && window.fullAt > now ? window.fullAt : null;
  return {
    used,
    usedShare: window.limit > 0 ? clamp(used / window.limit) : 1,
    full: isFull(window, now),
    recedesUntil: window.algorithm === 'refill' && used > 0 && window.fullAt > now ? window.fullAt : null,
    startsAnewAt,
    elapsedShare: startsAnewAt === null ? 0 : clamp(1 - (startsAnewAt - now) / window.periodMs),
  };
}

/** A value can be older than the room it announces. */
function isFull({ nextRoomAt, left }: WindowView, now: number): boolean {
  return nextRoomAt === null ? left <= 0 : nextRoomAt > now;
}

/** "17 of 20 requests/min used" */
export function sayUse(window: WindowView): string {
  const used = Math.max(0, window.limit - window.left);
  return `${numberText(Math.floor(used))} of ${numberText(window.limit)} ${window.name} used`;
}

const SOURCES: Readonly<Record<WindowView['source'], string>> = {
  typed: 'You set this limit.',
  announced: "The provider's replies announce this limit.",
  stated: 'A refusal of the provider named this limit.',
  inferred: 'Inferred from what the provider accepted and refused; it may be off by about 10 %.',
};

export function saySource({ source }: WindowView): string {
  return SOURCES[source];
}

/** How room comes back, in a sentence. */
export function sayReturn(window: WindowView): string {
  switch (window.algorithm) {
    case 'refill':
      return sayRefill(window);
    case 'sliding':
      return `Counts the last ${spokenPeriod(window.periodMs)}; room comes back as requests grow that old.`;
    case 'fixed':
      return `Starts anew every ${spokenPeriod(window.periodMs)}.`;
    case 'calendar':
      return "Starts anew at a date of the provider's calendar.";
  }
}

function sayRefill({ limit, periodMs, dimension }: WindowView): string {
  const everyMs = periodMs / limit;
  if (dimension === 'requests' && everyMs >= 100)
    return `Refills all the time: one request every ${durationText(everyMs)}.`;
  const unit = dimension === 'requests' ? 'requests' : 'tokens';
  return `Refills all the time: ${numberText((limit * 1_000) / periodMs)} ${unit} a second.`;
}

function spokenPeriod(ms: number): string {
  return periodText(ms).replace(/\bmin$/, ms === 60_000 ? 'minute' : 'minutes');
}

/** In the order in which bars stand: what fills up fastest first, requests before tokens. */
export function inBarOrder(windows: readonly WindowView[]): readonly WindowView[] {
  const rank = { requests: 0, tokens: 1, 'input-tokens': 2, 'output-tokens': 3 };
  return [...windows].sort((a, b) => a.periodMs - b.periodMs || rank[a.dimension] - rank[b.dimension]);
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
