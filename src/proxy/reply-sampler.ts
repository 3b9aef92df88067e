import type { Transform } from 'node:stream';
import type { ReplySample } from '../providers/provider-adapter.ts';
import { decoderFor, listEncodings } from './decode-body.ts';

const TAIL_BYTES = 8 * 1024;
/** A compressed body that decodes to more than this is a bomb or an archive: its usage stays unknown. */
const MOST_DECODED_BYTES = 64 * 1024 * 1024;

/** Relaying does not wait for our decoding: what falls this far behind is given up. */
const MOST_WAITING_BYTES = 1024 * 1024;

/**
 * Keeps the two ends of a body that passes by, decoded, without touching what is relayed: usage stands at one of them
 * in every wire. A body of one chunk, the usual short reply, is kept by reference and costs nothing.
 */
export class ReplySampler {
  readonly #contentType: string;
  readonly #headBytes: number;
  readonly #decoder: Transform | null;
  /** Then what was decoded so far is not the two ends of the whole. */
  #undecodable: boolean;
  #first: Buffer | null = null;
  #head: Buffer | null = null;
  #headLength = 0;
  #tail: Buffer | null = null;
  #tailLength = 0;
  #decodedBytes = 0;

  constructor(contentType: string, contentEncoding: string | null, headBytes: number) {
    this.#contentType = contentType;
    this.#headBytes = headBytes;
    const encodings = listEncodings(contentEncoding);
    this.#decoder = encodings?.length === 1 ? decoderFor(encodings[0] as string) : null;
    this.#undecodable = encodings === null || (encodings.length > 0 && this.#decoder === null);
    this.#decoder?.on('data', (chunk: Buffer) => this.#keepDecoded(chunk));
    // A damaged body is the caller's to judge; here it only means that the usage stays unknown.
    this.#decoder?.on('error', () => this.#giveUp());
  }

  push(chunk: Buffer): void {
    if (this.#undecodable) return;
    if (this.#decoder === null) this.#keep(chunk);
    else if (this.#decoder.writableLength > MOST_WAITING_BYTES) this.#giveUp();
    else this.#decoder.write(chunk);
  }

  #giveUp(): void {
    this.#undecodable = true;
    this.#decoder?.destroy();
  }

  /** The sample, once the body is over. Only of a compressed body it has to be waited for. */
  finish(): ReplySample | null | Promise<ReplySample | null> {
    if (this.#undecodable) return null;
    return this.#decoder === null ? this.#sample() : ended(this.#decoder).then(() => this.#sample());
  }

  #sample(): ReplySample | null {
    if (this.#undecodable) return null;
    const head = this.#first ?? this.#head?.subarray(0, this.#headLength);
    const tail = this.#first ?? this.#tail?.subarray(TAIL_BYTES - this.#tailLength);
    if (head === undefined || tail === undefined) return null;
    return {
      contentType: this.#contentType,
      head: head.toString('utf8', 0, this.#headBytes),
      tail: tail.toString('utf8', Math.max(0, tail.length - TAIL_BYTES)),
    };
  }

  #keepDecoded(chunk: Buffer): void {
    this.#decodedBytes += chunk.length;
    if (this.#decodedBytes > MOST_DECODED_BYTES) this.#giveUp();
    else this.#keep(chunk);
  }

  #keep(chunk: Buffer): void {
    if (this.#first === null && this.#head === null) {
      this.#first = chunk;
      return;
    }
    if (this.#first !== null) {
      const first = this.#first;
      this.#first = null;
      this.#copy(first);
    }
    this.#copy(chunk);
  }

  #copy(chunk: Buffer): void {
    this.#head ??= Buffer.allocUnsafeSlow(this.#headBytes);
    this.#tail ??= Buffer.allocUnsafeSlow(TAIL_BYTES);
    if (this.#headLength < this.#headBytes) {
      this.#headLength += chunk.copy(this.#head, this.#headLength);
    }
    const taken = Math.min(chunk.length, TAIL_BYTES);
    this.#tail.copyWithin(0, taken);
    chunk.copy(this.#tail, TAIL_BYTES - taken, chunk.length - taken);
    this.#tailLength = Math.min(TAIL_BYTES, this.#tailLength + taken);
  }
}

function ended(decoder: Transform): Promise<void> {
  return new Promise((resolve) => {
    decoder.once('end', resolve);
    decoder.once('error', () => resolve());
    decoder.once('close', () => resolve());
    decoder.end();
  });
}
