import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { WireMessage } from './http-messages.ts';
import { type PlannedReply, startRecordingUpstream } from './recording-upstream.ts';
import { startTestRotato } from './running-rotato.ts';
import { startWireTap, type TappedTraffic, type WireTap } from './wire-tap.ts';

export interface ComparedProvider {
  readonly preset: string;
  /** Follows the upstream's address in the base URL: `/v1`. */
  readonly basePath: string;
  /** The header that carries the pool's key, as rotato is to write it. */
  readonly credential: (key: string) => readonly [name: string, value: string];
}

/** One upstream, to be reached straight and through rotato, with a tap on every wire. */
export interface WireComparison extends AsyncDisposable {
  /** Where an SDK finds the upstream: straight, and through rotato. Neither has a version in it. */
  readonly direct: string;
  readonly through: string;
  /** What the caller presents to rotato. It must never arrive. */
  readonly callerKey: string;
  /** What the upstream answers from now on. */
  plan(reply: PlannedReply): void;
  /**
   * Runs a call straight and through rotato and expects that nothing differs but host, connection and credentials:
   * in what the upstream received, in what the caller got back, and in what the SDK made of it.
   */
  compare(call: (baseUrl: string) => Promise<unknown>, options?: CompareOptions): Promise<ComparedTraffic>;
  /** What went through rotato otherwise since the last time, uncompared. */
  read(): Promise<Omit<ComparedTraffic, 'outcome'>>;
}

export interface CompareOptions {
  /** Reply headers, in lower case, whose values rotato is meant to change. */
  readonly rewritten?: readonly string[];
}

/** The traffic through rotato, on the caller's side and on the upstream's, and what the SDK made of it. */
export interface ComparedTraffic {
  readonly caller: TappedTraffic;
  readonly upstream: TappedTraffic;
  readonly outcome: unknown;
}

const POOL_KEYS = ['sk-pool-a', 'sk-pool-b'];
const CALLER_KEY = 'caller-key-that-must-not-arrive';

export async function startWireComparison(provider: ComparedProvider): Promise<WireComparison> {
  const resources = new AsyncDisposableStack();
  let planned: PlannedReply = {};
  const upstream = resources.use(await startRecordingUpstream(() => planned));
  const upstreamTap = resources.use(await startWireTap(upstream.port));
  const rotato = resources.use(
    await startTestRotato({
      providers: {
        vendor: {
          preset: provider.preset,
          baseUrl: `http://127.0.0.1:${upstreamTap.port}${provider.basePath}`,
          allowPrivateAddress: true,
          keys: POOL_KEYS.map((key, at) => ({ key, label: `key-${at}`, group: `org-${at}` })),
        },
      },
    }),
  );
  const callerTap = resources.use(await startWireTap(rotato.port));
  const taps = { upstream: upstreamTap, caller: callerTap };
  const direct = `http://127.0.0.1:${upstreamTap.port}`;
  const through = `http://127.0.0.1:${callerTap.port}/vendor`;
  return {
    direct,
    through,
    callerKey: CALLER_KEY,
    plan: (reply) => {
      planned = reply;
    },
    compare: (call, options = {}) => compare(call, { direct, through }, { taps, provider, ...options }),
    read: async () => ({ caller: await callerTap.take(), upstream: await upstreamTap.take() }),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

interface Surroundings extends CompareOptions {
  readonly taps: { readonly upstream: WireTap; readonly caller: WireTap };
  readonly provider: ComparedProvider;
}

async function compare(
  call: (baseUrl: string) => Promise<unknown>,
  addresses: { readonly direct: string; readonly through: string },
  { taps, provider, rewritten = [] }: Surroundings,
): Promise<ComparedTraffic> {
  const straightOutcome = await outcomeOf(call(addresses.direct));
  const straight = await taps.upstream.take();
  const outcome = await outcomeOf(call(addresses.through));
  const caller = await taps.caller.take();
  const upstream = await taps.upstream.take();

  expect(straight.requests.length, `requests of a call: ${JSON.stringify(straightOutcome)}`).toBeGreaterThan(0);
  expect(upstream.requests.map(lineOf), 'method and target').toEqual(straight.requests.map(lineOf));
  expect(upstream.requests.map(requestFacts), 'what arrived upstream').toEqual(caller.requests.map(requestFacts));
  for (const [at, request] of upstream.requests.entries()) {
    expectFraming(request, caller.requests[at]);
    expectPoolKey(request, provider);
  }
  const replyFacts = (reply: WireMessage) => factsOfReply(reply, rewritten);
  expect(caller.replies.map(replyFacts), 'what came back').toEqual(upstream.replies.map(replyFacts));
  for (const reply of caller.replies) {
    expect(reply.headers.get('x-rotato-request-id')).toMatch(/^[0-9a-f]{32}$/);
    expect(reply.headers.get('x-rotato-source'), 'a reply of our own').toBeNull();
  }
  expect(outcome, 'what the SDK made of it').toEqual(straightOutcome);
  return { caller, upstream, outcome };
}

/** An error is a result too: the SDK's class, status and message. */
async function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    const thrown = error as Error & { status?: number };
    return { thrown: thrown.constructor.name, message: thrown.message, status: thrown.status };
  }
}

function lineOf({ startLine }: WireMessage): string {
  return startLine;
}

const CREDENTIALS = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'];
/** A caller's, meant for another server. The Google package sends an empty one. */
const NOT_PASSED_ON = ['cookie'];
const CONNECTION = ['host', 'connection', 'keep-alive', 'transfer-encoding'];
/** Of an upstream's, meant for a browser: they do not reach the caller. */
const WITHHELD = ['set-cookie', 'access-control-allow-origin', 'access-control-expose-headers'];

function requestFacts(request: WireMessage) {
  const left = [...CREDENTIALS, ...CONNECTION, ...NOT_PASSED_ON, 'content-length'];
  return factsOf(request, (name) => !left.includes(name));
}

/** A body that came in chunks may go on with its length, once that is known; otherwise framing stays what it was. */
function expectFraming(arrived: WireMessage, sent: WireMessage | undefined): void {
  const allowed = sent?.framing === 'chunked' ? ['chunked', 'length'] : [sent?.framing];
  expect(allowed).toContain(arrived.framing);
}

function factsOfReply(reply: WireMessage, rewritten: readonly string[]) {
  const left = [...CONNECTION, ...WITHHELD, ...rewritten];
  const facts = factsOf(reply, (name) => !left.includes(name) && !name.startsWith('x-rotato-'));
  return { line: reply.startLine, framing: reply.framing, ...facts };
}

function factsOf({ headers, body }: WireMessage, isCompared: (name: string) => boolean) {
  const compared: string[] = [];
  headers.forEach((name, value, spelled) => {
    if (isCompared(name)) compared.push(`${spelled}: ${value}`);
  });
  return { headers: compared, bytes: body.length, sha256: createHash('sha256').update(body).digest('hex') };
}

function expectPoolKey({ startLine, headers }: WireMessage, { credential }: ComparedProvider): void {
  const credentials: string[] = [];
  headers.forEach((name, value, spelled) => {
    if (CREDENTIALS.includes(name)) credentials.push(`${spelled}: ${value}`);
  });
  expect(credentials).toHaveLength(1);
  expect(POOL_KEYS.map((key) => credential(key).join(': '))).toContain(credentials[0]);
  expect([startLine, ...headers.raw].join('\n')).not.toContain(CALLER_KEY);
}
