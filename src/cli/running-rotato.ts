import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Operator } from '../control/operator.ts';
import type { Log } from '../log.ts';
import type { Secret } from '../model/secret.ts';
import type { Random } from '../random.ts';

/** What app.ts offers; handed in, because only main.ts may import it. */
export type StartRotato = (options: {
  readonly config: Config;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
  readonly version?: string;
  /** Told every credential there is, at once and whenever that changes. */
  readonly protect?: (secrets: readonly Secret[]) => void;
}) => Promise<RunningRotato>;

export interface RunningRotato {
  /** Of the first address it listens on. */
  readonly url: string;
  readonly operator: Pick<Operator, 'providers' | 'clients' | 'settings' | 'password'>;
  apply(config: Config): void;
  close(options?: { drainMs?: number }): Promise<void>;
}
