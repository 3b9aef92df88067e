import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../clock.ts';
import type { Wire } from '../model/provider.ts';
import { type Random, seededRandom } from '../random.ts';
import { startAdminServer } from './admin-server.ts';
import { CounterBook, type Counters } from './counters.ts';
import { draw } from './distribution.ts';
import type { Vendor } from './endpoint.ts';
import { type FaultRule, FaultRules } from './faults.ts';
import { KeyRing } from './key-ring.ts';
import { checkOptions, type SimulatedGroup, type SimulatedProviderOptions } from './provider-options.ts';
import { RequestLog } from './request-log.ts';
import { serveVisit } from './serve-visit.ts';
import { Visit } from './visit.ts';
import type { SimulatedLimit } from './windows.ts';

const DEFAULT_MODELS: readonly string[] = ['sim-large', 'sim-small', 'sim-embedding'];

/** A provider that exists only on this machine: real HTTP, exact limits, and failures to order. */
export interface SimulatedProvider extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, without a version. */
  readonly url: string;
  readonly port: number;
  /** What each vendor's SDK, and rotato, take as a base URL. */
  readonly baseUrls: Readonly<Record<Wire, string>>;
  /** Where the control API listens; null without one. */
  readonly adminUrl: string | null;
  /** Every credential it accepts, group by group. */
  readonly keys: readonly string[];
  /** The organisations it was started with. */
  readonly groups: readonly SimulatedGroup[];
  readonly counters: Counters;
  readonly requests: RequestLog;
  /** Lets something go wrong from now on; returns an id for `clearFault`. */
  inject(rule: FaultRule): number;
  clearFault(id: number): boolean;
  clearFaults(): void;
  /** Replaces a group's limits; its windows start full. */
  setLimits(group: string, limits: readonly SimulatedLimit[]): void;
  /** As after the start: windows full, counters at zero, nothing stored, no fault but those of the options. */
  reset(): void;
  close(): Promise<void>;
}

/** Rejects with `bad-configuration` when the options contradict themselves, and as `listen` does when a port is taken. */
export async function startSimulatedProvider(options: SimulatedProviderOptions): Promise<SimulatedProvider> {
  checkOptions(options);
  const provider = new Simulation(options);
  await provider.listen();
  return provider;
}

/** Far above what any caller sends, so that the provider is never the one to object to headers. */
const MOST_HEADER_BYTES = 512 * 1_024;
const KEEP_ALIVE_MS = 75_000;
const DEFAULT_LOG_SIZE = 10_000;
const DEFAULT_SEED = 1;

class Simulation implements SimulatedProvider {
  readonly #options: SimulatedProviderOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #server: Server;
  readonly #book = new CounterBook();
  readonly #faults: FaultRules;
  readonly #keyRing: KeyRing;
  readonly #vendor: Vendor;
  readonly requests: RequestLog;
  #admin: { url: string; close(): Promise<void> } | null = null;
  #ids = 0;
  #port = 0;

  constructor(options: SimulatedProviderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? seededRandom(DEFAULT_SEED);
    this.#faults = new FaultRules(this.#random);
    this.#keyRing = new KeyRing(options, this.#clock);
    this.#vendor = this.#asVendor();
    this.requests = new RequestLog(options.requestLogSize ?? DEFAULT_LOG_SIZE);
    for (const rule of options.faults ?? []) this.#faults.add(rule);
    this.#server = createServer({ maxHeaderSize: MOST_HEADER_BYTES, keepAliveTimeout: KEEP_ALIVE_MS });
    this.#server.on('request', (req, res) => void this.#serve(req, res));
    this.#server.on('connection', (socket) => {
      this.counters.connectionsOpen += 1;
      this.counters.connectionsAccepted += 1;
      socket.once('close', () => {
        this.counters.connectionsOpen -= 1;
      });
    });
  }

  async listen(): Promise<void> {
    const { host = '127.0.0.1', port = 0, adminPort = null } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
    if (adminPort === null) return;
    try {
      this.#admin = await startAdminServer(this, this.#faults, { host, port: adminPort });
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://${this.#options.host ?? '127.0.0.1'}:${this.#port}`;
  }

  get baseUrls(): Readonly<Record<Wire, string>> {
    return { openai: `${this.url}/v1`, anthropic: this.url, gemini: `${this.url}/v1beta` };
  }

  get adminUrl(): string | null {
    return this.#admin?.url ?? null;
  }

  get keys(): readonly string[] {
    return this.#keyRing.secrets();
  }

  get groups(): readonly SimulatedGroup[] {
    return this.#options.groups;
  }

  get counters(): Counters {
    return this.#book.counters;
  }

  inject(rule: FaultRule): number {
    return this.#faults.add(rule);
  }

  clearFault(id: number): boolean {
    return this.#faults.remove(id);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  setLimits(group: string, limits: readonly SimulatedLimit[]): void {
    this.#keyRing.setLimits(group, limits);
  }

  reset(): void {
    this.#keyRing.reset();
    this.#vendor.uploads.clear();
    this.#book.reset();
    this.requests.clear();
    this.#faults.clear();
    for (const rule of this.#options.faults ?? []) this.#faults.add(rule);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await Promise.all([closed, this.#admin?.close()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const setting = {
      options: this.#options,
      clock: this.#clock,
      random: this.#random,
      book: this.#book,
      log: this.requests,
      faults: this.#faults,
      keyRing: this.#keyRing,
      vendor: this.#vendor,
    };
    await serveVisit(new Visit(req, res, setting), setting);
  }

  #asVendor(): Vendor {
    const { models = DEFAULT_MODELS, outputTokens = null, clockSkewMs = 0 } = this.#options;
    return {
      // The port is known only once the server listens.
      url: () => this.url,
      models,
      uploads: new Map(),
      nowSeconds: () => Math.floor((this.#clock.wallNow() + clockSkewMs) / 1_000),
      newId: (prefix) => this.#newId(prefix),
      nextLength: () => (outputTokens === null ? null : Math.max(1, Math.round(draw(outputTokens, this.#random)))),
    };
  }

  /** Never the same twice, and the same in every run with the same seed. */
  #newId(prefix: string): string {
    this.#ids += 1;
    const noise = Math.floor(this.#random.next() * 2 ** 32);
    return `${prefix}${noise.toString(36).padStart(7, '0')}${this.#ids.toString(36).padStart(9, '0')}`;
  }
}
