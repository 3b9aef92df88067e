import { Transform, type TransformCallback } from 'node:stream';
import { FrameCursor } from './frame-cursor.ts';

/** What a server says to a peer as it goes away: close, status 1001, unmasked (RFC 6455 §7.4.1). */
const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

/**
 * The upstream's frames on their way to the caller, untouched until `leave`: then the frame that is under way is
 * finished, the caller is told that the server goes away, and nothing follows.
 */
export class Farewell extends Transform {
  readonly #cursor = new FrameCursor();
  #leaving = false;
  #said = false;

  leave(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    if (this.#cursor.isBetween) this.#say();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (!this.#said) this.#pass(chunk);
    done();
  }

  #pass(chunk: Buffer): void {
    const end = this.#cursor.feed(chunk);
    const isLast = this.#leaving && end !== -1;
    this.push(isLast ? chunk.subarray(0, end) : chunk);
    if (isLast) this.#say();
  }

  #say(): void {
    this.#said = true;
    this.push(GOING_AWAY);
  }
}
