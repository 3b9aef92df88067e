import type { Socket } from 'node:net';
import { buildConnector, type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici';
import type { Clock } from '../clock.ts';
import type { CallerSignal } from '../model/caller-signal.ts';
import type { Provider } from '../model/provider.ts';
import type { UpstreamUrl } from '../model/upstream-url.ts';
import { checkLiteral, guardedLookup } from './address-guard.ts';
import { SilenceWatch } from './silence-watch.ts';
import { UpstreamReply } from './upstream-reply.ts';
import { skipInterim } from './upstream-socket.ts';

const MAX_HEADER_BYTES = 128 * 1024;

export interface UpstreamRequest {
  readonly provider: Provider;
  readonly url: UpstreamUrl;
  readonly method: string;
  /** Path and query as they go on the wire. */
  readonly target: string;
  /** Flat names and values, with the key; without `host` and without framing other than `content-length`. */
  readonly headers: string[];
  readonly body: Buffer | AsyncIterable<Buffer> | null;
  readonly signal: CallerSignal;
  readonly onSent: () => void;
}

/** What `HTTPS_PROXY` and its like say; all null when requests go straight out. */
export interface ProxySettings {
  readonly httpProxy: string | null;
  readonly httpsProxy: string | null;
  readonly noProxy: string | null;
}

export function proxySettings(env: NodeJS.ProcessEnv): ProxySettings {
  const read = (name: string) => env[name.toLowerCase()] || env[name] || null;
  return { httpProxy: read('HTTP_PROXY'), httpsProxy: read('HTTPS_PROXY'), noProxy: read('NO_PROXY') };
}

/** The connections to one origin that were made in one way. */
interface Connections {
  readonly connectMs: number;
  readonly allowPrivate: boolean;
  readonly dispatcher: Dispatcher;
}

/** Keeps the connections to upstreams, one pool for each origin and way of connecting. */
export class UpstreamClient {
  readonly #clock: Clock;
  readonly proxies: ProxySettings;
  /** By origin: usually one. */
  readonly #connections = new Map<string, Connections[]>();
  readonly #silence: SilenceWatch;

  constructor(clock: Clock, proxies: ProxySettings) {
    this.#clock = clock;
    this.proxies = proxies;
    this.#silence = new SilenceWatch(clock);
  }

  /** Starts the request and returns at once; the reply's `head` tells when there is one. */
  send(request: UpstreamRequest): UpstreamReply {
    const { provider, url } = request;
    const { timeouts } = provider;
    const reply = new UpstreamReply(request, { clock: this.#clock, silence: this.#silence, timeouts });
    try {
      this.#dispatcherFor(url, provider).dispatch(
        {
          origin: url.origin,
          path: request.target,
          method: request.method as Dispatcher.HttpMethod,
          headers: request.headers,
          body: request.body as Buffer | null,
          // The reply keeps its own time, on our clock; undici's timers are too coarse and cannot be sped up.
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        reply,
      );
    } catch (error) {
      reply.onResponseError(undefined, error as Error);
    }
    return reply;
  }

  async close(): Promise<void> {
    const all = [...this.#connections.values()].flat();
    await Promise.all(all.map(({ dispatcher }) => dispatcher.destroy()));
    this.#silence.close();
  }

  #dispatcherFor(url: UpstreamUrl, provider: Provider): Dispatcher {
    const { connectMs } = provider.timeouts;
    const allowPrivate = provider.allowPrivateAddress;
    const known = this.#connections.get(url.origin) ?? [];
    for (const one of known) {
      if (one.connectMs === connectMs && one.allowPrivate === allowPrivate) return one.dispatcher;
    }
    const dispatcher = this.#connectTo(url, connectMs, allowPrivate);
    this.#connections.set(url.origin, [...known, { connectMs, allowPrivate, dispatcher }]);
    return dispatcher;
  }

  #connectTo(url: UpstreamUrl, connectMs: number, allowPrivate: boolean): Dispatcher {
    const { httpProxy, httpsProxy, noProxy } = this.proxies;
    const options = {
      connect: connector(connectMs, allowPrivate),
      maxHeaderSize: MAX_HEADER_BYTES,
      allowH2: false,
    };
    if ((url.protocol === 'https:' ? httpsProxy : httpProxy) === null) return new Pool(url.origin, options);
    return new EnvHttpProxyAgent({
      ...options,
      ...(httpProxy !== null && { httpProxy }),
      ...(httpsProxy !== null && { httpsProxy }),
      ...(noProxy !== null && { noProxy }),
      proxyTls: { timeout: connectMs },
      requestTls: { timeout: connectMs, ALPNProtocols: ['http/1.1'] },
    });
  }
}

function connector(connectMs: number, allowPrivate: boolean): buildConnector.connector {
  const connect = buildConnector({
    timeout: connectMs,
    allowH2: false,
    lookup: guardedLookup(allowPrivate),
  } as buildConnector.BuildOptions);
  return (options, callback) => {
    const forbidden = checkLiteral(options.hostname, allowPrivate);
    if (forbidden !== null) return callback(forbidden, null);
    connect(options, (error, socket) => {
      if (error !== null || socket === null) return callback(error as Error, null);
      settle(socket, callback);
    });
  };
}

/**
 * Gives a new connection two turns of the event loop before anything is written to it. An upstream that accepts and
 * closes at once is seen to have closed by then, so the request provably never went out and may be sent elsewhere.
 */
function settle(socket: Socket, callback: buildConnector.Callback): void {
  socket.read(0);
  setImmediate(() =>
    setImmediate(() => {
      if (socket.destroyed || socket.readableEnded) {
        callback(Object.assign(new Error('closed before anything was sent'), { code: 'ECONNRESET' }), null);
        return;
      }
      skipInterim(socket);
      callback(null, socket);
    }),
  );
}
