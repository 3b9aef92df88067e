/** What was counted for one key, one group, one model, or all together. */
export interface Tally {
  /** Requests whose head arrived. */
  received: number;
  /** Calls that passed the credential and every window, and so used quota. */
  admitted: number;
  /** Admitted calls whose whole answer, a 2xx, was handed to the connection. */
  completed: number;
  /** Calls refused by a window or for concurrency: the refusals a pool should not have provoked. */
  rateLimited: number;
  inputTokens: number;
  outputTokens: number;
  /** Requests being worked on now, and the most there ever were at once. */
  inFlight: number;
  peakInFlight: number;
  /** The client closed before its answer had ended. */
  aborted: number;
}

/** Counts that only ever grow, except those that say "now". */
export interface Counters extends Tally {
  /** Requests answered without metering: lists, files, validation. */
  unmetered: number;
  readonly refused: Map<string, number>;
  readonly faults: Map<string, number>;
  connectionsOpen: number;
  connectionsAccepted: number;
  readonly byKey: Map<string, Tally>;
  readonly byGroup: Map<string, Tally>;
  readonly byModel: Map<string, Tally>;
}

export interface CounterSubject {
  readonly key: string | null;
  readonly group: string | null;
  readonly model: string | null;
}

/** A caller chooses the model's name, so their number must have an end. */
const MOST_MODELS = 10_000;

export class CounterBook {
  readonly counters: Counters = {
    ...emptyTally(),
    unmetered: 0,
    refused: new Map(),
    faults: new Map(),
    connectionsOpen: 0,
    connectionsAccepted: 0,
    byKey: new Map(),
    byGroup: new Map(),
    byModel: new Map(),
  };

  /** The tallies a request belongs to, the overall one first. */
  talliesOf({ key, group, model }: CounterSubject): Tally[] {
    const { counters } = this;
    const tallies: Tally[] = [counters];
    if (key !== null) tallies.push(tallyIn(counters.byKey, key));
    if (group !== null) tallies.push(tallyIn(counters.byGroup, group));
    if (model !== null) tallies.push(tallyIn(counters.byModel, model));
    return tallies;
  }

  refuse(reason: string): void {
    increment(this.counters.refused, reason);
  }

  fault(name: string): void {
    increment(this.counters.faults, name);
  }

  /** Forgets everything but what is going on now. */
  reset(): void {
    const { counters } = this;
    const { inFlight, connectionsOpen } = counters;
    Object.assign(counters, emptyTally(), { inFlight, peakInFlight: inFlight, unmetered: 0 });
    counters.connectionsAccepted = connectionsOpen;
    for (const counts of [counters.refused, counters.faults]) counts.clear();
    for (const tallies of [counters.byKey, counters.byGroup, counters.byModel]) {
      for (const tally of tallies.values()) {
        Object.assign(tally, emptyTally(), { inFlight: tally.inFlight, peakInFlight: tally.inFlight });
      }
    }
  }
}

/** As JSON shows them. */
export function countersToJson(counters: Counters): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(counters).map(([name, value]) => [name, value instanceof Map ? Object.fromEntries(value) : value]),
  );
}

function emptyTally(): Tally {
  return {
    received: 0,
    admitted: 0,
    completed: 0,
    rateLimited: 0,
    inputTokens: 0,
    outputTokens: 0,
    inFlight: 0,
    peakInFlight: 0,
    aborted: 0,
  };
}

function tallyIn(tallies: Map<string, Tally>, name: string): Tally {
  const bounded = tallies.size >= MOST_MODELS && !tallies.has(name) ? 'other' : name;
  let tally = tallies.get(bounded);
  if (tally === undefined) {
    tally = emptyTally();
    tallies.set(bounded, tally);
  }
  return tally;
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
