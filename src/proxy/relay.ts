import type { Timer } from '../clock.ts';
import type { Exchange, Reply } from './exchange.ts';
import { CallerLeftError, type Fault } from './fault.ts';
import type { KeyMasker } from './key-masker.ts';
import type { ReplySampler } from './reply-sampler.ts';
import type { BodySink, UpstreamReply } from './upstream-reply.ts';

export interface RelayOptions {
  /** Flat names and values of everything the caller gets, framing excepted. */
  readonly headers: string[];
  readonly masker: KeyMasker | null;
  readonly sampler: ReplySampler | null;
  /** What tells the caller of an event stream that it broke off, in its own wire; null where there is no such word. */
  readonly streamError: ((message: string) => string | null) | null;
  readonly clientStallMs: number;
}

/** A caller that does not read learns of the break from the connection alone, this much later. */
const LAST_WORD_MS = 500;

/** How relaying ended; null when the whole answer was handed over. */
export type RelayEnd = Fault | null;

/**
 * Hands an upstream's answer to the caller as it comes, at the caller's pace. The first byte ends all retrying. An
 * answer that is here already, as short ones are, goes out in one piece and with no more ado.
 */
export function relay(
  exchange: Exchange,
  to: Reply,
  from: UpstreamReply,
  options: RelayOptions,
): RelayEnd | Promise<RelayEnd> {
  exchange.status = from.status;
  exchange.firstByteAt = exchange.clock.now();
  to.sendDate = false;
  to.writeHead(from.status, from.statusText, options.headers);
  const whole = from.takeWhole();
  if (whole !== null) return sendWhole(exchange, to, whole, options);
  return new Promise((resolve) => {
    const sink = new RelaySink({ exchange, to, from, options, done: resolve });
    from.attach(sink);
    // Whatever came together with the head goes out together with it; a head that came alone is not kept waiting.
    if (!to.writableEnded) queueMicrotask(() => to.flushHeaders());
  });
}

function sendWhole(exchange: Exchange, to: Reply, body: Buffer, { sampler, masker }: RelayOptions): null {
  sampler?.push(body);
  exchange.bytesOut += body.length;
  if (body.length === 0) to.end();
  else to.end(masker === null ? body : masker.maskWhole(body));
  return null;
}

interface RelayParts {
  readonly exchange: Exchange;
  readonly to: Reply;
  readonly from: UpstreamReply;
  readonly options: RelayOptions;
  readonly done: (end: RelayEnd) => void;
}

class RelaySink implements BodySink {
  readonly #parts: RelayParts;
  #stall: Timer | null = null;
  #waiting = false;

  constructor(parts: RelayParts) {
    this.#parts = parts;
  }

  data(chunk: Buffer): boolean {
    const { exchange, to, options } = this.#parts;
    options.sampler?.push(chunk);
    exchange.bytesOut += chunk.length;
    const bytes = options.masker === null ? chunk : options.masker.push(chunk);
    if (bytes.length === 0 || to.write(bytes)) return true;
    this.#waitForCaller();
    return false;
  }

  end(): void {
    const { to, options, done } = this.#parts;
    const rest = options.masker?.flush();
    if (rest === undefined || rest.length === 0) to.end();
    else to.end(rest);
    this.#release();
    done(null);
  }

  /** A cut answer must look cut: the connection is broken off, after a word of explanation where the wire has one. */
  fail(fault: Fault): void {
    const { exchange, to, options, done } = this.#parts;
    this.#release();
    done(fault);
    if (to.destroyed) return;
    const word = options.streamError?.(fault.message) ?? null;
    const cut = () => {
      to.destroy();
    };
    if (word === null) {
      cut();
      return;
    }
    to.write(`\n\n${word}`, cut);
    exchange.clock.setTimer(LAST_WORD_MS, cut);
  }

  #waitForCaller(): void {
    const { exchange, to, from, options } = this.#parts;
    // What was held before the relay began comes in one go, and is not stopped by the first full buffer.
    if (this.#waiting) return;
    this.#waiting = true;
    to.once('drain', this.#onDrain);
    if (options.clientStallMs === 0) return;
    this.#stall = exchange.clock.setTimer(options.clientStallMs, () => {
      exchange.end('client_stall');
      from.abort(new CallerLeftError('The caller took nothing for too long.'));
      to.destroy();
    });
  }

  readonly #onDrain = () => {
    this.#waiting = false;
    this.#stall?.cancel();
    this.#parts.from.resume();
  };

  #release(): void {
    this.#stall?.cancel();
    this.#parts.to.off('drain', this.#onDrain);
  }
}
