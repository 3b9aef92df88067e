import type { TlsOptions } from 'node:tls';
import { afterEach, beforeEach, expect } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import type { EndReason, ExchangeRecord } from '../../src/model/exchange.ts';
import type { CallerTimeouts } from '../../src/proxy/caller-timeouts.ts';
import type { Random } from '../../src/random.ts';
import { type ActiveResources, countActiveResources } from './active-resources.ts';
import { CANARY_KEYS, findLeaks } from './canary.ts';
import { CountingClock } from './counting-clock.ts';
import { RawClient, type RawReply, type ReplyOptions } from './raw-client.ts';
import { type RequestParts, renderRequest } from './render-message.ts';
import { type FileShape, type RunningRotato, startTestRotato } from './running-rotato.ts';
import { FINE_BODY, ScriptedUpstream } from './scripted-upstream.ts';
import { waitUntil } from './wait-until.ts';

export interface BenchOptions {
  /** Settings of the provider `openai`, in the shape of the configuration file. */
  readonly provider?: FileShape;
  /** Other settings of the file. */
  readonly file?: FileShape;
  /** Further providers of the same upstream, which is reached at this origin. */
  readonly providers?: (origin: string) => FileShape;
  /** What rotato knows the upstream of `openai` as; by default `http://127.0.0.1` and its port. */
  readonly scheme?: 'http' | 'https';
  readonly name?: string;
  /** What the upstream shows when it speaks TLS. */
  readonly tls?: TlsOptions;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly callerTimeouts?: CallerTimeouts;
}

/** Everything comes back to rest within this long. */
const REST_MS = 5_000;

const JSON_TYPE = ['content-type', 'application/json'];
/** A request nobody could take offence at. */
export const CHAT: RequestParts = { headers: JSON_TYPE, body: '{"model":"gpt-4o","messages":[]}' };

/**
 * One rotato between callers and a provider with troubles, anew for each test. When the test is over, and however it
 * ended, what must hold after every failure is checked: see `#checkAftermath`.
 */
