import { type ChildProcess, spawn } from 'node:child_process';
import { within } from './wait-until.ts';

/** A program whose lines are kept, and which is killed without warning. It may collect its garbage at will. */
export class CrashingProcess {
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  readonly lines: string[] = [];
  #errors = '';
  #onLine: () => void = () => {};

  constructor(program: string, args: readonly string[]) {
    this.#child = spawn(process.execPath, ['--expose-gc', program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let rest = '';
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      this.lines.push(...lines);
      this.#onLine();
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    this.#closed = new Promise((resolve) => this.#child.once('close', () => resolve()));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Throws what it had to say when it ends without. */
  async firstLine(): Promise<string> {
    const seen = new Promise<void>((resolve) => {
      this.#onLine = resolve;
    });
    if (this.lines.length === 0) await within(Promise.race([seen, this.#closed]), 'the first line');
    const [line] = this.lines;
    if (line === undefined) throw new Error(`It ended without a line:\n${this.#errors}`);
    return line;
  }

  /** At once, as a power cut does; afterwards `lines` is complete. Throws when it had ended by itself before. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
    if (this.#child.signalCode !== 'SIGKILL') throw new Error(`It ended by itself:\n${this.#errors}`);
  }
}
