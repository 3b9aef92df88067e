/**
 * Follows a stream of WebSocket frames (RFC 6455 §5.2) as far as to know where one ends, and reads nothing of what
 * they carry: only between two frames may a frame of our own be put in.
 */
export class FrameCursor {
  readonly #header: number[] = [];
  #payloadLeft = 0;

  /** Between two frames: what was fed last ended one, or nothing was fed yet. */
  get isBetween(): boolean {
    return this.#payloadLeft === 0 && this.#header.length === 0;
  }

  /** Returns where in the chunk the first frame ends that ends in it; -1 when none does. */
  feed(chunk: Buffer): number {
    let firstEnd = -1;
    for (let at = 0; at < chunk.length; ) {
      at = this.#payloadLeft > 0 ? this.#skipPayload(chunk, at) : this.#readHeader(chunk, at);
      if (firstEnd === -1 && this.isBetween) firstEnd = at;
    }
    return firstEnd;
  }

  #skipPayload(chunk: Buffer, at: number): number {
    const taken = Math.min(this.#payloadLeft, chunk.length - at);
    this.#payloadLeft -= taken;
    return at + taken;
  }

  #readHeader(chunk: Buffer, at: number): number {
    this.#header.push(chunk[at] as number);
    if (this.#header.length === headerLength(this.#header)) {
      this.#payloadLeft = payloadLength(this.#header);
      this.#header.length = 0;
    }
    return at + 1;
  }
}

const MASK_BYTES = 4;

function headerLength([, second = 0]: readonly number[]): number {
  const extended = { 126: 2, 127: 8 }[second & 0x7f] ?? 0;
  return 2 + extended + ((second & 0x80) === 0 ? 0 : MASK_BYTES);
}

function payloadLength(header: readonly number[]): number {
  const short = (header[1] as number) & 0x7f;
  if (short < 126) return short;
  return header.slice(2, short === 126 ? 4 : 10).reduce((length, byte) => length * 256 + byte, 0);
}
