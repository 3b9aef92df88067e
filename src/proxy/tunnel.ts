import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { asRotatoError, type RotatoError } from '../errors.ts';
import type { KeyPool } from '../key-pool/key-pool.ts';
import type { Lease } from '../key-pool/lease.ts';
import type { Log } from '../log.ts';
import type { TriedKey } from '../model/demand.ts';
import type { Outcome } from '../model/outcome.ts';
import type { ProviderAdapter } from '../providers/provider-adapter.ts';
import type { Admitted } from './admit.ts';
import { recordAttempt } from './attempt-record.ts';
import { retryHeaders } from './error-reply.ts';
import type { Exchange } from './exchange.ts';
import { Farewell } from './farewell.ts';
import { type DemandOnce, faultError, NotServedError, refusalError } from './forward.ts';
import { downstreamHeaders, withoutKeyProtocol } from './headers.ts';
import { maskKeysInForce } from './key-masker.ts';
import type { RetryPolicy } from './retry-policy.ts';
import { joinTarget } from './route-request.ts';
import type { ProxySettings } from './upstream-client.ts';
import { type OpenTunnel, openUpgrade, type RefusedTunnel, type TunnelAnswer } from './upstream-upgrade.ts';

export interface TunnelParts {
  readonly exchange: Exchange;
  readonly socket: Duplex;
  /** Bytes of the caller that came together with its request. */
  readonly head: Buffer;
  readonly log: Log;
  readonly admit: () => Admitted;
  readonly guessAdapter: () => ProviderAdapter;
  readonly forwardTo: (admitted: Admitted) => TunnelRoute;
  /** Aborted when this server is about to go away. */
  readonly leaving: AbortSignal;
}

export interface TunnelRoute {
  readonly pool: KeyPool;
  readonly proxies: ProxySettings;
  readonly headers: readonly string[];
  readonly keysInForce: ReadonlySet<string>;
  readonly demand: DemandOnce;
  readonly policy: RetryPolicy;
  readonly replyHeaders: (lease: Lease | null) => string[];
}

/** One WebSocket: the same check, key choice and rotation as a request; once open, bytes pass both ways untouched. */
export async function tunnel(parts: TunnelParts): Promise<void> {
  const { exchange, socket, log } = parts;
  socket.once('close', () => exchange.callerLeft());
  // The caller's breaking off is seen by `close`; without a listener it would be an uncaught error.
  socket.on('error', () => {});
  let adapter: ProviderAdapter | null = null;
  try {
    const admitted = parts.admit();
    adapter = admitted.adapter;
    await tunnelTo(parts, admitted, parts.forwardTo(admitted));
  } catch (thrown) {
    const error = asRotatoError(thrown);
    if (error.code === 'internal') log.error('Internal error', { err: error.cause, request: exchange.id });
    exchange.end(error.code === 'internal' ? 'internal' : 'refused', error.message);
    exchange.enter('answering');
    refuse(parts, adapter ?? parts.guessAdapter(), error);
  }
}

async function tunnelTo(parts: TunnelParts, admitted: Admitted, route: TunnelRoute): Promise<void> {
  const { exchange } = parts;
  const provider = admitted.route.provider.name;
  const tried: TriedKey[] = [];
  let refused: RefusedTunnel | null = null;
  for (;;) {
    exchange.enter('queueing');
    const grant = await route.pool.acquire({ ...route.demand, tried });
    if (grant.kind === 'refusal') {
      if (refused === null) throw refusalError(provider, grant);
      return relayRefusal(parts, route, refused);
    }
    exchange.waitMs += grant.waitedMs;
    exchange.attemptsStarted++;
    tried.push({ keyId: grant.key.id, group: grant.group });
    exchange.enter('attempt');
    const startedAt = exchange.clock.now();
    const answer = await ask(parts, admitted, route, grant);
    const headAt = answer.kind === 'fault' ? null : exchange.clock.now();
    const outcome = judge(exchange, admitted.adapter, answer);
    if (answer.kind === 'open') {
      await join(parts, route, grant, answer);
    }
    grant.settle(exchange.ended === 'client_aborted' && answer.kind !== 'open' ? { kind: 'caller-left' } : outcome);
    const told = answer.kind === 'fault' ? null : answer.status;
    exchange.attempts.push(recordAttempt(exchange, grant, { outcome, fault: null, status: told, startedAt, headAt }));
    if (answer.kind === 'open') return;
    if (answer.kind === 'refused') refused = answer;
    const status = answer.kind === 'refused' ? answer.status : null;
    const { lastResort } = grant;
    const verdict = route.policy.decide({ outcome, status, replayable: true, lastResort, fitsElsewhere: false });
    if (verdict.kind === 'again' && !exchange.signal.aborted) continue;
    if (answer.kind === 'fault') {
      exchange.end(answer.fault.end, answer.fault.message);
      throw new NotServedError(faultError(provider, answer.fault), null);
    }
    return relayRefusal(parts, route, answer);
  }
}

