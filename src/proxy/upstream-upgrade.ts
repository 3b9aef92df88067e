import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import { HeaderList } from '../model/header-list.ts';
import { checkLiteral, guardedLookup } from './address-guard.ts';
import { CallerLeftError, type Fault, readFault, TimeoutError } from './fault.ts';
import type { ProxySettings, UpstreamRequest } from './upstream-client.ts';

/** The upstream switched protocols: from here on it is bytes both ways. */
export interface OpenTunnel {
  readonly kind: 'open';
  readonly socket: Duplex;
  /** Bytes that came together with the head. */
  readonly head: Buffer;
  readonly status: number;
  readonly headers: HeaderList;
}

/** The upstream answered instead of switching. The body is its beginning, at most 64 KB. */
export interface RefusedTunnel {
  readonly kind: 'refused';
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Buffer;
}

export type TunnelAnswer = OpenTunnel | RefusedTunnel | { readonly kind: 'fault'; readonly fault: Fault };

export interface UpgradeRequest extends Omit<UpstreamRequest, 'body'> {
  readonly clock: Clock;
}

const MOST_BODY_BYTES = 64 * 1024;
const LONGEST_BODY_MS = 1_000;

/**
 * Asks an upstream to switch to WebSocket. Goes through `node:http`, because undici gives a refused upgrade away
 * without its status and body, which say whether another key would do.
 */
export function openUpgrade(wanted: UpgradeRequest, proxies: ProxySettings): Promise<TunnelAnswer> {
  const { provider, url, signal, clock } = wanted;
  const forbidden = checkLiteral(url.hostname, provider.allowPrivateAddress);
  if (forbidden !== null) return Promise.resolve(fault(forbidden, false));
  return new Promise((resolve) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(optionsFor(wanted, proxies));
    let started = false;
    const timer = clock.setTimer(provider.timeouts.connectMs + provider.timeouts.firstByteMs, () => {
      request.destroy(new TimeoutError('first_byte_timeout', 'The upstream did not answer the upgrade in time.'));
    });
    const leave = () => request.destroy(new CallerLeftError('The caller left.'));
    const settle = (answer: TunnelAnswer) => {
      timer.cancel();
      signal.removeEventListener('abort', leave);
      resolve(answer);
    };
    signal.addEventListener('abort', leave);
    // Under TLS nothing of the request is written before the handshake is over.
    const ready = url.protocol === 'https:' ? 'secureConnect' : 'connect';
    request.on('socket', (socket) => socket.once(ready, () => (started = true)));
    request.on('upgrade', (response, socket, head) => {
      const headers = new HeaderList(response.rawHeaders);
      settle({ kind: 'open', socket, head, status: response.statusCode ?? 101, headers });
    });
    request.on('response', (response) => {
      void readBody(response, clock).then((body) => {
        const headers = new HeaderList(response.rawHeaders);
        settle({ kind: 'refused', status: response.statusCode ?? 502, headers, body });
        request.destroy();
      });
    });
    request.on('error', (error) => settle(fault(error, started)));
    request.end();
    wanted.onSent();
  });
}

function optionsFor(wanted: UpgradeRequest, proxies: ProxySettings): RequestOptions {
  const { provider, url } = wanted;
  const Agent = url.protocol === 'https:' ? HttpsAgent : HttpAgent;
  return {
    agent: new Agent({ keepAlive: false, proxyEnv: proxyEnv(proxies) }),
    host: url.hostname,
    port: url.port,
    method: wanted.method,
    path: wanted.target,
    headers: ['Host', url.host, 'Connection', 'Upgrade', 'Upgrade', 'websocket', ...wanted.headers],
    lookup: guardedLookup(provider.allowPrivateAddress),
  };
}

function proxyEnv({ httpProxy, httpsProxy, noProxy }: ProxySettings): NodeJS.ProcessEnv {
  return {
    ...(httpProxy !== null && { HTTP_PROXY: httpProxy }),
    ...(httpsProxy !== null && { HTTPS_PROXY: httpsProxy }),
    ...(noProxy !== null && { NO_PROXY: noProxy }),
  };
}

function readBody(response: IncomingMessage, clock: Clock): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = () => {
      timer.cancel();
      resolve(Buffer.concat(chunks).subarray(0, MOST_BODY_BYTES));
    };
    const timer = clock.setTimer(LONGEST_BODY_MS, finish);
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= MOST_BODY_BYTES) finish();
    });
    response.once('close', finish);
    response.on('error', finish);
  });
}

function fault(error: Error, started: boolean): TunnelAnswer {
  return { kind: 'fault', fault: readFault(error, { started, earlierRequests: 0 }) };
}
