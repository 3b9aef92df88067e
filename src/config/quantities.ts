const MS_PER: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const BYTES_PER: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };

/** `250ms`, `5s`, `2m`, `1h`, also `1.5s` and a bare `0`, in milliseconds; null when the text is none of these. */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0;
  const match = /^(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h)$/.exec(text);
  return match === null ? null : scaled(match[1], MS_PER[match[2] ?? '']);
}

/** `512B`, `64KB`, `100MB`, `1GB` in bytes, a KB being 1024 of them; null when the text is none of these. */
export function parseSize(text: string): number | null {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)(B|KB|MB|GB)$/.exec(text);
  return match === null ? null : scaled(match[1], BYTES_PER[match[2] ?? '']);
}

/** The shortest text that `parseDuration` reads back as the same number of milliseconds. */
export function formatDuration(durationMs: number): string {
  return inLargestUnit(durationMs, MS_PER);
}

/** The shortest text that `parseSize` reads back as the same number of bytes. */
export function formatSize(bytes: number): string {
  return inLargestUnit(bytes, BYTES_PER);
}

/** Thousandths of a second and fractions of a byte mean nothing here, so the result is whole. */
function scaled(digits: string | undefined, unit: number | undefined): number | null {
  return digits === undefined || unit === undefined ? null : Math.round(Number(digits) * unit);
}

function inLargestUnit(amount: number, units: Readonly<Record<string, number>>): string {
  const [smallest = ''] = Object.keys(units);
  let best = smallest;
  for (const [name, size] of Object.entries(units)) {
    if (amount !== 0 && amount % size === 0) best = name;
  }
  return `${amount / (units[best] ?? 1)}${best}`;
}
