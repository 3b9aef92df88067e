const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

/** 1284 → "1,284"; a fraction is kept to one place only where it matters. */
export function numberText(value: number): string {
  return (Math.abs(value) < 10 ? fine : whole).format(value);
}

/** For narrow places: 12345 → "12.3k", 40000 → "40k", 1_500_000 → "1.5M". */
export function shortNumberText(value: number): string {
  const size = Math.abs(value);
  if (size < 10_000) return whole.format(value);
  if (size < 999_950) return `${shortened(value / 1_000)}k`;
  if (size < 999_950_000) return `${shortened(value / 1_000_000)}M`;
  return `${shortened(value / 1_000_000_000)}B`;
}

function shortened(value: number): string {
  return (Math.abs(value) < 99.95 ? fine : whole).format(value);
}

/** counted(1, 'key') → "1 key"; counted(3, 'key') → "3 keys". */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${numberText(count)} ${count === 1 ? noun : plural}`;
}

/** 512 → "512 B", 20480 → "20 KB". */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${whole.format(bytes)} B`;
  if (bytes < 1024 * 1024) return `${shortened(bytes / 1024)} KB`;
  return `${shortened(bytes / (1024 * 1024))} MB`;
}
