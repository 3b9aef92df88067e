import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import type { Clock } from '../clock.ts';
import type { CallerSignal } from '../model/caller-signal.ts';
import { HeaderList } from '../model/header-list.ts';
import type { Timeouts } from '../model/provider.ts';
import { CallerLeftError, type Fault, readBreak, readFault, TimeoutError } from './fault.ts';
import type { SilenceWatch, Watched } from './silence-watch.ts';
import { requestStarts } from './upstream-socket.ts';

/** Who takes the body. `data` returns false to be asked to wait; `resume` on the reply goes on. */
export interface BodySink {
  data(chunk: Buffer): boolean;
  end(): void;
  fail(fault: Fault): void;
}

/** Bytes kept while nobody takes the body, before the upstream's socket is no longer read. */
const HELD_BYTES = 64 * 1024;

/** Who asked, as far as a reply must know. */
export interface Asker {
  readonly signal: CallerSignal;
  /** The last byte of the request has been handed to an open connection. */
  readonly onSent: () => void;
}

export interface ReplyTools {
  readonly clock: Clock;
  readonly silence: SilenceWatch;
  readonly timeouts: Timeouts;
}

type Controller = Dispatcher.DispatchController;

/**
 * One upstream answer as it arrives. `head` resolves with null once status and headers are there, or with the fault
 * that prevented them; the body is kept (up to a bound, then the socket is paused) until a sink takes it.
 */
export class UpstreamReply implements Dispatcher.DispatchHandler, Watched {
  status = 0;
  statusText = '';
  headers = NO_HEADERS;
  readonly head: Promise<Fault | null>;
  readonly #asker: Asker;
  readonly #tools: ReplyTools;
  #settleHead: (fault: Fault | null) => void = () => {};
  #controller: Controller | null = null;
  #socket: Socket | null = null;
  #earlierRequests = 0;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #sink: BodySink | null = null;
  #ended = false;
  #fault: Fault | null = null;
  #abortReason: Error | null = null;
  #lastActivityAt = 0;
  readonly #onCallerLeft = () => this.abort(new CallerLeftError('The caller left.'));

