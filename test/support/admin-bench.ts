import type { Clock } from '../../src/clock.ts';
import type { SimulatedGroup, SimulatedProviderOptions } from '../../src/simulator/provider-options.ts';
import { type SimulatedProvider, startSimulatedProvider } from '../../src/simulator/simulated-provider.ts';
import { AdminClient } from './admin-client.ts';
import { type FileShape, type RunningRotato, startTestRotato } from './running-rotato.ts';

export interface AdminBenchOptions {
  readonly groups?: readonly SimulatedGroup[];
  readonly simulator?: Omit<SimulatedProviderOptions, 'groups'>;
  /** Of rotato; the provider keeps real time. */
  readonly clock?: Clock;
  /** The configuration file; empty by default, so that everything is the store's. */
  readonly file?: FileShape;
  readonly folder?: string;
  readonly panelFolder?: string;
}

/** A rotato that knows nothing yet, somebody signed in to it, and a provider to tell it of. */
export interface AdminBench extends AsyncDisposable {
  readonly simulator: SimulatedProvider;
  readonly rotato: RunningRotato;
  readonly admin: AdminClient;
  readonly password: string;
  /** Creates a provider that leads to the simulated one, with these keys. */
  addProvider(name: string, keys?: readonly string[], settings?: Readonly<Record<string, unknown>>): Promise<void>;
}

const TWO_KEYS: readonly SimulatedGroup[] = [
  { name: 'org-a', keys: ['sk-sim-aaaaaaaaaaaa-1111', 'sk-sim-bbbbbbbbbbbb-2222'] },
];

export async function startAdminBench(options: AdminBenchOptions = {}): Promise<AdminBench> {
  const { groups = TWO_KEYS, simulator: simulated = {}, file = {}, clock, folder, panelFolder } = options;
  await using opened = new AsyncDisposableStack();
  const simulator = opened.use(await startSimulatedProvider({ groups, ...simulated }));
  const given = {
    ...(clock !== undefined && { clock }),
    ...(folder !== undefined && { folder }),
    ...(panelFolder !== undefined && { panelFolder }),
  };
  const rotato = opened.use(await startTestRotato(file, given));
  const generated = await rotato.rotato.operator.password.generate();
  const password = generated?.reveal() ?? '';
  const admin = await new AdminClient(rotato.url).signIn(password);
  const resources = opened.move();
  return {
    simulator,
    rotato,
    admin,
    password,
    async addProvider(name, keys = [], settings = {}) {
      const baseUrl = `${simulator.url}/v1`;
      const body = { name, wire: 'openai', baseUrl, allowPrivateAddress: true, ...settings };
      await admin.call('POST /providers', { body });
      if (keys.length > 0) await admin.call('POST /providers/{id}/keys', { id: name, body: { text: keys.join('\n') } });
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
