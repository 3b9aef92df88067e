import { createServer } from 'node:net';

const PORTS_TRIED = 50;
const HIGHEST_PORT = 65_535;

/** The first port above `port` that is free on every address; null when there is none nearby. */
export async function nextFreePort(port: number, addresses: readonly string[]): Promise<number | null> {
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
    server.once('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT'),
    );
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
