const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** `350 ms`, `4.1 s`, `2 min`, `3.5 h`, `12 days`. */
export function durationText(ms: number): string {
  if (!Number.isFinite(ms)) return 'an unknown time';
  if (ms < SECOND_MS) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 2 * MINUTE_MS) return `${Math.round(ms / 100) / 10} s`;
  if (ms < 2 * HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`;
  if (ms < 2 * DAY_MS) return `${Math.round(ms / (HOUR_MS / 10)) / 10} h`;
  return `${Math.round(ms / DAY_MS)} days`;
}

/** `min`, `day`, `month`, or the length itself: `10 s`. */
export function periodName(periodMs: number): string {
  if (periodMs === SECOND_MS) return 's';
  if (periodMs === MINUTE_MS) return 'min';
  if (periodMs === HOUR_MS) return 'h';
  if (periodMs === DAY_MS) return 'day';
  if (periodMs > 27 * DAY_MS && periodMs < 32 * DAY_MS) return 'month';
  return durationText(periodMs);
}

/** Thousands are separated by commas. Written out because `toLocaleString` costs more than a lease. */
export function numberText(value: number): string {
  const digits = String(Math.round(value));
  if (digits.length <= 3 || digits.includes('e')) return digits;
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}
