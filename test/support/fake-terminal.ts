import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import type { Terminal } from '../../src/cli/terminal.ts';

/** A terminal whose output is text to look at, and whose input and signals are sent by hand. */
export class FakeTerminal implements Terminal {
  readonly env: Record<string, string | undefined>;
  readonly cwd: string;
  /** Exit codes asked for at once, past whatever was running. */
  readonly exits: number[] = [];
  readonly signals = new EventEmitter();
  readonly stdin = Object.assign(new PassThrough(), { isTTY: false });
  out = '';
  err = '';

  constructor(cwd: string, env: Record<string, string | undefined> = {}) {
    this.cwd = cwd;
    this.env = env;
  }

  readonly stdout = {
    write: (text: string) => {
      this.out += text;
    },
  };

  readonly stderr = {
    write: (text: string) => {
      this.err += text;
    },
  };

  readonly process = {
    on: (event: string, listener: (...details: unknown[]) => void) => this.signals.on(event, listener),
    off: (event: string, listener: (...details: unknown[]) => void) => this.signals.off(event, listener),
    exit: (code: number) => {
      this.exits.push(code);
    },
  };
}
