import { randomFillSync } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import type { ClientKey } from '../model/client-key.ts';
import type { AttemptRecord, EndReason, ExchangeRecord, Phase, PhaseKind } from '../model/exchange.ts';
import { HeaderList } from '../model/header-list.ts';
import type { TokenUsage } from '../model/outcome.ts';
import { Departure } from './departure.ts';

const ID_BYTES = 16;
const ids = Buffer.alloc(ID_BYTES * 256);
let nextId = ids.length;

/** 128 random bits in hex, so that knowing one id tells nothing about another. Drawn in batches: one call is slow. */
export function newRequestId(): string {
  if (nextId === ids.length) {
    randomFillSync(ids);
    nextId = 0;
  }
  const from = nextId;
  nextId += ID_BYTES;
  return ids.toString('hex', from, nextId);
}

/** One client request, from its first byte to its record. Everything that is learned on the way is written here. */
export class Exchange {
  readonly id = newRequestId();
  readonly request: IncomingMessage;
  readonly headers: HeaderList;
  /** The request target as it stood on the wire. */
  readonly target: string;
  readonly clock: Clock;
  /** On the clock. */
  readonly arrivedAt: number;
  readonly #wallArrivedAt: number;
  readonly #callerAddress: string | null;
  readonly #phases: Phase[] = [];
  #phase: PhaseKind = 'receiving';
  #phaseSince: number;
  /** Aborts when the caller leaves, in whatever phase. */
  readonly signal = new Departure();

  client: ClientKey | null = null;
  provider: string | null = null;
  model: string | null = null;
  readonly attempts: AttemptRecord[] = [];
  /** Of which the last may still be running. */
  attemptsStarted = 0;
  waitMs = 0;
  status: number | null = null;
  firstByteAt: number | null = null;
  bytesIn = 0;
  bytesOut = 0;
  usage: TokenUsage | null = null;
  #end: EndReason | null = null;
  #error: string | null = null;

  constructor(request: IncomingMessage, clock: Clock) {
    this.request = request;
    this.headers = new HeaderList(request.rawHeaders);
    this.target = request.url ?? '';
    this.clock = clock;
    this.arrivedAt = clock.now();
    this.#phaseSince = this.arrivedAt;
    this.#wallArrivedAt = clock.wallNow();
    this.#callerAddress = request.socket.remoteAddress ?? null;
  }

  callerLeft(): void {
    this.end('client_aborted');
    this.signal.leave();
  }

  /** The first reason stands: what follows from it (a cut upstream after the caller left, say) is not why it ended. */
  end(reason: EndReason, error: string | null = null): void {
    if (this.#end !== null) return;
    this.#end = reason;
    this.#error = error;
  }

  /** What happens from now on. */
  enter(phase: PhaseKind): void {
    const now = this.clock.now();
    this.#phases.push({ kind: this.#phase, ms: now - this.#phaseSince });
    this.#phase = phase;
    this.#phaseSince = now;
  }

  /** The date of an instant on the clock, as the clock was set when this exchange began. */
  dateOf(instant: number): number {
    return this.#wallArrivedAt + instant - this.arrivedAt;
  }

  get ended(): EndReason | null {
    return this.#end;
  }

  record(): ExchangeRecord {
    const { arrivedAt } = this;
    const now = this.clock.now();
    return {
      id: this.id,
      at: this.#wallArrivedAt,
      callerAddress: this.#callerAddress,
      client: this.client?.name ?? null,
      provider: this.provider,
      model: this.model,
      method: this.request.method ?? '',
      path: recordedPath(this.target),
      status: this.status,
      end: this.#end ?? 'internal',
      attempts: this.attempts,
      phases: [...this.#phases, { kind: this.#phase, ms: now - this.#phaseSince }],
      waitMs: this.waitMs,
      firstByteMs: this.firstByteAt === null ? null : this.firstByteAt - arrivedAt,
      durationMs: now - arrivedAt,
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
      usage: this.usage,
      error: this.#error,
    };
  }
}

/** A query may hold a key (`?key=`), so it is left out whole. */
export function pathWithoutQuery(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

/** As much as the request log keeps of it. */
const LONGEST_RECORDED_PATH = 2048;

/**
 * The path as it is recorded. A URL may be as long as all headers together, and records are kept by the hundred, also
 * those of callers that nobody knows.
 */
export function recordedPath(target: string): string {
  const path = pathWithoutQuery(target);
  if (path.length <= LONGEST_RECORDED_PATH) return path;
  // Copied: a slice of a text keeps the whole of it in memory.
  return Buffer.from(path.slice(0, LONGEST_RECORDED_PATH)).toString();
}

export type Reply = ServerResponse<IncomingMessage>;
