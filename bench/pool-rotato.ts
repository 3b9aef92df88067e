import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Rotato, startRotato } from '../src/app.ts';
import type { Clock } from '../src/clock.ts';
import { loadConfig } from '../src/config/load.ts';
import { PRESET_CATALOG } from '../src/control/snapshot.ts';
import type { ExchangeRecord } from '../src/model/exchange.ts';
import type { Random } from '../src/random.ts';
import type { SimulatedProvider } from '../src/simulator/simulated-provider.ts';
import { type Answer, type Call, HttpCaller } from './pool-call.ts';
import type { Scenario } from './pool-scenario.ts';

export interface RotatoParts {
  readonly scenario: Scenario;
  readonly provider: SimulatedProvider;
  readonly clock: Clock;
  readonly random: Random;
}

/** The whole program, from a configuration file on disk to its socket, and callers who know nothing of its keys. */
export class RotatoUnderTest {
  readonly #parts: RotatoParts;
  readonly #folder: string;
  readonly #http: HttpCaller;
  #rotato: Rotato | null = null;
  #port = 0;
  /** What rotato itself recorded, to explain a figure and never to make one. */
  readonly records: ExchangeRecord[] = [];

  private constructor(parts: RotatoParts, folder: string) {
    this.#parts = parts;
    this.#folder = folder;
    this.#http = new HttpCaller(parts.scenario.wire, parts.clock);
  }

  static async start(parts: RotatoParts): Promise<RotatoUnderTest> {
    const folder = await mkdtemp(join(tmpdir(), 'rotato-bench-'));
    const started = new RotatoUnderTest(parts, folder);
    await started.#start();
    return started;
  }

  ask(call: Call): Promise<Answer> {
    const to = { baseUrl: `http://127.0.0.1:${this.#port}/bench`, credential: clientKey(call.client) };
    return this.#http.post(to, call);
  }

  /** As an operator does it: stopped with time to drain, and started from the same folder on the same port. */
  async restart(): Promise<void> {
    await this.#rotato?.close();
    await this.#start();
  }

  async close(): Promise<void> {
    await this.#http.close();
    await this.#rotato?.close({ drainMs: 0 });
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const { scenario, provider, clock, random } = this.#parts;
    const file = fileOf(scenario, provider, this.#port);
    await writeFile(join(this.#folder, 'rotato.json'), JSON.stringify(file));
    const flags = { data: join(this.#folder, 'data') };
    const config = loadConfig({ flags, env: {}, cwd: this.#folder, presets: PRESET_CATALOG });
    const record = (exchange: ExchangeRecord) => this.records.push(exchange);
    this.#rotato = await startRotato({ config, clock, random, env: {}, record });
    this.#port = this.#rotato.addresses[0]?.port ?? 0;
  }
}

/** The configuration file. */
function fileOf({ wire, rotato, load }: Scenario, provider: SimulatedProvider, port: number): Record<string, unknown> {
  const clients = load.kind === 'closed-loop' ? load.callers.map(({ client }) => client) : [];
  return {
    listen: { host: '127.0.0.1', port },
    // One client alone needs no name, and rotato is then open to anyone on this machine.
    ...(clients.length < 2 ? {} : { clients: clients.map((name) => ({ name, key: clientKey(name) })) }),
    providers: {
      bench: {
        ...(rotato.preset === undefined ? { wire } : { preset: rotato.preset }),
        baseUrl: provider.baseUrls[wire],
        allowPrivateAddress: true,
        // Longer than any scenario, so that what is measured is the pool and not the callers' patience.
        maxWait: '10m',
        groups: groupsOf(rotato, provider),
        keys: keysOf(rotato, provider),
      },
    },
  };
}

function groupsOf(rotato: Scenario['rotato'], { groups }: SimulatedProvider): Record<string, unknown> {
  if (rotato.groups === 'no') return {};
  return Object.fromEntries(
    groups.map(({ name, limits = [] }) => [name, rotato.groups === 'limits' ? { limits } : {}]),
  );
}

function keysOf(rotato: Scenario['rotato'], { groups }: SimulatedProvider): Record<string, unknown>[] {
  return groups.flatMap(({ name, keys }) =>
    keys.map((key) => {
      const secret = typeof key === 'string' ? key : key.secret;
      return { key: secret, ...(rotato.groups === 'no' ? {} : { group: name }) };
    }),
  );
}

function clientKey(client: string): string {
  return `client-key-of-${client}`;
}
