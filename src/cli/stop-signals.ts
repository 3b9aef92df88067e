import type { ProcessEvents } from './terminal.ts';

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'];

export interface StopSignals {
  /** Resolves with the first signal's name. */
  readonly requested: Promise<string>;
  release(): void;
}

/** The first SIGTERM or SIGINT asks for an orderly stop; the second ends the process at once. */
export function listenForStop(process: ProcessEvents): StopSignals {
  const { promise: requested, resolve } = Promise.withResolvers<string>();
  let isStopping = false;
  const listeners = STOP_SIGNALS.map((signal) => {
    const listener = () => {
      if (isStopping) process.exit(1);
      isStopping = true;
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