function ask(parts: TunnelParts, admitted: Admitted, route: TunnelRoute, lease: Lease): Promise<TunnelAnswer> {
  const { exchange } = parts;
  const url = lease.key.baseUrl ?? admitted.route.provider.baseUrl;
  const { secret } = lease.key;
  const headers = withoutCallerKey(route.headers);
  return openUpgrade(
    {
      provider: admitted.route.provider,
      url,
      method: exchange.request.method ?? 'GET',
      target: joinTarget(url.path, admitted.route.path, admitted.adapter.besideVersion),
      headers: secret === null ? headers : [...headers, ...admitted.adapter.authorize(secret)],
      signal: exchange.signal,
      clock: exchange.clock,
      onSent: () => lease.sent(),
    },
    route.proxies,
  );
}

function withoutCallerKey(headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string;
    const value = headers[at + 1] as string;
    const rest = name.toLowerCase() === 'sec-websocket-protocol' ? withoutKeyProtocol(value) : value;
    if (rest !== null) kept.push(name, rest);
  }
  return kept;
}

function judge(exchange: Exchange, adapter: ProviderAdapter, answer: TunnelAnswer): Outcome {
  if (answer.kind === 'open') return { kind: 'served', usage: null };
  if (answer.kind === 'fault') return answer.fault.outcome;
  const { status, headers, body } = answer;
  if (status < 400) return { kind: 'request-refused', reason: `answered ${status} instead of switching protocols` };
  return adapter.classify({ status, headers, body: body.toString('utf8'), receivedAt: exchange.clock.wallNow() });
}

/**
 * Joins the two sockets until either side closes; closing one closes the other. When this server goes away the caller
 * is told so, and its answer, passed on, ends the upstream's side as well.
 */
function join(parts: TunnelParts, route: TunnelRoute, lease: Lease, opened: OpenTunnel): Promise<void> {
  const { exchange, socket: caller, head, leaving } = parts;
  const { socket: upstream } = opened;
  const frames = new Farewell();
  const leave = () => frames.leave();
  return new Promise((resolve) => {
    exchange.status = opened.status;
    exchange.firstByteAt = exchange.clock.now();
    const headers = [...downstreamHeaders(opened.headers), ...route.replyHeaders(lease)];
    caller.write(renderHead(101, ['Upgrade', 'websocket', 'Connection', 'Upgrade', ...headers]), 'latin1');
    if (opened.head.length > 0) frames.write(opened.head);
    if (head.length > 0) upstream.write(head);
    upstream.on('data', (chunk: Buffer) => {
      exchange.bytesOut += chunk.length;
    });
    caller.on('data', (chunk: Buffer) => {
      exchange.bytesIn += chunk.length;
    });
    upstream.pipe(frames).pipe(caller);
    caller.pipe(upstream);
    if (leaving.aborted) leave();
    else leaving.addEventListener('abort', leave, { once: true });
    upstream.on('error', () => exchange.end('upstream_aborted', 'The upstream broke off the WebSocket.'));
    caller.once('close', () => upstream.destroy());
    upstream.once('close', () => {
      leaving.removeEventListener('abort', leave);
      exchange.end('served');
      caller.end();
      resolve();
    });
  });
}

function relayRefusal({ exchange, socket }: TunnelParts, route: TunnelRoute, refused: RefusedTunnel): void {
  exchange.enter('answering');
  const { status, headers } = refused;
  const body =
    headers.get('content-encoding') === null ? maskKeysInForce(refused.body, route.keysInForce) : refused.body;
  const kept = downstreamHeaders(headers);
  exchange.status = status;
  exchange.bytesOut += body.length;
  exchange.end('served');
  const framed = kept.filter((_part, at) => (kept[at - (at % 2)] as string).toLowerCase() !== 'content-length');
  const own = [...route.replyHeaders(null), 'content-length', String(body.length), 'connection', 'close'];
  socket.write(renderHead(status, [...framed, ...own]), 'latin1');
  socket.end(body);
}

function refuse({ exchange, socket }: TunnelParts, adapter: ProviderAdapter, error: RotatoError): void {
  const facts = error instanceof NotServedError ? error.facts : null;
  const retryAfterMs = facts?.retryAfterMs ?? null;
  const body = adapter.renderError({
    status: error.status,
    code: error.code,
    message: error.message,
    retryAt: retryAfterMs === null ? null : new Date(exchange.clock.wallNow() + retryAfterMs).toISOString(),
    details: facts?.details ?? {},
  });
  exchange.status = error.status;
  exchange.bytesOut += Buffer.byteLength(body);
  const headers = [
    ...['x-rotato-request-id', exchange.id, 'x-rotato-source', 'rotato', 'content-type', 'application/json'],
    ...retryHeaders(exchange, error.status, retryAfterMs),
    ...['content-length', String(Buffer.byteLength(body)), 'connection', 'close'],
  ];
  socket.write(renderHead(error.status, headers), 'latin1');
  socket.end(body);
}

function renderHead(status: number, headers: readonly string[]): string {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  for (let at = 0; at < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`;
  return `${head}\r\n`;
}
