/** What came of one way of sending the demo's requests. Times are simulated milliseconds. */
export interface DemoRow {
  readonly name: string;
  readonly keys: number;
  readonly proxy: boolean;
  readonly requests: number;
  readonly completed: number;
  readonly rateLimitedAtCaller: number;
  readonly rateLimitedUpstream: number;
  /** Neither completed nor refused with 429. */
  readonly failed: number;
  readonly averageLatencyMs: number | null;
  readonly totalMs: number;
  /** The least time in which the limits allow all of the requests to be answered. */
  readonly optimumMs: number;
  /** How many times as fast as real time the row's clock ran. */
  readonly speed: number;
}

const HEADINGS = [
  '',
  'completed',
  '429 seen',
  '429 provoked',
  'average latency',
  'total time',
  'best possible',
  'clock',
];
const GAP = '  ';

/** Aligned columns: names to the left, figures to the right. */
export function demoTable(rows: readonly DemoRow[]): string {
  const cells = [HEADINGS, ...rows.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join(GAP)
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

function cellsOf(row: DemoRow): string[] {
  return [
    row.name,
    `${row.completed} of ${row.requests}`,
    String(row.rateLimitedAtCaller),
    String(row.rateLimitedUpstream),
    row.averageLatencyMs === null ? '-' : duration(row.averageLatencyMs),
    duration(row.totalMs),
    duration(row.optimumMs),
    `x${row.speed}`,
  ];
}

/** `0.4 s`, `58.2 s`, `4 min 0 s`. */
export function duration(ms: number): string {
  const tenths = Math.round(ms / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