export class FailureBench {
  #upstream: ScriptedUpstream | null = null;
  #spare: ScriptedUpstream | null = null;
  #rotato: RunningRotato | null = null;
  #callers: RawClient[] = [];
  #expectedEnds: EndReason[] = [];
  #afterwards: RequestParts = CHAT;
  #strays: unknown[] = [];
  #clock = new CountingClock(systemClock);
  readonly #restMs: number;
  readonly #onStray = (error: unknown) => {
    this.#strays.push(error);
  };

  constructor(restMs = REST_MS) {
    this.#restMs = restMs;
  }

  /** Starts the upstream of `openai`, one without troubles for `spare`, and a rotato that knows both. */
  async start(options: BenchOptions = {}): Promise<void> {
    this.#clock = new CountingClock(options.clock ?? systemClock);
    const { tls, provider, file, scheme = tls === undefined ? 'http' : 'https', name = '127.0.0.1' } = options;
    this.#upstream = await ScriptedUpstream.start(tls === undefined ? {} : { tls });
    this.#spare = await ScriptedUpstream.start();
    this.#rotato = await startTestRotato(
      {
        ...file,
        providers: {
          openai: {
            baseUrl: `${scheme}://${name}:${this.#upstream.port}/v1`,
            ...COMMON,
            keys: keysFrom(0, 1),
            ...provider,
          },
          spare: { preset: 'openai', baseUrl: `${this.#spare.url}/v1`, ...COMMON, keys: keysFrom(4, 1) },
          ...options.providers?.(this.#upstream.url),
        },
      },
      { ...options, clock: this.#clock, random: options.random ?? NO_CHANCE, redacted: false },
    );
  }

  /** Puts an upstream without troubles where nobody was. */
  async appearAt(port: number): Promise<void> {
    await this.#upstream?.close();
    this.#upstream = await ScriptedUpstream.start({ port });
  }

  get upstream(): ScriptedUpstream {
    return started(this.#upstream);
  }

  get rotato(): RunningRotato {
    return started(this.#rotato);
  }

  /** Opens a connection to rotato. It stays open until the test is over, unless the test or rotato closes it. */
  async caller(): Promise<RawClient> {
    const caller = await RawClient.connect(this.rotato.port);
    this.#callers.push(caller);
    return caller;
  }

  /** Sends one request on a connection of its own and reads the answer. */
  async ask(request: RequestParts = CHAT, options: ReplyOptions = {}): Promise<RawReply> {
    const caller = await this.caller();
    await caller.send(renderRequest(request));
    return caller.reply({ ...(request.method !== undefined && { method: request.method }), ...options });
  }

  /** Resolves once the upstream has read `count` requests. */
  async asked(count: number): Promise<void> {
    const { requests } = this.upstream;
    await waitUntil(
      () => requests.length >= count,
      () => `${count} requests to reach the upstream; ${requests.length} did`,
    );
  }

  /** Time for what is under way to arrive, where nothing tells when it has. */
  async settled(ms = 30): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms));
  }

  /** What rotato must have recorded, one reason for each request, in the order in which they ended. */
  expectEnds(...ends: readonly EndReason[]): void {
    this.#expectedEnds.push(...ends);
  }

  /** For failures after which `openai` rightly serves nobody: another provider shows that rotato still works. */
  afterwardsAskSpare(): void {
    this.#afterwards = { ...CHAT, target: '/spare/chat/completions' };
  }

  /** For cases with client keys: what the caller that comes afterwards presents. */
  afterwardsPresent(clientKey: string): void {
    this.#afterwards = { ...CHAT, headers: [...JSON_TYPE, 'authorization', `Bearer ${clientKey}`] };
  }

  /** @internal */
  open(): void {
    this.#upstream = null;
    this.#spare = null;
    this.#rotato = null;
    this.#callers = [];
    this.#expectedEnds = [];
    this.#afterwards = CHAT;
    this.#strays = [];
    for (const event of STRAY_EVENTS) process.on(event, this.#onStray);
  }

  /** @internal */
  async close(): Promise<void> {
    const rotato = this.#rotato;
    try {
      if (rotato !== null) await this.#checkAftermath(rotato);
    } finally {
      for (const caller of this.#callers) caller.leave();
      await rotato?.close();
      await this.#upstream?.close();
      await this.#spare?.close();
      for (const event of STRAY_EVENTS) process.off(event, this.#onStray);
    }
    await this.#rest({ sockets: 0, timers: 0 });
    expect(this.#strays, 'errors that nobody caught').toEqual([]);
  }

  async #checkAftermath(rotato: RunningRotato): Promise<void> {
    const { upstream } = this;
    const expected = this.#expectedEnds;
    await waitUntil(
      () => rotato.records.length >= expected.length,
      () => `${expected.length} records; there are ${summary(rotato.records)}`,
      this.#restMs,
    );
    expect(
      rotato.records.map(({ end }) => end),
      summary(rotato.records),
    ).toEqual(expected);

    for (const caller of this.#callers) caller.leave();
    await waitUntil(
      () => upstream.busyConnections === 0,
      () => `rotato to let go of the upstream; ${upstream.busyConnections} connections are still busy`,
      this.#restMs,
    );
    const atRest = upstream.openConnections + (this.#spare?.openConnections ?? 0);
    // Of a connection at rest only the upstream's end counts: rotato's does not keep a process alive. One timer may be
    // about to save what the pool has learned.
    await this.#rest({ sockets: atRest, timers: 1 });

    upstream.heal();
    const next = await this.ask(this.#afterwards);
    expect({ status: next.status, body: next.text }, 'the next request').toEqual({ status: 200, body: FINE_BODY });
    await rotato.recorded(expected.length + 1);
    expect(
      rotato.records.map(({ end }) => end),
      'records in the end',
    ).toEqual([...expected, 'served']);

    expect(upstream.scriptFailures, 'failures of the script').toEqual([]);
    const heard = this.#callers.map(({ transcript }) => transcript);
    expect(findLeaks(heard.join('\n'), CANARY_KEYS), 'keys that a caller saw').toEqual([]);
    expect(findLeaks(rotato.logLines.join('\n'), CANARY_KEYS), 'keys in the log').toEqual([]);
    expect(findLeaks(JSON.stringify(rotato.records), CANARY_KEYS), 'keys in the records').toEqual([]);
  }

  async #rest(most: ActiveResources): Promise<void> {
    const isAtRest = () => {
      const { sockets, timers } = countActiveResources();
      const ours = this.#clock.timersRunning;
      return sockets <= most.sockets && ours <= most.timers && timers <= ours + RUNNERS_TIMERS;
    };
    const found = () => ({ ...countActiveResources(), onTheClock: this.#clock.timersRunning });
    await waitUntil(
      isAtRest,
      () => `rest: at most ${JSON.stringify(most)}, there are ${JSON.stringify(found())}`,
      this.#restMs,
    );
  }
}

/** Jitter as short as it can be: back-off takes no time. */
const NO_CHANCE: Random = { next: () => 0 };

/** The test runner reports from time to time. */
const RUNNERS_TIMERS = 1;

const STRAY_EVENTS = ['unhandledRejection', 'uncaughtException'];

const COMMON = { allowPrivateAddress: true, timeouts: { connect: '2s', firstByte: '2s', idle: '2s' } };

/** Keys of the configuration file, labelled `key-1`, `key-2`, … */
export function keysFrom(first: number, count: number): FileShape[] {
  return CANARY_KEYS.slice(first, first + count).map((key, at) => ({ key, label: `key-${first + at + 1}` }));
}

/** Registers the bench with the tests of this file. */
export function failureBench(): FailureBench {
  const bench = new FailureBench();
  beforeEach(() => bench.open());
  afterEach(() => bench.close());
  return bench;
}

function started<T>(part: T | null): T {
  if (part === null) throw new Error('The bench has not been started.');
  return part;
}

function summary(records: readonly ExchangeRecord[]): string {
  return JSON.stringify(records.map(({ end, status, error, attempts }) => ({ end, status, error, attempts })));
}
