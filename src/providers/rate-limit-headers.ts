import type { HeaderList } from '../model/header-list.ts';
import type { LimitReading } from '../model/limit.ts';
import { boundWait, DAY_MS, HOUR_MS, MINUTE_MS, msUntil, parseCount } from './duration-text.ts';
import { readStructuredLimits } from './ietf-rate-limit.ts';
import { LIMIT_HEADER_FAMILIES, type LimitHeaderFamily, type WindowHeaders } from './limit-header-families.ts';

export type LimitReader = (headers: HeaderList, receivedAt: number) => readonly LimitReading[];

/** The texts of one window stand side by side, in this order. */
const FIELDS = ['limit', 'remaining', 'reset', 'renewalPeriod'] as const;
const LIMIT = 0;
const REMAINING = 1;
const RESET = 2;
const RENEWAL_PERIOD = 3;

const NO_READINGS: readonly LimitReading[] = [];

/**
 * A reader for one family of headers. It runs on every reply, so it goes over the headers once, looks a name up only
 * when its length and first letter are those of a header it wants, and makes nothing when there is none. Only where
 * nothing is known of the vendor are the structured fields of the IETF looked for as well.
 */
export function limitReader(family: LimitHeaderFamily): LimitReader {
  const windows = LIMIT_HEADER_FAMILIES[family];
  if (windows.length === 0) return () => NO_READINGS;
  const wanted = new WantedHeaders(windows);
  const structured = family === 'generic';
  return (headers, receivedAt) => {
    const texts = wanted.textsIn(headers);
    const readings = texts === null ? [] : readWindows(windows, texts, receivedAt);
    if (structured) readings.push(...readStructuredLimits(headers));
    return readings.length === 0 ? NO_READINGS : readings;
  };
}

const LOWER_CASE_BIT = 0x20;

class WantedHeaders {
  readonly #slots = new Map<string, number>();
  readonly #lengths = new Set<number>();
  readonly #firstLetters = new Set<number>();
  readonly #slotCount: number;

  constructor(windows: readonly WindowHeaders[]) {
    this.#slotCount = windows.length * FIELDS.length;
    windows.forEach((headers, window) => {
      FIELDS.forEach((field, at) => {
        const name = headers[field];
        if (name !== undefined) this.#add(name, window * FIELDS.length + at);
      });
    });
  }

  #add(name: string, slot: number): void {
    this.#slots.set(name, slot);
    this.#lengths.add(name.length);
    this.#firstLetters.add(name.charCodeAt(0));
  }

  /** The values of the wanted headers by slot; null when there is none. The first of repeated headers counts. */
  textsIn({ raw }: HeaderList): readonly (string | undefined)[] | null {
    let texts: (string | undefined)[] | null = null;
    for (let at = 0; at + 1 < raw.length; at += 2) {
      const name = raw[at] ?? '';
      if (!this.#firstLetters.has(name.charCodeAt(0) | LOWER_CASE_BIT) || !this.#lengths.has(name.length)) continue;
      const slot = this.#slots.get(name) ?? this.#slots.get(name.toLowerCase());
      if (slot === undefined) continue;
      texts ??= new Array<string | undefined>(this.#slotCount);
      texts[slot] ??= raw[at + 1];
    }
    return texts;
  }
}

function readWindows(
  windows: readonly WindowHeaders[],
  texts: readonly (string | undefined)[],
  receivedAt: number,
): LimitReading[] {
  const readings: LimitReading[] = [];
  let first = -FIELDS.length;
  for (const window of windows) {
    first += FIELDS.length;
    const limit = countOf(texts[first + LIMIT]);
    const remaining = countOf(texts[first + REMAINING]);
    const reset = texts[first + RESET];
    const resetMs = reset === undefined ? null : msUntil(reset, receivedAt);
    if (limit === null && remaining === null && resetMs === null) continue;
    readings.push({
      dimension: window.dimension,
      periodMs: periodOf(window, texts[first + RENEWAL_PERIOD], { limit, remaining, resetMs }),
      limit,
      remaining: limit === null || remaining === null ? remaining : Math.min(limit, remaining),
      resetMs,
      header: window.remaining ?? window.limit ?? window.reset ?? '',
    });
  }
  return readings;
}

/** Whole requests or tokens. IETF's older form lists its quotas after a comma: `100, 100;w=60`. */
function countOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const count = parseCount(text) ?? parseCount(text.split(/,\s/, 1)[0] ?? '');
  return count === null ? null : Math.floor(count);
}

type Figures = Pick<LimitReading, 'limit' | 'remaining' | 'resetMs'>;

function periodOf(window: WindowHeaders, renewalPeriod: string | undefined, figures: Figures): number | null {
  const renewalSeconds = renewalPeriod === undefined ? null : parseCount(renewalPeriod);
  if (renewalSeconds !== null && renewalSeconds > 0) return boundWait(renewalSeconds * 1_000);
  if (window.periodMs !== null) return window.periodMs;
  return window.periodFromRefill === true ? periodFromRefill(figures) : null;
}

const KNOWN_PERIODS_MS = [1_000, MINUTE_MS, HOUR_MS, DAY_MS];
/** Vendors round the reset to a second or a millisecond; the periods are 24 times apart at least. */
const ROUNDING = 1.5;

/**
 * A bucket that refills continuously is full again after `spent / limit` of its period: 500 a minute with one spent
 * resets in 120 ms, 10,000 a day in 8.64 s.
 */
function periodFromRefill({ limit, remaining, resetMs }: Figures): number | null {
  if (limit === null || remaining === null || resetMs === null || resetMs === 0 || remaining >= limit) return null;
  const periodMs = (resetMs * limit) / (limit - remaining);
  return KNOWN_PERIODS_MS.find((known) => periodMs < known * ROUNDING && periodMs > known / ROUNDING) ?? null;
}
