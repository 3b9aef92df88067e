import { type Clock, sleep } from '../src/clock.ts';
import type { Random } from '../src/random.ts';
import type { Answer, Call } from './pool-call.ts';
import type { Burst, ClosedLoop, Load, Obeying } from './pool-scenario.ts';

export interface LoadParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly ask: (call: Call) => Promise<Answer>;
}

/** What callers saw, all of it on their side; what it cost the provider is counted at the provider. */
export interface Seen {
  asked: number;
  /** Answers by status; 0 where none came. */
  readonly statuses: Map<number, number>;
  /** Instants at which calls of each client were made. */
  readonly askedAt: Map<string, number[]>;
  /** Refusals to callers without patience, and how many of those callers came back in time and were served. */
  refused: number;
  servedOnReturn: number;
}

/** A caller who was not served takes a breath before the next call. */
const BREATH_MS = 1_000;
/** Programs do not open all their connections in the same instant. */
const BETWEEN_STARTS_MS = 50;
const SHORT_PROMPT_TOKENS = 5;

/** Runs until the load is over by its own terms. Closed loops go on in the background until `stopped`. */
export class LoadRun {
  readonly seen: Seen;
  readonly #parts: LoadParts;
  readonly #over = new AbortController();

  constructor(parts: LoadParts) {
    this.#parts = parts;
    this.seen = {
      asked: 0,
      statuses: new Map(),
      askedAt: new Map(),
      refused: 0,
      servedOnReturn: 0,
    };
  }

  /** Resolves with the instant at which it was over. */
  async run(load: Load): Promise<number> {
    switch (load.kind) {
      case 'closed-loop':
        await this.#circle(load);
        break;
      case 'burst':
        await this.#burst(load);
        break;
      case 'obeying':
        await this.#obey(load);
        break;
    }
    return this.#parts.clock.now();
  }

  stop(): void {
    this.#over.abort();
  }

  get #stopped(): boolean {
    return this.#over.signal.aborted;
  }

  async #circle({ callers, durationMs, promptTokens }: ClosedLoop): Promise<void> {
    const { clock } = this.#parts;
    const over = sleep(clock, durationMs);
    for (const { client, count } of callers) {
      for (let caller = 0; caller < count; caller++) {
        void this.#callOnAndOn(client, promptTokens);
        await sleep(clock, BETWEEN_STARTS_MS);
      }
    }
    await over;
  }

  async #callOnAndOn(client: string, promptTokens: ClosedLoop['promptTokens']): Promise<void> {
    while (!this.#stopped) {
      const answer = await this.#ask({ client, promptTokens: this.#drawLength(promptTokens), patient: true });
      if (!isServed(answer)) await sleep(this.#parts.clock, BREATH_MS, this.#over.signal);
    }
  }

  async #burst({ calls, untilMs }: Burst): Promise<void> {
    const all = Array.from({ length: calls }, () =>
      this.#ask({ client: 'all', promptTokens: SHORT_PROMPT_TOKENS, patient: true }),
    );
    await Promise.race([Promise.all(all), sleep(this.#parts.clock, untilMs, this.#over.signal)]);
  }

  async #obey({ bursts, durationMs }: Obeying): Promise<void> {
    const { clock } = this.#parts;
    for (const { atMs, calls } of bursts) {
      void sleep(clock, atMs).then(() => {
        for (let caller = 0; caller < calls; caller++) void this.#callAndObey();
      });
    }
    await sleep(clock, durationMs);
  }

  async #callAndObey(): Promise<void> {
    const call = { client: 'all', promptTokens: SHORT_PROMPT_TOKENS, patient: false };
    const first = await this.#ask(call);
    if (isServed(first)) return;
    this.seen.refused++;
    if (first.retryAfterMs === null) return;
    await sleep(this.#parts.clock, first.retryAfterMs, this.#over.signal);
    if (isServed(await this.#ask(call))) this.seen.servedOnReturn++;
  }

  async #ask(call: Call): Promise<Answer> {
    const { clock, ask } = this.#parts;
    const { seen } = this;
    seen.asked++;
    const instants = seen.askedAt.get(call.client) ?? [];
    seen.askedAt.set(call.client, instants);
    instants.push(clock.now());
    const answer = await ask(call);
    if (this.#stopped) return answer;
    const status = answer.status ?? 0;
    seen.statuses.set(status, (seen.statuses.get(status) ?? 0) + 1);
    return answer;
  }

  /** Log-uniform. */
  #drawLength(range: ClosedLoop['promptTokens']): number {
    if (range === undefined) return SHORT_PROMPT_TOKENS;
    return Math.round(range.from * (range.to / range.from) ** this.#parts.random.next());
  }
}

function isServed({ status }: Answer): boolean {
  return status !== null && status < 300;
}
