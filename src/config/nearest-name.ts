/** The candidate a person most likely meant, or null when none is close enough to be worth suggesting. */
export function nearestName(written: string, candidates: Iterable<string>): string | null {
  const wanted = written.slice(0, LONGEST_COMPARED).toLowerCase();
  const patience = Math.max(1, Math.floor(wanted.length / 3));
  let nearest: string | null = null;
  let least = patience + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

/** Setting names are short; this keeps a hostile one from costing time. */
const LONGEST_COMPARED = 64;

/** Letters inserted, removed, replaced, or swapped with their neighbour, to turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, at(beforePrevious, column - 2) + 1);
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