  constructor(asker: Asker, tools: ReplyTools) {
    this.#asker = asker;
    this.#tools = tools;
    this.head = new Promise((resolve) => {
      this.#settleHead = resolve;
    });
    asker.signal.addEventListener('abort', this.#onCallerLeft);
  }

  /** The connection the request goes out on is known; a reused one may have been closed without our knowing. */
  goesOutOn(socket: Socket): void {
    this.#socket = socket;
    this.#earlierRequests = requestStarts(socket);
  }

  get ended(): boolean {
    return this.#ended;
  }

  get fault(): Fault | null {
    return this.#fault;
  }

  /** Hands over what is kept and everything that follows. */
  attach(sink: BodySink): void {
    this.#sink = sink;
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    let wantsMore = true;
    for (const chunk of held) {
      // The sink may have seen enough and detached in between: the rest stays in keeping.
      if (this.#sink === sink) wantsMore = sink.data(chunk) && wantsMore;
      else this.#hold(chunk);
    }
    if (this.#sink !== sink) return;
    if (this.#fault !== null) sink.fail(this.#fault);
    else if (this.#ended) sink.end();
    else if (wantsMore) this.resume();
    else this.#controller?.pause();
  }

  /** The whole body, where all of it is here and nobody has taken any; null otherwise. */
  takeWhole(): Buffer | null {
    if (!this.#ended || this.#sink !== null) return null;
    const held = this.#held;
    this.#held = [];
    return held.length === 1 ? (held[0] as Buffer) : Buffer.concat(held);
  }

  /** Takes the body back into keeping with what a sink has seen of it in front, as if it had never been attached. */
  detach(seen: readonly Buffer[]): void {
    this.#sink = null;
    const later = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    for (const chunk of [...seen, ...later]) this.#hold(chunk);
  }

  #hold(chunk: Buffer): void {
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes >= HELD_BYTES) this.#controller?.pause();
  }

  resume(): void {
    this.#lastActivityAt = this.#tools.clock.now();
    this.#controller?.resume();
  }

  /** Closes the connection; the first reason stands. */
  abort(reason: Error): void {
    if (this.#ended || this.#fault !== null || this.#abortReason !== null) return;
    this.#abortReason = reason;
    if (this.#controller !== null) this.#controller.abort(reason);
    // Still connecting: the request is dropped as soon as it would start, and nobody has to wait for that.
    else this.#fail(readFault(reason, { started: false, earlierRequests: 0 }));
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#abortReason !== null) {
      controller.abort(this.#abortReason);
      return;
    }
    starting = this;
    this.#lastActivityAt = this.#tools.clock.now();
    const { silence, timeouts } = this.#tools;
    silence.watch(this, this.#lastActivityAt, Math.min(timeouts.firstByteMs, timeouts.idleMs));
  }

  onBodySent(): void {
    this.#lastActivityAt = this.#tools.clock.now();
  }

  onRequestSent(): void {
    this.#asker.onSent();
  }

  onResponseStart(controller: Controller, status: number, _headers: unknown, statusText?: string): void {
    // 102 and 103 announce an answer; they are none.
    if (status < 200) return;
    this.#lastActivityAt = this.#tools.clock.now();
    this.status = status;
    this.statusText = statusText ?? '';
    this.headers = new HeaderList(latin1(controller.rawHeaders));
    this.#settleHead(null);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    this.#lastActivityAt = this.#tools.clock.now();
    if (this.#sink !== null) {
      if (!this.#sink.data(chunk)) controller.pause();
      return;
    }
    this.#hold(chunk);
  }

  onResponseEnd(): void {
    // undici takes a reset for the end of an answer that lasts until the connection closes.
    const reset = this.#socket?.errored ?? null;
    if (reset !== null && this.#lastsUntilClose()) {
      this.onResponseError(undefined, reset);
      return;
    }
    this.#ended = true;
    this.#finish();
    this.#sink?.end();
  }

  onResponseError(_controller: Controller | undefined, error: Error): void {
    const reason = this.#abortReason ?? error;
    const progress = { started: this.#controller !== null, earlierRequests: this.#earlierRequests };
    this.#fail(this.status === 0 ? readFault(reason, progress) : readBreak(reason));
  }

  #lastsUntilClose(): boolean {
    return this.headers.get('content-length') === null && this.headers.get('transfer-encoding') === null;
  }

  #fail(fault: Fault): void {
    if (this.#fault !== null || this.#ended) return;
    this.#fault = fault;
    this.#finish();
    if (this.status === 0) this.#settleHead(fault);
    else this.#sink?.fail(fault);
  }

  #finish(): void {
    this.#tools.silence.unwatch(this);
    this.#asker.signal.removeEventListener('abort', this.#onCallerLeft);
  }

  /** Breaks off an upstream that was silent for too long. What is paused is silent because it was told to be. */
  look(now: number): number {
    const { firstByteMs, idleMs } = this.#tools.timeouts;
    const allowedMs = this.status === 0 ? firstByteMs : idleMs;
    const silentMs = this.#controller?.paused ? 0 : now - this.#lastActivityAt;
    if (silentMs < allowedMs) return Math.min(allowedMs - silentMs, idleMs, firstByteMs);
    const seconds = Math.round(allowedMs / 100) / 10;
    this.abort(
      this.status === 0
        ? new TimeoutError('first_byte_timeout', `The upstream did not begin to answer within ${seconds} s.`)
        : new TimeoutError('upstream_idle', `The upstream sent nothing for ${seconds} s in the middle of its answer.`),
    );
    return Number.POSITIVE_INFINITY;
  }
}

const NO_HEADERS = new HeaderList([]);

/** The reply whose request is being written in this very turn: `sendHeaders` follows `onRequestStart` at once. */
let starting: UpstreamReply | null = null;

subscribe('undici:client:sendHeaders', (message) => {
  starting?.goesOutOn((message as { socket: Socket }).socket);
  starting = null;
});

/**
 * Headers as text. The parser gives views of the bytes as they came, nearly always of one piece of memory: that is
 * read in one go and cut up, since each reading of its own is a call out of JavaScript.
 */
function latin1(raw: Controller['rawHeaders']): string[] {
  if (!Array.isArray(raw)) return [];
  const parts = raw as (Buffer | string)[];
  return onePiece(parts) ?? parts.map((part) => (typeof part === 'string' ? part : part.toString('latin1')));
}

function onePiece(parts: readonly (Buffer | string)[]): string[] | null {
  const [first] = parts;
  const last = parts.at(-1);
  if (typeof first !== 'object' || typeof last !== 'object') return null;
  const { buffer, byteOffset: start } = first;
  const end = last.byteOffset + last.length;
  if (end < start || last.buffer !== buffer) return null;
  const text = Buffer.from(buffer, start, end - start).toString('latin1');
  const texts = new Array<string>(parts.length);
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at] as Buffer | string;
    if (typeof part !== 'object' || part.buffer !== buffer || part.byteOffset < start) return null;
    const from = part.byteOffset - start;
    if (from + part.length > text.length) return null;
    texts[at] = text.slice(from, from + part.length);
  }
  return texts;
}
