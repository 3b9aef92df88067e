import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import { asRotatoError, RotatoError } from '../errors.ts';
import type { KeyPool } from '../key-pool/key-pool.ts';
import type { Lease } from '../key-pool/lease.ts';
import type { Log } from '../log.ts';
import type { ExchangeRecord } from '../model/exchange.ts';
import type { Provider, Wire } from '../model/provider.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { ProviderAdapter } from '../providers/provider-adapter.ts';
import type { Random } from '../random.ts';
import { type Admitted, admit, checkRequest } from './admit.ts';
import type { CallerTimeouts } from './caller-timeouts.ts';
import { corsHeaders, isPreflight, preflightHeaders } from './cors.ts';
import { guessWire, replyWithError } from './error-reply.ts';
import { Exchange, pathWithoutQuery, type Reply } from './exchange.ts';
import { type ForwardParts, forward, NotServedError } from './forward.ts';
import { headerSafe, upstreamHeaders } from './headers.ts';
import { healthReply, replyWithJson } from './health.ts';
import type { ObjectHomes } from './object-homes.ts';
import { readFacts, readWishes } from './read-demand.ts';
import { ReplayBudget } from './replay-store.ts';
import { checkLength, type RequestBody, readRequestBody } from './request-body.ts';
import { RetryBudget, RetryPolicy } from './retry-policy.ts';
import { type TunnelParts, tunnel } from './tunnel.ts';
import type { UpstreamClient } from './upstream-client.ts';

export interface ProxyParts {
  /** Read once per request: what runs finishes with what it began with. */
  readonly snapshot: () => Snapshot;
  readonly pool: KeyPool;
  readonly upstream: UpstreamClient;
  readonly homes: ObjectHomes;
  readonly adapterOf: (provider: Provider) => ProviderAdapter;
  /** For errors before a provider is known. */
  readonly adapterOfWire: (wire: Wire) => ProviderAdapter;
  readonly record: (record: ExchangeRecord) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Aborted when this server is told to stop: it takes nothing new, and what runs is ending. */
  readonly leaving: AbortSignal;
  readonly timeouts: CallerTimeouts;
}

/** Relays requests: admit, read the body, forward, record. Never throws and never rejects. */
export class RequestProxy {
  readonly #parts: ProxyParts;
  readonly #retryBudget: RetryBudget;
  readonly #replayBudget: ReplayBudget;

  constructor(parts: ProxyParts) {
    this.#parts = parts;
    this.#retryBudget = new RetryBudget(parts.clock);
    this.#replayBudget = new ReplayBudget(parts.snapshot().limits.replayBudgetBytes);
  }

