const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dayAndClock = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long' });

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** An instant as shown in a sentence: "14:05:32" today, "31 Jul, 14:05" on other days. */
export function instantText(at: number, now: number): string {
  return isSameDay(at, now) ? clock.format(at) : dayAndClock.format(at);
}

/** For what stands behind a hover: date, time and zone, whole. */
export function exactText(at: number): string {
  return full.format(at);
}

/** "just now", "12 s ago", "4 min ago", "in 3 h", "2 days ago". */
export function relativeText(at: number, now: number): string {
  const ms = at - now;
  const size = Math.abs(ms);
  if (size < 5_000) return ms > 0 ? 'in a moment' : 'just now';
  const amount = largestUnit(size);
  return ms > 0 ? `in ${amount}` : `${amount} ago`;
}

function largestUnit(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(ms / 1_000)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`;
  const days = Math.floor(ms / DAY);
  return days === 1 ? '1 day' : `${days} days`;
}

function isSameDay(one: number, other: number): boolean {
  return new Date(one).toDateString() === new Date(other).toDateString();
}
