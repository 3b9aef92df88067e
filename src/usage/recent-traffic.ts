import type { Clock } from '../clock.ts';
import type { AttemptRecord, ExchangeRecord } from '../model/exchange.ts';

const MINUTE_MS = 60_000;
/** A day. */
const MOST_MINUTES = 24 * 60;
/** Shorter waits are the pool feeling its way, not a limit that a single key would have run into. */
const WAITED_FOR_ROOM_MS = 50;
/** Boundaries of the histogram of waits, each a tenth above the one before: what is read off it is right to a tenth. */
const STEP = 1.1;
const HIGHEST_BIN = Math.ceil(Math.log(3_600_000) / Math.log(STEP));

/** Sums over a stretch of time. Instants are wall-clock milliseconds. */
export interface RecentTrafficSums {
  readonly from: number;
  readonly until: number;
  readonly requests: number;
  /** Calls that rotato itself answered with 429. */
  readonly refusedByUs: number;
  /** Calls that were answered after a wait or on another key where a single key would have been refused. */
  readonly refusalsAvoided: number;
  /** 429s that an upstream answered. */
  readonly refusalsProvoked: number;
  readonly waitP50Ms: number;
  readonly waitP95Ms: number;
  /** One entry a minute, oldest first, those without requests too. */
  readonly minutes: readonly TrafficMinuteSums[];
}

export interface TrafficMinuteSums {
  readonly at: number;
  readonly requests: number;
  readonly failed: number;
  readonly waitP95Ms: number;
  readonly refusalsAvoided: number;
  readonly refusalsProvoked: number;
}

/** What reached rotato in the last day, minute by minute. Its memory does not grow with the traffic. */
export class RecentTraffic {
  readonly #clock: Clock;
  /** By minute since the epoch, oldest first. */
  readonly #minutes = new Map<number, Minute>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts an exchange in the minute in which it ended. */
  add(record: ExchangeRecord): void {
    // What asked for no provider was refused at the door or served here, and is not traffic.
    if (record.provider === null) return;
    const now = this.#now();
    let minute = this.#minutes.get(now);
    if (minute === undefined) {
      minute = new Minute();
      this.#minutes.set(now, minute);
      for (const at of this.#minutes.keys()) {
        if (at > now - MOST_MINUTES && this.#minutes.size <= MOST_MINUTES) break;
        this.#minutes.delete(at);
      }
    }
    minute.add(record);
  }

  /** The last `windowMs` in whole minutes, the running one included; a day at most. */
  sums(windowMs: number): RecentTrafficSums {
    const count = Math.min(MOST_MINUTES, Math.max(1, Math.ceil(windowMs / MINUTE_MS)));
    const now = this.#now();
    const all = new Minute();
    const minutes = Array.from({ length: count }, (_, nth): TrafficMinuteSums => {
      const at = now - count + 1 + nth;
      const minute = this.#minutes.get(at) ?? EMPTY;
      all.join(minute);
      const { requests, failed, refusalsAvoided, refusalsProvoked } = minute;
      const waitP95Ms = minute.wait(0.95);
      return { at: at * MINUTE_MS, requests, failed, waitP95Ms, refusalsAvoided, refusalsProvoked };
    });
    const { requests, refusedByUs, refusalsAvoided, refusalsProvoked } = all;
    return {
      from: (now - count + 1) * MINUTE_MS,
      until: this.#clock.wallNow(),
      requests,
      refusedByUs,
      refusalsAvoided,
      refusalsProvoked,
      waitP50Ms: all.wait(0.5),
      waitP95Ms: all.wait(0.95),
      minutes,
    };
  }

  #now(): number {
    return Math.floor(this.#clock.wallNow() / MINUTE_MS);
  }
}

class Minute {
  requests = 0;
  failed = 0;
  refusedByUs = 0;
  refusalsAvoided = 0;
  refusalsProvoked = 0;
  /** How many waited as long as each bin says. */
  readonly #waits = new Map<number, number>();

  add(record: ExchangeRecord): void {
    const served = record.end === 'served' && record.status !== null && record.status < 400;
    this.requests++;
    if (!served && record.end !== 'client_aborted') this.failed++;
    if (record.status === 429 && record.end === 'rate_limited') this.refusedByUs++;
    if (served && (record.waitMs >= WAITED_FOR_ROOM_MS || record.attempts.some(wasRefused))) this.refusalsAvoided++;
    this.refusalsProvoked += record.attempts.filter(({ status }) => status === 429).length;
    this.#count(binOf(record.waitMs), 1);
  }

  join(other: Minute): void {
    this.requests += other.requests;
    this.failed += other.failed;
    this.refusedByUs += other.refusedByUs;
    this.refusalsAvoided += other.refusalsAvoided;
    this.refusalsProvoked += other.refusalsProvoked;
    for (const [bin, count] of other.#waits) this.#count(bin, count);
  }

  /** The wait that this share of the requests did not exceed, in milliseconds, to a tenth. */
  wait(share: number): number {
    let left = Math.ceil(this.requests * share);
    if (left === 0) return 0;
    for (const [bin, count] of [...this.#waits].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return bin === 0 ? 0 : Math.round(STEP ** bin);
    }
    return 0;
  }

  #count(bin: number, count: number): void {
    this.#waits.set(bin, (this.#waits.get(bin) ?? 0) + count);
  }
}

const EMPTY = new Minute();

function wasRefused({ outcome }: AttemptRecord): boolean {
  return outcome === 'rate-limited' || outcome === 'quota-exhausted';
}

/** 0 for less than a millisecond, which is no wait. */
function binOf(waitMs: number): number {
  return waitMs < 1 ? 0 : Math.min(HIGHEST_BIN, Math.max(1, Math.ceil(Math.log(waitMs) / Math.log(STEP))));
}
