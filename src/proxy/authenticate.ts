import { createHash } from 'node:crypto';
import { RotatoError } from '../errors.ts';
import type { ClientKey } from '../model/client-key.ts';
import type { HeaderList } from '../model/header-list.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { readCredentials } from './credentials.ts';

/**
 * The one default-deny check that stands before routing, for requests and upgrades alike. Without it any web page
 * in the operator's browser could spend the keys: by asking this address directly, or by rebinding its own name to it.
 */
export function checkOrigin(headers: HeaderList, snapshot: Snapshot): void {
  const host = soleHost(headers);
  const name = hostName(host);
  if (!isLoopbackName(name) && !snapshot.hosts.has(name)) {
    throw new RotatoError(
      'misdirected',
      `This server does not answer to the name "${host.slice(0, 128)}". If it should, add it to listen.hosts.`,
    );
  }
  const origin = headers.get('origin');
  if (origin !== null && snapshot.cors.has(origin)) return;
  if (origin !== null && origin !== `http://${host}` && origin !== `https://${host}`) {
    throw new RotatoError(
      'forbidden',
      `Web pages of ${origin.slice(0, 128)} may not call this server. If they should, add that origin to cors.`,
    );
  }
  if (headers.get('sec-fetch-site') === 'cross-site') {
    throw new RotatoError('forbidden', 'Web pages of other sites may not call this server; see the setting cors.');
  }
}

/** Who is calling; null for anyone under `access: open`. Throws when nobody we know is. */
export function authenticate(headers: HeaderList, target: string, snapshot: Snapshot): ClientKey | null {
  if (snapshot.access === 'open') {
    refuseForwarded(headers);
    return null;
  }
  const { credentials } = readCredentials(headers, target);
  for (const credential of credentials) {
    // The digest, not the secret, is looked up: how long that takes tells nothing about how much of a guess is right.
    const client = snapshot.clients.get(createHash('sha256').update(credential).digest('hex'));
    if (client !== undefined) return client;
  }
  throw new RotatoError(
    'unauthorized',
    credentials.length === 0
      ? 'A client key is needed: send one as "Authorization: Bearer …", x-api-key, api-key, x-goog-api-key or ?key=.'
      : 'This client key is not known here. Keys of the provider itself are not accepted: use one that rotato gave you.',
  );
}

/** Open access is for this machine alone; a front proxy would open it to everyone it serves. */
function refuseForwarded(headers: HeaderList): void {
  for (const name of ['x-forwarded-for', 'forwarded', 'via']) {
    if (headers.get(name) !== null) {
      throw new RotatoError(
        'forbidden',
        `This request came through another proxy (${name}), and no client keys are set up. Create a client key first.`,
      );
    }
  }
}

function soleHost(headers: HeaderList): string {
  const hosts = headers.all('host');
  const [host] = hosts;
  if (host === undefined || host === '') throw new RotatoError('bad-request', 'The Host header is missing.');
  if (hosts.length > 1) throw new RotatoError('bad-request', 'There must be one Host header, not several.');
  return host.toLowerCase();
}

/** The address in brackets, or the name: what else ends in a name of ours may be a path to whoever builds a URL of it. */
const HOST = /^(?:\[([\da-f:.]+)\]|([\w.-]*))(?::\d*)?$/;

/** Without the port and the brackets of IPv6. Empty, which is nobody's name, for what is no host. */
function hostName(host: string): string {
  const match = HOST.exec(host);
  return match?.[1] ?? match?.[2] ?? '';
}

const LOOPBACK_V4 = /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/;

function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || LOOPBACK_V4.test(name);
}
