import { createServer } from 'node:net';
import { RotatoError } from '../errors.ts';
import { CommandFailure } from './terminal.ts';

interface ListenSettings {
  readonly addresses: readonly string[];
  readonly port: number;
}

/** Begins to listen; when that fails, throws an error that says why and what to do. */
export async function explainFailure<Server>(begin: () => Promise<Server>, settings: ListenSettings): Promise<Server> {
  try {
    return await begin();
  } catch (error) {
    throw (await reasonFor(error, settings)) ?? error;
  }
}

/** Null when the error is about something else. */
async function reasonFor(error: unknown, { addresses, port }: ListenSettings): Promise<Error | null> {
  const { code, address } = error as NodeJS.ErrnoException & { address?: string };
  const host = address ?? addresses.join(' and ');
  const options = { cause: error };
  switch (code) {
    case 'EADDRINUSE': {
      const free = await nextFreePort(port, addresses);
      const remedy = free === null ? 'Choose another with --port.' : `The next free one is ${free}: use --port ${free}`;
      return new CommandFailure(`Port ${port} on ${host} is taken. ${remedy}`, options);
    }
    case 'EACCES':
      return new CommandFailure(
        `Port ${port} is not allowed to this user. Choose one above 1023 with --port.`,
        options,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new RotatoError(
        'bad-configuration',
        `This machine has no address ${host}. Choose one with --host.`,
        options,
      );
    default:
      return null;
  }
}

const PORTS_TRIED = 50;
const HIGHEST_PORT = 65_535;

/** The first port above `port` that is free on every address; null when there is none nearby. */
async function nextFreePort(port: number, addresses: readonly string[]): Promise<number | null> {
  const last = Math.min(port + PORTS_TRIED, HIGHEST_PORT);
  for (let candidate = port + 1; candidate <= last; candidate++) {
    const free = await Promise.all(addresses.map((host) => isFree(host, candidate)));
    if (free.every(Boolean)) return candidate;
  }
  return null;
}

/** An address this machine does not have cannot be taken either. */
function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) => {
      resolve(code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT');
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
