import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import type { Clock, Timer } from '../clock.ts';
import { HeaderList } from '../model/header-list.ts';
import { CallerLeftError, type Fault, readBreak, readFault, TimeoutError } from './fault.ts';
import { requestStarts } from './upstream-socket.ts';

/** Who takes the body. `data` returns false to be asked to wait; `resume` on the reply goes on. */
export interface BodySink {
  data(chunk: Buffer): boolean;
  end(): void;
  fail(fault: Fault): void;
}

/** Bytes kept while nobody takes the body, before the upstream's socket is no longer read. */
const HELD_BYTES = 64 * 1024;

export interface ReplyOptions {
  readonly clock: Clock;
  readonly firstByteMs: number;
  readonly idleMs: number;
  readonly signal: AbortSignal;
  /** The last byte of the request has been handed to an open connection. */
  readonly onSent: () => void;
}

type Controller = Dispatcher.DispatchController;

/**
 * One upstream answer as it arrives. `head` resolves with null once status and headers are there, or with the fault
 * that prevented them; the body is kept (up to a bound, then the socket is paused) until a sink takes it.
 */
export class UpstreamReply implements Dispatcher.DispatchHandler {
  status = 0;
  statusText = '';
  headers = new HeaderList([]);
  readonly head: Promise<Fault | null>;
  readonly #options: ReplyOptions;
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
  #lastActivityAt: number;
  #timer: Timer | null = null;
  readonly #onCallerLeft = () => this.abort(new CallerLeftError('The caller left.'));

  constructor(options: ReplyOptions) {
    this.#options = options;
    this.#lastActivityAt = options.clock.now();
    this.head = new Promise((resolve) => {
      this.#settleHead = resolve;
    });
    options.signal.addEventListener('abort', this.#onCallerLeft);
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
    this.#lastActivityAt = this.#options.clock.now();
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
    this.#lastActivityAt = this.#options.clock.now();
    this.#watch();
  }

  onBodySent(): void {
    this.#lastActivityAt = this.#options.clock.now();
  }

  onRequestSent(): void {
    this.#options.onSent();
  }

  onResponseStart(controller: Controller, status: number, _headers: unknown, statusText?: string): void {
    // 102 and 103 announce an answer; they are none.
    if (status < 200) return;
    this.#lastActivityAt = this.#options.clock.now();
    this.status = status;
    this.statusText = statusText ?? '';
    this.headers = new HeaderList(latin1(controller.rawHeaders));
    this.#settleHead(null);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    this.#lastActivityAt = this.#options.clock.now();
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
    this.#timer?.cancel();
    this.#options.signal.removeEventListener('abort', this.#onCallerLeft);
  }

  /** One timer for the whole answer: it looks how long the upstream has been silent and sets itself anew. */
  #watch(): void {
    const { clock, firstByteMs, idleMs } = this.#options;
    const allowedMs = this.status === 0 ? firstByteMs : idleMs;
    const silentMs = this.#controller?.paused ? 0 : clock.now() - this.#lastActivityAt;
    if (silentMs < allowedMs) {
      this.#timer = clock.setTimer(Math.min(allowedMs - silentMs, idleMs, firstByteMs), () => this.#watch());
      return;
    }
    const seconds = Math.round(allowedMs / 100) / 10;
    this.abort(
      this.status === 0
        ? new TimeoutError('first_byte_timeout', `The upstream did not begin to answer within ${seconds} s.`)
        : new TimeoutError('upstream_idle', `The upstream sent nothing for ${seconds} s in the middle of its answer.`),
    );
  }
}

/** The reply whose request is being written in this very turn: `sendHeaders` follows `onRequestStart` at once. */
let starting: UpstreamReply | null = null;

subscribe('undici:client:sendHeaders', (message) => {
  starting?.goesOutOn((message as { socket: Socket }).socket);
  starting = null;
});

function latin1(raw: Controller['rawHeaders']): string[] {
  const headers: string[] = [];
  if (!Array.isArray(raw)) return headers;
  for (const part of raw) headers.push(typeof part === 'string' ? part : part.toString('latin1'));
  return headers;
}
