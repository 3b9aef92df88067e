import type { ServerResponse } from 'node:http';
import { type Clock, sleep } from '../clock.ts';
import type { Answer, Frame, StreamAnswer, WholeAnswer } from './answer.ts';
import type { FaultRule } from './faults.ts';
import type { VendorError } from './vendor-errors.ts';

export interface WriteOrder {
  readonly res: ServerResponse;
  readonly clock: Clock;
  /** Aborts when the client closes. */
  readonly signal: AbortSignal;
  /** Headers that every answer of this vendor carries. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tokensPerSecond: number | null;
  readonly fault: FaultRule | null;
  /** What an error inside a stream shall say. */
  inBandError(): VendorError;
}

/** Hands the answer over, spoiled as the fault demands. True when all of a good answer was handed over. */
export async function writeAnswer(order: WriteOrder, answer: Answer): Promise<boolean> {
  const { res, fault, headers, signal } = order;
  const length = answer.kind === 'whole' ? { 'content-length': String(answer.body.length) } : {};
  const broken = fault?.fault === 'error-first-event' || fault?.fault === 'error-mid-stream';
  if (answer.kind === 'whole' && broken) return writeErrorInWhole(order);
  res.writeHead(answer.kind === 'whole' ? answer.status : 200, { ...headers, ...answer.headers, ...length });
  if (fault?.fault === 'reset-after-headers') {
    res.flushHeaders();
    await flushed(order);
    res.socket?.resetAndDestroy();
    return false;
  }
  const whole = answer.kind === 'whole' ? await writeWhole(order, answer) : await writeStream(order, answer);
  if (!whole || signal.aborted) return false;
  await new Promise<void>((resolve) => {
    res.once('close', resolve);
    res.end(resolve);
  });
  return res.writableFinished && !broken;
}

/** A host that began with a 200 and then failed: the error is the body. */
async function writeErrorInWhole({ res, headers, inBandError }: WriteOrder): Promise<false> {
  const body = JSON.stringify(inBandError().body);
  res.writeHead(200, { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  res.end(body);
  return false;
}

/** Resolves true when the whole body was written, false when a fault or the client ended it before. */
async function writeWhole(order: WriteOrder, { body }: WholeAnswer): Promise<boolean> {
  switch (order.fault?.fault) {
    case 'cut-mid-stream':
    case 'end-mid-stream':
    case 'stall-mid-stream':
      await write(order, body.subarray(0, Math.floor(body.length / 2)));
      return (await breakOff(order)) && write(order, body.subarray(Math.floor(body.length / 2)));
    case 'slow-drip':
      return drip(order, body);
    default:
      return write(order, body);
  }
}

async function writeStream(order: WriteOrder, answer: StreamAnswer): Promise<boolean> {
  const { fault } = order;
  const { frames } = answer;
  const middle = Math.max(1, Math.floor(frames.length / 2));
  switch (fault?.fault) {
    case 'error-first-event':
      return write(order, answer.errorFrame(order.inBandError()));
    case 'error-mid-stream':
      return (
        (await writeFrames(order, frames.slice(0, middle))) && write(order, answer.errorFrame(order.inBandError()))
      );
    case 'cut-mid-stream':
    case 'end-mid-stream':
    case 'stall-mid-stream':
      if (!(await writeFrames(order, frames.slice(0, middle)))) return false;
      return (await breakOff(order)) && writeFrames(order, frames.slice(middle));
    case 'slow-drip':
      return drip(order, Buffer.concat(frames.map(({ data }) => Buffer.from(data))));
    default:
      return writeFrames(order, frames);
  }
}

async function writeFrames(order: WriteOrder, frames: readonly Frame[]): Promise<boolean> {
  const { clock, signal, tokensPerSecond } = order;
  // The pace is held against the start, so that late timers do not add up.
  const startedAt = clock.now();
  let tokens = 0;
  for (const { data, tokens: carried } of frames) {
    tokens += carried;
    if (tokensPerSecond !== null && carried > 0) {
      const dueIn = startedAt + (tokens * 1_000) / tokensPerSecond - clock.now();
      if (dueIn > 0) await sleep(clock, dueIn, signal);
    }
    if (!(await write(order, data))) return false;
  }
  return true;
}

/** True when a stall is over and the rest may follow; a cut has no rest. */
async function breakOff(order: WriteOrder): Promise<boolean> {
  const { res, clock, signal, fault } = order;
  await flushed(order);
  switch (fault?.fault) {
    case 'cut-mid-stream':
      res.socket?.resetAndDestroy();
      return false;
    case 'end-mid-stream':
      // A chunk that promises 64 bytes and brings six; with a length, the body simply falls short.
      if (res.hasHeader('content-length')) res.socket?.end();
      else res.socket?.end('40\r\ndata: ');
      return false;
    default:
      await sleep(clock, fault?.delayMs ?? Number.POSITIVE_INFINITY, signal);
      return !signal.aborted;
  }
}

async function drip(order: WriteOrder, body: Buffer): Promise<boolean> {
  const { clock, signal, fault } = order;
  for (let at = 0; at < body.length; at++) {
    if (!(await write(order, body.subarray(at, at + 1)))) return false;
    await sleep(clock, fault?.delayMs ?? 1, signal);
  }
  return true;
}

/** False once the client is gone. Waits while the client is not reading. */
async function write({ res, signal }: WriteOrder, chunk: string | Buffer): Promise<boolean> {
  if (signal.aborted) return false;
  if (chunk.length === 0 || res.write(chunk)) return true;
  await new Promise<void>((resolve) => {
    const done = () => {
      res.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    res.once('drain', done);
    signal.addEventListener('abort', done);
  });
  return !signal.aborted;
}

/** A reset throws away what the kernel has not sent yet; what was promised to arrive must have left before. */
async function flushed({ res, signal }: WriteOrder): Promise<void> {
  const { socket } = res;
  while (socket !== null && socket.writableLength > 0 && !signal.aborted) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
