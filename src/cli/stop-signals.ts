import type { Clock } from '../clock.ts';
import type { ProcessEvents } from './terminal.ts';

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'];

export interface StopSignals {
  /** Resolves with the first signal's name. */
  readonly requested: Promise<string>;
  release(): void;
}

/** One Ctrl-C under a wrapper such as npm arrives twice: from the terminal, and passed on by the wrapper. */
const SAME_SIGNAL_MS = 500;

/** The first SIGTERM or SIGINT asks for an orderly stop; another one, sent later, ends the process at once. */
export function listenForStop(process: ProcessEvents, clock: Clock): StopSignals {
  const { promise: requested, resolve } = Promise.withResolvers<string>();
  let stoppingSince: number | null = null;
  const listeners = STOP_SIGNALS.map((signal) => {
    const listener = () => {
      if (stoppingSince !== null && clock.now() - stoppingSince > SAME_SIGNAL_MS) process.exit(1);
      stoppingSince ??= clock.now();
      resolve(signal);
    };
    process.on(signal, listener);
    return { signal, listener };
  });
  return {
    requested,
    release() {
      for (const { signal, listener } of listeners) process.off(signal, listener);
    },
  };
}
