import { type ChildProcess, spawn } from 'node:child_process';
import { delimiter, dirname } from 'node:path';

export interface RunOptions {
  readonly cwd: string;
  readonly timeoutMs: number;
  /** In place of what `cleanEnvironment` gives. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface Finished {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A child process whose output is kept. */
export class Running {
  readonly #child: ChildProcess;
  readonly finished: Promise<Finished>;
  stdout = '';
  stderr = '';

  constructor(file: string, args: readonly string[], { cwd, timeoutMs, env = cleanEnvironment() }: RunOptions) {
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.finished = new Promise((resolve, reject) => {
      const timeout = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
      child.once('error', reject);
      child.once('close', (code) => {
        clearTimeout(timeout);
        resolve({ code, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  /** The first match on stdout. Throws when the process ends before it printed one. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    let over = false;
    const end = () => {
      over = true;
    };
    this.finished.then(end, end);
    for (;;) {
      const match = pattern.exec(this.stdout);
      if (match !== null) return match;
      if (over) throw new Error(`It ended without printing ${pattern}:\n${this.stdout}${this.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  stop(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

export function run(file: string, args: readonly string[], options: RunOptions): Promise<Finished> {
  return new Running(file, args, options).finished;
}

/**
 * The environment as a user's shell has it: this Node first on the path, and nothing of the npm script around us,
 * which would tell an npm inside it to work on this project.
 */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const ours = Object.entries(process.env).filter(([name]) => !/^(?:npm_|rotato_|node_options$)/i.test(name));
  return { ...Object.fromEntries(ours), PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}` };
}
