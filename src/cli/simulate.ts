import { systemClock } from '../clock.ts';
import { explainFailure } from './listen-failure.ts';
import { listenForStop } from './stop-signals.ts';
import type { ExitCode, Terminal } from './terminal.ts';

/** As typed; the simulator reads and checks them. */
export type SimulateFlags = Readonly<Record<string, string | undefined>>;

/** What the simulator offers; handed in, because the two are on one floor. */
export interface SimulateCommand {
  readonly defaults: Readonly<Record<string, string | number>>;
  start(flags: SimulateFlags): Promise<RunningSimulator>;
}

export interface RunningSimulator {
  describe(json: boolean): string;
  close(): Promise<void>;
}

export interface SimulateOptions {
  readonly flags: SimulateFlags;
  readonly json: boolean;
  readonly terminal: Terminal;
  readonly simulate: SimulateCommand;
}

/** Runs until it is told to stop. */
export async function simulate({ flags, json, terminal, simulate: command }: SimulateOptions): Promise<ExitCode> {
  const stop = listenForStop(terminal.process, systemClock);
  try {
    const port = Number(flags.port ?? command.defaults.port);
    const simulator = await explainFailure(() => command.start(flags), { addresses: ['127.0.0.1'], port });
    terminal.stdout.write(simulator.describe(json));
    await stop.requested;
    await simulator.close();
    return 0;
  } finally {
    stop.release();
  }
}
