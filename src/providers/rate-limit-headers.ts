import type { HeaderList } from '../model/header-list.ts';
import type { LimitReading } from '../model/limit.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, msUntil, parseCount } from './duration-text.ts';
import { readStructuredLimits } from './ietf-rate-limit.ts';
import { LIMIT_HEADER_FAMILIES, type LimitHeaderFamily, type WindowHeaders } from './limit-header-families.ts';

export type LimitReader = (headers: HeaderList, receivedAt: number) => readonly LimitReading[];

type Field = 'limit' | 'remaining' | 'reset' | 'renewalPeriod';
const FIELDS: readonly Field[] = ['limit', 'remaining', 'reset', 'renewalPeriod'];

/** What the headers of one window said, still as text. */
type Figures = { [field in Field]?: string } & { readonly window: WindowHeaders };

interface Slot {
  readonly window: number;
  readonly field: Field;
}

const NO_READINGS: readonly LimitReading[] = [];

/**
 * A reader for one family of headers. It runs on every reply, so it goes over the headers once, looks a name up only
 * when its first letter can be that of a rate-limit header, and makes nothing when there is none. Only where nothing
 * is known of the vendor are the structured fields of the IETF looked for as well.
 */
export function limitReader(family: LimitHeaderFamily): LimitReader {
  const windows = LIMIT_HEADER_FAMILIES[family];
  if (windows.length === 0) return () => NO_READINGS;
  const slots = slotsOf(windows);
  const structured = family === 'generic';
  return (headers, receivedAt) => {
    const figures = collect(headers, windows, slots);
    const readings = figures === null ? [] : figures.flatMap((found) => readWindow(found, receivedAt));
    if (structured) readings.push(...readStructuredLimits(headers));
    return readings.length === 0 ? NO_READINGS : readings;
  };
}

function slotsOf(windows: readonly WindowHeaders[]): ReadonlyMap<string, Slot> {
  const slots = new Map<string, Slot>();
  windows.forEach((headers, window) => {
    for (const field of FIELDS) {
      const name = headers[field];
      if (name !== undefined) slots.set(name, { window, field });
    }
  });
  return slots;
}

function collect(
  headers: HeaderList,
  windows: readonly WindowHeaders[],
  slots: ReadonlyMap<string, Slot>,
): readonly Figures[] | null {
  let byWindow: (Figures | undefined)[] | null = null;
  const { raw } = headers;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? '';
    if (!mayBeLimit(name)) continue;
    const slot = slots.get(name.toLowerCase());
    const window = slot === undefined ? undefined : windows[slot.window];
    if (slot === undefined || window === undefined) continue;
    byWindow ??= [];
    byWindow[slot.window] ??= { window };
    const figures = byWindow[slot.window];
    if (figures !== undefined) figures[slot.field] ??= raw[at + 1] ?? '';
  }
  return byWindow === null ? null : byWindow.filter((figures) => figures !== undefined);
}

const LOWER_CASE_BIT = 0x20;
const CODE_A = 0x61;
const CODE_R = 0x72;
const CODE_X = 0x78;

/** They all begin with `x-`, `anthropic-` or `ratelimit`. */
function mayBeLimit(name: string): boolean {
  const first = name.charCodeAt(0) | LOWER_CASE_BIT;
  return first === CODE_X || first === CODE_A || first === CODE_R;
}

function readWindow(figures: Figures, receivedAt: number): readonly LimitReading[] {
  const { window } = figures;
  const limit = countOf(figures.limit);
  const remaining = countOf(figures.remaining);
  const resetMs = figures.reset === undefined ? null : msUntil(figures.reset, receivedAt);
  if (limit === null && remaining === null && resetMs === null) return NO_READINGS;
  const reading: LimitReading = {
    dimension: window.dimension,
    periodMs: null,
    limit,
    remaining: limit === null || remaining === null ? remaining : Math.min(limit, remaining),
    resetMs,
    header: window.remaining ?? window.limit ?? window.reset ?? '',
  };
  return [{ ...reading, periodMs: periodOf(figures, reading) }];
}

/** Whole requests or tokens. IETF's older form lists its quotas after a comma: `100, 100;w=60`. */
function countOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const count = parseCount(text) ?? parseCount(text.split(/,\s/, 1)[0] ?? '');
  return count === null ? null : Math.floor(count);
}

function periodOf(figures: Figures, reading: LimitReading): number | null {
  const renewal = figures.renewalPeriod === undefined ? null : parseCount(figures.renewalPeriod);
  if (renewal !== null && renewal > 0) return renewal * 1_000;
  if (figures.window.periodMs !== null) return figures.window.periodMs;
  return figures.window.periodFromRefill === true ? periodFromRefill(reading) : null;
}

const KNOWN_PERIODS_MS = [1_000, MINUTE_MS, HOUR_MS, DAY_MS];
/** Vendors round the reset to a second or a millisecond; the periods are 24 times apart at least. */
const ROUNDING = 1.5;

/**
 * A bucket that refills continuously is full again after `spent / limit` of its period: 500 a minute with one spent
 * resets in 120 ms, 10,000 a day in 8.64 s.
 */
function periodFromRefill({ limit, remaining, resetMs }: LimitReading): number | null {
  if (limit === null || remaining === null || resetMs === null || resetMs === 0 || remaining >= limit) return null;
  const periodMs = (resetMs * limit) / (limit - remaining);
  return KNOWN_PERIODS_MS.find((known) => periodMs < known * ROUNDING && periodMs > known / ROUNDING) ?? null;
}
