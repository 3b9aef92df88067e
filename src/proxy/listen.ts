import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../clock.ts';
import { breakOffConnections, closeUnusedConnections } from './server.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * One server for each address, all on one port: with port 0, the one the first was given. Rejects when an address
 * cannot be had; a machine without IPv6 goes without its loopback.
 */
export async function listen(hosts: readonly string[], port: number, create: () => Server): Promise<Server[]> {
  const servers: Server[] = [];
  let chosen = port;
  try {
    for (const host of hosts) {
      const server = create();
      const optional = servers.length > 0 && host === '::1';
      if (!(await listenOn(server, { host, port: chosen }, optional))) continue;
      servers.push(server);
      chosen = addressOf(server).port;
    }
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
  return servers;
}

/** False for an optional address that this machine does not have. */
function listenOn(server: Server, address: Address, optional: boolean): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const absent = error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT';
      if (optional && absent) resolve(false);
      else reject(error);
    });
    server.listen(address, () => {
      server.removeAllListeners('error');
      resolve(true);
    });
  });
}

export function addressOf(server: Server): Address {
  const { address, port } = server.address() as AddressInfo;
  return { host: address, port };
}

export function urlOf({ host, port }: Address): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Takes no new connection, lets what runs finish for `drainMs`, then breaks it off visibly. */
export function drain(server: Server, drainMs: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cut = clock.setTimer(drainMs, () => breakOffConnections(server));
    server.close(() => {
      cut.cancel();
      resolve();
    });
    closeUnusedConnections(server);
  });
}
