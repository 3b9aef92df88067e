import type { Clock } from '../clock.ts';
import type { Periods } from './fixed-meter.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * The midnight after `wallNow` in a time zone, in milliseconds since the epoch. Days of 23 and 25 hours come out
 * right because the date is asked, not computed. An unknown zone counts as UTC.
 */
export function nextMidnight(wallNow: number, timeZone: string): number {
  const day = dayFormat(timeZone);
  const today = day.format(wallNow);
  // The first hour whose date differs lies within the next 25; then the boundary is found by halving.
  let after = wallNow + HOUR_MS;
  while (day.format(after) === today && after < wallNow + 26 * HOUR_MS) after += HOUR_MS;
  let before = after - HOUR_MS;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (day.format(middle) === today) before = middle;
    else after = middle;
  }
  return after;
}

/** 00:00 UTC on the first of the next month. */
export function nextMonth(wallNow: number): number {
  const date = new Date(wallNow);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

/** Days or months of a calendar as instants of the monotonic clock, so that a step of the date frees nothing early. */
export function calendarPeriods(clock: Clock, periodMs: number, timeZone: string): Periods {
  const boundary = (wall: number) => (periodMs > DAY_MS ? nextMonth(wall) : nextMidnight(wall, timeZone));
  return {
    endAfter: (now) => now + boundary(clock.wallNow() + now - clock.now()) - (clock.wallNow() + now - clock.now()),
  };
}

const formats = new Map<string, Intl.DateTimeFormat>();

function dayFormat(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (format === undefined) {
    try {
      format = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' });
    } catch {
      format = new Intl.DateTimeFormat('en-CA', { timeZone: 'UTC', dateStyle: 'short' });
    }
    if (formats.size < MAX_ZONES) formats.set(timeZone, format);
  }
  return format;
}

/** There are about 600 zones; a reply that invents more does not fill memory. */
const MAX_ZONES = 1_000;
