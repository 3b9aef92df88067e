const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long something took or takes, in the two largest units: "230 ms", "1.3 s", "41 s", "4 min 5 s", "3 h 12 min". */
export function durationText(ms: number): string {
  const size = Math.max(0, ms);
  if (size === 0) return '0 s';
  if (size < 100) return `${Math.max(1, Math.round(size))} ms`;
  if (size < 9_950) return `${(size / SECOND).toFixed(1)} s`;
  if (size < MINUTE - 500) return `${Math.round(size / SECOND)} s`;
  if (size < HOUR) return twoUnits(Math.round(size / SECOND), 60, ['min', 's']);
  if (size < DAY) return twoUnits(Math.round(size / MINUTE), 60, ['h', 'min']);
  return twoUnits(Math.round(size / HOUR), 24, ['d', 'h']);
}

/**
 * What is left until something happens, rounded up so that it never claims to be over: "1.3 s", "41 s", "4:05",
 * "3:12:09", "2 d 4 h".
 */
export function countdownText(ms: number): string {
  if (ms <= 0) return '0 s';
  if (ms < 9_900) return `${(Math.ceil(ms / 100) / 10).toFixed(1)} s`;
  const seconds = Math.ceil(ms / SECOND);
  if (seconds < 60) return `${seconds} s`;
  if (ms >= DAY) return twoUnits(Math.ceil(ms / HOUR), 24, ['d', 'h']);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const tail = `${pad(seconds % 60)}`;
  return hours === 0 ? `${minutes}:${tail}` : `${hours}:${pad(minutes)}:${tail}`;
}

/** The length of a rate window: "min", "day", "5 min". */
export function periodText(ms: number): string {
  const names: readonly (readonly [number, string])[] = [
    [DAY, 'day'],
    [HOUR, 'hour'],
    [MINUTE, 'min'],
    [SECOND, 's'],
  ];
  for (const [unit, name] of names) {
    if (ms < unit || ms % unit !== 0) continue;
    const count = ms / unit;
    return count === 1 ? name : `${count} ${name}${name === 'day' || name === 'hour' ? 's' : ''}`;
  }
  return durationText(ms);
}

function twoUnits(small: number, perLarge: number, [large, unit]: readonly [string, string]): string {
  const rest = small % perLarge;
  const head = `${Math.floor(small / perLarge)} ${large}`;
  return rest === 0 ? head : `${head} ${rest} ${unit}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
