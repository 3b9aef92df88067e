import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { TextInput, TextOutput } from './terminal.ts';

/** What is typed for us stays off the screen; readline draws on this instead. */
const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });

/** Lines that hold a secret: typed unseen at a terminal, or piped in. */
export class SecretInput {
  /** Whether a person is there to be asked. */
  readonly isInteractive: boolean;
  readonly #output: TextOutput;
  readonly #lines: AsyncIterator<string>;
  readonly #close: () => void;

  constructor(input: TextInput, output: TextOutput) {
    this.isInteractive = input.isTTY === true;
    this.#output = output;
    const reader = createInterface({ input, output: nowhere(), terminal: this.isInteractive });
    this.#lines = reader[Symbol.asyncIterator]();
    this.#close = () => reader.close();
  }

  /** The next line; null at the end of the input, and when it was broken off with Ctrl-C. */
  async ask(question: string): Promise<string | null> {
    if (this.isInteractive) this.#output.write(question);
    const { value, done } = await this.#lines.next();
    if (this.isInteractive) this.#output.write('\n');
    return done === true ? null : value;
  }

  close(): void {
    this.#close();
  }
}
