import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { AdminEvents, EndOfEvents } from './contract.ts';

type EventName = keyof AdminEvents;

/** Events that each make sense alone wait for a slow reader, up to so many; the oldest give way. */
const MOST_QUEUED = 200;
/** A reader that takes nothing for so long is gone, or might as well be. */
const LONGEST_STALL_MS = 60_000;
const RECONNECT_MS = 2_000;

const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  // Kept alive after its end, the connection would hold up a stop.
  connection: 'close',
  // A front proxy that collects the stream before it passes it on would make it useless.
  'x-accel-buffering': 'no',
};

/** What a stream needs of a reply. */
export type StreamedReply = Writable & Pick<ServerResponse, 'writeHead'>;

/**
 * One reader of server-sent events. What waits for it is bounded, however slowly it reads: of events that replace one
 * another only the last waits, of the others the most recent.
 */
export class EventStream {
  readonly #reply: StreamedReply;
  readonly #clock: Clock;
  readonly #latest = new Map<string, string>();
  readonly #queued: string[] = [];
  /** On the clock; null while the reader keeps up. */
  #blockedSince: number | null = null;

  /** Takes over the reply, whose head is not yet written. */
  constructor(reply: StreamedReply, headers: Readonly<Record<string, string>>, clock: Clock) {
    this.#reply = reply;
    this.#clock = clock;
    reply.writeHead(200, { ...headers, ...EVENT_STREAM_HEADERS });
    reply.on('drain', () => this.#unblock());
    // A reader that breaks off is noticed by `close`.
    reply.on('error', () => {});
    this.#write(`retry: ${RECONNECT_MS}\n\n`);
  }

  /** Takes the place of what is still waiting under `slot`. */
  replace(slot: string, event: string): void {
    if (this.#blockedSince === null) this.#write(event);
    else this.#latest.set(slot, event);
  }

  send(event: string): void {
    if (this.#blockedSince === null) this.#write(event);
    else if (this.#queued.push(event) > MOST_QUEUED) this.#queued.shift();
  }

  /** Keeps connections open through whatever closes silent ones, and finds out whether anybody is there. */
  heartbeat(): void {
    if (this.#blockedSince === null) this.#write(formatEvent('heartbeat', { at: this.#clock.wallNow() }));
    else if (this.#clock.now() - this.#blockedSince > LONGEST_STALL_MS) this.end('too-slow');
  }

  /** The reply's `close` follows. */
  end(reason: EndOfEvents): void {
    this.#latest.clear();
    this.#queued.length = 0;
    // What was written before would have to be read first, which a reader that stalls never does.
    if (this.#blockedSince !== null) this.#reply.destroy();
    else this.#reply.end(formatEvent('end', { reason }));
  }

  #write(text: string): void {
    if (this.#reply.writableEnded || this.#reply.destroyed) return;
    if (!this.#reply.write(text)) this.#blockedSince = this.#clock.now();
  }

  #unblock(): void {
    this.#blockedSince = null;
    while (this.#blockedSince === null) {
      const next = this.#queued.shift() ?? this.#takeLatest();
      if (next === undefined) return;
      this.#write(next);
    }
  }

  #takeLatest(): string | undefined {
    for (const [slot, event] of this.#latest) {
      this.#latest.delete(slot);
      return event;
    }
    return undefined;
  }
}

export function formatEvent<Name extends EventName>(name: Name, data: AdminEvents[Name]): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