  /** One request of the server; `continueFirst` when the caller waits for `100 Continue` before it sends its body. */
  handle(request: IncomingMessage, to: Reply, continueFirst = false): void {
    const exchange = new Exchange(request, this.#parts.clock);
    to.on('close', () => {
      if (!to.writableFinished) exchange.callerLeft();
    });
    // Without a listener a caller that breaks off would be an uncaught error; its leaving is seen by `close`.
    to.on('error', ignore);
    request.on('error', ignore);
    void this.#serve(exchange, to, continueFirst);
  }

  async #serve(exchange: Exchange, to: Reply, continueFirst: boolean): Promise<void> {
    const { log, record } = this.#parts;
    const snapshot = this.#parts.snapshot();
    let admitted: Admitted | null = null;
    let body: RequestBody | null = null;
    try {
      if (this.#serveLocally(exchange, to, snapshot)) return;
      admitted = admit(exchange, snapshot, this.#parts.adapterOf);
      checkLength(exchange.request, snapshot.limits.maxBodyBytes);
      if (continueFirst) to.writeContinue();
      body = await this.#readBody(exchange, snapshot);
      const readings = this.#parts.homes.readings(admitted.route.provider.name);
      if (readings !== null) await readings;
      await forward(this.#forwardParts({ exchange, to, snapshot, admitted, body }));
    } catch (thrown) {
      const error = asRotatoError(thrown);
      if (error.code === 'internal') log.error('Internal error', { err: error.cause, request: exchange.id });
      exchange.end(endOf(error), error.message);
      exchange.enter('answering');
      // A body that came in one piece with its head is there a turn later, and then its connection can be kept.
      if (!exchange.request.complete) await new Promise((resolve) => setImmediate(resolve));
      const adapter = admitted?.adapter ?? this.#parts.adapterOfWire(guessWire(exchange.headers, exchange.target));
      const headers = this.#replyHeaders(exchange, snapshot, null);
      replyWithError({ exchange, to, adapter, headers }, error, error instanceof NotServedError ? error.facts : null);
    } finally {
      void body?.close();
      record(exchange.record());
    }
  }

  /** A WebSocket upgrade: the same check, key choice and rotation, then bytes both ways. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { clock, record, log, leaving, adapterOfWire } = this.#parts;
    const exchange = new Exchange(request, clock);
    const snapshot = this.#parts.snapshot();
    const parts: TunnelParts = {
      exchange,
      socket,
      head,
      log,
      leaving,
      admit: () => {
        checkRequest(exchange, snapshot);
        return admit(exchange, snapshot, this.#parts.adapterOf);
      },
      guessAdapter: () => adapterOfWire(guessWire(exchange.headers, exchange.target)),
      forwardTo: (admitted) => this.#tunnelRoute(exchange, snapshot, admitted),
    };
    void tunnel(parts).finally(() => record(exchange.record()));
  }

  /** What is answered here and goes nowhere; true when it was. */
  #serveLocally(exchange: Exchange, to: Reply, snapshot: Snapshot): boolean {
    if (exchange.request.httpVersionMajor !== 1) throw new RotatoError('bad-request', 'This server speaks HTTP/1.1.');
    checkRequest(exchange, snapshot);
    const own = () => this.#replyHeaders(exchange, snapshot, null);
    const path = pathWithoutQuery(exchange.target);
    if (isPreflight(exchange, snapshot)) {
      to.writeHead(204, [...own(), ...OWN_REPLY, ...preflightHeaders(exchange)]).end();
    } else if (path === '/') {
      to.writeHead(302, [...own(), ...OWN_REPLY, 'location', '/admin', 'content-length', '0']).end();
    } else {
      const health = healthReply(path, snapshot, this.#parts.leaving.aborted);
      if (health === null) return false;
      replyWithJson(to, health.status, health.body, own());
    }
    exchange.status = to.statusCode;
    exchange.end('served');
    return true;
  }

  #readBody(exchange: Exchange, snapshot: Snapshot): Promise<RequestBody> {
    const source = {
      request: exchange.request,
      clock: this.#parts.clock,
      limits: { maxBodyBytes: snapshot.limits.maxBodyBytes, idleMs: this.#parts.timeouts.bodyIdleMs },
      onBytes: (bytes: number) => {
        exchange.bytesIn += bytes;
      },
    };
    return readRequestBody(source, this.#replayBudget);
  }

  #forwardParts(given: {
    exchange: Exchange;
    to: Reply;
    snapshot: Snapshot;
    admitted: Admitted;
    body: RequestBody;
  }): ForwardParts {
    const { exchange, to, snapshot, admitted, body } = given;
    const { pool, upstream, homes, clock } = this.#parts;
    return {
      exchange,
      to,
      body,
      pool,
      upstream,
      homes,
      clock,
      route: admitted.route,
      adapter: admitted.adapter,
      headers: upstreamHeaders(exchange.headers),
      organisationChosen: choosesOrganisation(exchange, admitted.adapter),
      sentSecrets: [],
      keysInForce: keysInForce(snapshot),
      clientStallMs: snapshot.limits.clientStallMs,
      replyHeaders: (lease) => this.#replyHeaders(exchange, snapshot, lease),
      ...this.#demandAndPolicy(exchange, snapshot, admitted, body),
    };
  }

  #demandAndPolicy(exchange: Exchange, snapshot: Snapshot, admitted: Admitted, body: RequestBody) {
    const { homes, random } = this.#parts;
    const { provider } = admitted.route;
    const wishes = readWishes(exchange.headers, exchange.target);
    const facts = readFacts({ ...admitted, body }, !homes.empty);
    exchange.model = facts.model;
    this.#retryBudget.countRequest();
    const maxWaitMs = Math.min(wishes.maxWaitMs ?? provider.maxWaitMs, provider.maxWaitCeilingMs);
    return {
      demand: {
        provider: provider.name,
        model: facts.model,
        tokens: facts.tokens,
        client: admitted.client?.name ?? 'anonymous',
        groups: admitted.client?.groups ?? null,
        priority: wishes.priority,
        deadline: exchange.arrivedAt + maxWaitMs,
        affinity: wishes.affinity,
        homeGroup: homes.find(provider.name, facts.references),
        signal: exchange.signal,
      },
      policy: new RetryPolicy({
        method: exchange.request.method ?? 'GET',
        rotateOn: provider.rotateOn.union(wishes.rotateOn),
        maxWalk: snapshot.limits.maxWalk,
        retries: snapshot.limits.retries,
        budget: this.#retryBudget,
        random,
      }),
    };
  }

  #tunnelRoute(exchange: Exchange, snapshot: Snapshot, admitted: Admitted) {
    return {
      pool: this.#parts.pool,
      proxies: this.#parts.upstream.proxies,
      headers: upstreamHeaders(exchange.headers),
      keysInForce: keysInForce(snapshot),
      replyHeaders: (lease: Lease | null) => this.#replyHeaders(exchange, snapshot, lease),
      ...this.#demandAndPolicy(exchange, snapshot, admitted, EMPTY_BODY),
    };
  }

  /** Our own headers on a reply, flat; `lease` is null where no key served it. */
  #replyHeaders(exchange: Exchange, snapshot: Snapshot, lease: Lease | null): string[] {
    const headers = ['x-rotato-request-id', exchange.id, ...corsHeaders(exchange, snapshot)];
    if (!snapshot.replyHeaders) return headers;
    if (lease !== null) headers.push('x-rotato-key', headerSafe(lease.key.label));
    headers.push('x-rotato-attempts', String(exchange.attemptsStarted));
    headers.push('x-rotato-wait-ms', String(Math.round(exchange.waitMs)));
    return headers;
  }
}

/** For the events of what is seen elsewhere. */
const ignore = () => {};

const OWN_REPLY = ['x-rotato-source', 'rotato'];

const EMPTY_BODY: RequestBody = {
  peek: Buffer.alloc(0),
  lengthBytes: 0,
  replayable: true,
  open: () => null,
  close: async () => {},
};

function choosesOrganisation(exchange: Exchange, adapter: ProviderAdapter): boolean {
  return adapter.organisationRequestHeaders.some((name) => exchange.headers.get(name) !== null);
}

function endOf(error: RotatoError) {
  if (error.code === 'internal') return 'internal';
  return error.code === 'rate-limited' ? 'rate_limited' : 'refused';
}

const secretsOf = new WeakMap<Snapshot, ReadonlySet<string>>();

/** Every key of a snapshot, for hiding them in what upstreams say; put together once. */
function keysInForce(snapshot: Snapshot): ReadonlySet<string> {
  let known = secretsOf.get(snapshot);
  if (known === undefined) {
    const keys = [...snapshot.providers.values()].flatMap((provider) => provider.keys);
    known = new Set(keys.map((key) => key.secret?.reveal() ?? ''));
    secretsOf.set(snapshot, known);
  }
  return known;
}
