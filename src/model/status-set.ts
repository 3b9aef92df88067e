/**
 * A set of HTTP statuses as an operator or caller writes it: `500`, `500-503` (inclusive), `500+` (above 500),
 * `500=+` (500 and above), up to 599.
 */
export class StatusSet {
  static readonly EMPTY = new StatusSet([]);
  readonly #statuses: ReadonlySet<number>;

  constructor(statuses: Iterable<number>) {
    this.#statuses = new Set(statuses);
  }

  has(status: number): boolean {
    return this.#statuses.has(status);
  }

  get size(): number {
    return this.#statuses.size;
  }

  /** In ascending order. */
  values(): number[] {
    return [...this.#statuses].sort((a, b) => a - b);
  }

  union(other: StatusSet): StatusSet {
    if (other.size === 0) return this;
    if (this.size === 0) return other;
    return new StatusSet([...this.#statuses, ...other.#statuses]);
  }

  /** Returns the set, or a sentence that names the part that is wrong. */
  static parse(parts: readonly (string | number)[]): StatusSet | string {
    const statuses: number[] = [];
    for (const part of parts) {
      const range = parseRange(String(part).trim());
      if (typeof range === 'string') return range;
      for (let status = range.first; status <= range.last; status++) statuses.push(status);
    }
    return new StatusSet(statuses);
  }
}

const HIGHEST_STATUS = 599;
const RANGE = /^(?<first>\d{3})(?:-(?<last>\d{3})|(?<open>=\+|\+))?$/;

function parseRange(text: string): { first: number; last: number } | string {
  const groups = RANGE.exec(text)?.groups;
  if (groups?.first === undefined) return `"${text}" is not a status; write 500, 500-503, 500+ or 500=+`;
  const first = Number(groups.first) + (groups.open === '+' ? 1 : 0);
  const last = groups.last !== undefined ? Number(groups.last) : groups.open !== undefined ? HIGHEST_STATUS : first;
  if (first < 100 || last > HIGHEST_STATUS || first > last) {
    return `"${text}" is outside 100 to ${HIGHEST_STATUS} or runs backwards`;
  }
  return { first, last };
}
