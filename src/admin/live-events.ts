import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../clock.ts';
import type { Operator, OperatorEvent } from '../control/operator.ts';
import { RotatoError } from '../errors.ts';
import type { EndOfEvents } from './contract.ts';
import { EventStream, formatEvent } from './event-stream.ts';

const MOST_SUBSCRIBERS = 100;
/** Groups and keys of one provider; more rows than this are read page by page, not sent each second. */
export const MOST_LISTED = 200;
const TICK_MS = 1_000;
const HEARTBEAT_TICKS = 8;
const TRAFFIC_WINDOW_MS = 15 * 60_000;
/** Of each second; a list that scrolls faster is read by nobody. */
const MOST_EXCHANGES = 50;
const PROGRESS_EVERY_MS = 200;

interface Subscriber {
  readonly stream: EventStream;
  /** Whether it may still listen. */
  readonly allowed: () => boolean;
}

export interface LiveParts {
  readonly operator: Operator;
  readonly clock: Clock;
}

/**
 * What happens, told to every open panel. The state of the pool is put together once a second for all of them, and
 * only while there is one.
 */
export class LiveEvents {
  readonly #operator: Operator;
  readonly #clock: Clock;
  readonly #subscribers = new Set<Subscriber>();
  #timer: Timer | null = null;
  #unwatch: (() => void) | null = null;
  #ticks = 0;
  #exchanges = 0;
  #closed = false;
  /** By event name: what was sent last, and what of it has to differ to be sent again. */
  readonly #sent = new Map<'pool' | 'traffic', { readonly event: string; readonly essence: string }>();

  constructor({ operator, clock }: LiveParts) {
    this.#operator = operator;
    this.#clock = clock;
  }

  /** Takes over the reply. Throws `rate-limited` when too many listen already. */
  subscribe(reply: ServerResponse, headers: Readonly<Record<string, string>>, allowed: () => boolean): void {
    if (this.#subscribers.size >= MOST_SUBSCRIBERS) {
      throw new RotatoError('rate-limited', `More than ${MOST_SUBSCRIBERS} pages listen already. Close some.`);
    }
    const stream = new EventStream(reply, headers, this.#clock);
    if (this.#closed) {
      stream.end('stopping');
      return;
    }
    const subscriber = { stream, allowed };
    this.#subscribers.add(subscriber);
    reply.once('close', () => this.#leave(subscriber));
    if (this.#timer === null) this.#start();
    else for (const [name, { event }] of this.#sent) stream.replace(name, event);
  }

  /** For the progress of one long act, under the name its caller gave it. */
  progressOf(id: string): (progress: { readonly done: number; readonly total: number }) => void {
    let toldAt = Number.NEGATIVE_INFINITY;
    return ({ done, total }) => {
      const now = this.#clock.now();
      if (now - toldAt < PROGRESS_EVERY_MS && done < total) return;
      toldAt = now;
      this.#replace(`progress ${id}`, formatEvent('progress', { id, done, total }));
    };
  }

  /** To be called whenever somebody may have lost the right to listen. */
  endUnlessAllowed(): void {
    for (const { stream, allowed } of this.#subscribers) if (!allowed()) stream.end('signed-out');
  }

  close(): void {
    this.#closed = true;
    this.#endAll('stopping');
  }

  #endAll(reason: EndOfEvents): void {
    for (const { stream } of this.#subscribers) stream.end(reason);
  }

  #start(): void {
    this.#unwatch = this.#operator.watch((event) => this.#tell(event));
    this.#look();
    this.#timer = this.#clock.setTimer(TICK_MS, () => this.#tick());
  }

  #leave(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
    if (this.#subscribers.size > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
    this.#unwatch?.();
    this.#unwatch = null;
    this.#sent.clear();
  }

  #tick(): void {
    this.#exchanges = 0;
    this.#look();
    if (++this.#ticks % HEARTBEAT_TICKS === 0) {
      this.endUnlessAllowed();
      for (const { stream } of this.#subscribers) stream.heartbeat();
    }
    this.#timer = this.#clock.setTimer(TICK_MS, () => this.#tick());
  }

  #look(): void {
    const pool = this.#operator.pool(MOST_LISTED);
    this.#replaceIfChanged('pool', formatEvent('pool', pool), JSON.stringify({ ...pool, at: 0 }));
    const traffic = this.#operator.traffic(TRAFFIC_WINDOW_MS);
    const essence = JSON.stringify({ ...traffic, from: 0, until: 0 });
    this.#replaceIfChanged('traffic', formatEvent('traffic', traffic), essence);
  }

  #replaceIfChanged(name: 'pool' | 'traffic', event: string, essence: string): void {
    if (this.#sent.get(name)?.essence === essence) return;
    this.#sent.set(name, { event, essence });
    this.#replace(name, event);
  }

  #tell(event: OperatorEvent): void {
    switch (event.kind) {
      case 'settings':
        this.#replace('settings', formatEvent('settings', { version: event.version }));
        break;
      case 'notice':
        this.#send(formatEvent('notice', event.notice));
        break;
      case 'exchange':
        if (++this.#exchanges <= MOST_EXCHANGES) this.#send(formatEvent('exchange', event.exchange));
    }
  }

  #replace(slot: string, event: string): void {
    for (const { stream } of this.#subscribers) stream.replace(slot, event);
  }

  #send(event: string): void {
    for (const { stream } of this.#subscribers) stream.send(event);
  }
}
