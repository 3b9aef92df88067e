import type { Socket } from 'node:net';

/** How the other side stopped sending: said so (FIN), or broke off. */
export type Over = 'finished' | 'cut';

/** What is read ahead of whoever parses it; beyond, the socket waits. */
const READ_AHEAD_BYTES = 1024 * 1024;

/** The bytes a socket delivers, to be awaited piece by piece. */
export class ByteReader {
  readonly #socket: Socket;
  /** What is looked at, and what came after it. */
  #bytes: Buffer = Buffer.alloc(0);
  #later: Buffer[] = [];
  #laterBytes = 0;
  #over: Over | null = null;
  #wake: () => void = () => {};
  /** Stopped by its owner, so that parsing must not start it again. */
  #held = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#later.push(chunk);
      this.#laterBytes += chunk.length;
      if (this.#laterBytes > READ_AHEAD_BYTES) socket.pause();
      this.#wake();
    });
    socket.on('end', () => this.#end('finished'));
    socket.on('error', () => this.#end('cut'));
    socket.on('close', () => this.#end('cut'));
  }

  #end(over: Over): void {
    this.#over ??= over;
    this.#wake();
  }

  /** Null while more may come. */
  get over(): Over | null {
    return this.#over;
  }

  /** Takes nothing more off the socket until `release`, so that the other side feels it. */
  hold(): void {
    this.#held = true;
    this.#socket.pause();
  }

  release(): void {
    this.#held = false;
    this.#socket.resume();
  }

  /** The next bytes, however many came; null at the end. */
  async chunk(most = Number.POSITIVE_INFINITY): Promise<Buffer | null> {
    while (this.#bytes.length === 0) {
      if (!(await this.#more())) return null;
    }
    return this.#take(Math.min(most, this.#bytes.length));
  }

  /** Up to and with the delimiter; null when the bytes end before it. */
  async until(delimiter: string): Promise<Buffer | null> {
    let searched = 0;
    for (;;) {
      const at = this.#bytes.indexOf(delimiter, searched, 'latin1');
      if (at !== -1) return this.#take(at + delimiter.length);
      searched = Math.max(0, this.#bytes.length - delimiter.length);
      if (!(await this.#more())) return null;
    }
  }

  /** Whether at least one byte has come; false when none ever will. Takes nothing. */
  async any(): Promise<boolean> {
    while (this.#bytes.length === 0) {
      if (!(await this.#more())) return false;
    }
    return true;
  }

  #take(length: number): Buffer {
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  async #more(): Promise<boolean> {
    while (this.#later.length === 0) {
      if (this.#over !== null) return false;
      if (!this.#held && this.#socket.isPaused()) this.#socket.resume();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#bytes = Buffer.concat([this.#bytes, ...this.#later]);
    this.#later = [];
    this.#laterBytes = 0;
    return true;
  }
}
