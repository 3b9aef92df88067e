/** What a command may touch of the world around it; main.ts hands in the real one, tests one of their own. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly cwd: string;
  readonly stdin: TextInput;
  /** For what a command was asked for. */
  readonly stdout: TextOutput;
  /** For what it has to say about that. */
  readonly stderr: TextOutput;
  readonly process: ProcessEvents;
}

export type TextInput = NodeJS.ReadableStream & { readonly isTTY?: boolean };

export interface TextOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** The part of `process` that commands use. */
export interface ProcessEvents {
  on(event: string, listener: (...details: unknown[]) => void): unknown;
  off(event: string, listener: (...details: unknown[]) => void): unknown;
  /** At once, whatever is running. */
  exit(code: number): void;
}

/** 0 ok, 1 failed, 2 wrong usage or configuration. */
export type ExitCode = 0 | 1 | 2;

/** A command cannot do what it was asked, for a reason that its message tells with the remedy. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}
