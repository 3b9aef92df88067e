import { type Clock, systemClock } from '../../src/clock.ts';
import { assembleConfig } from '../../src/config/assemble.ts';
import type { Config } from '../../src/config/config.ts';
import { Environment } from '../../src/config/environment.ts';
import { LocalOperator } from '../../src/control/local-operator.ts';
import { PoolSync } from '../../src/control/pool-sync.ts';
import type { ProbeAnswer, ProbeQuestion } from '../../src/control/probe.ts';
import { Prober } from '../../src/control/prober.ts';
import { digestOf, newSecret } from '../../src/control/secrets.ts';
import { SettingsInForce } from '../../src/control/settings-in-force.ts';
import { SettingsMerger } from '../../src/control/settings-merger.ts';
import { PRESET_CATALOG } from '../../src/control/snapshot.ts';
import type { FieldProblem } from '../../src/errors.ts';
import { RotatoError } from '../../src/errors.ts';
import { KeyPool } from '../../src/key-pool/key-pool.ts';
import { silentLog } from '../../src/log.ts';
import type { SettingsStore } from '../../src/model/settings-store.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { adapterFor } from '../../src/providers/preset-adapter.ts';
import { presetFor } from '../../src/providers/presets.ts';
import { seededRandom } from '../../src/random.ts';
import { MemorySettingsStore } from './memory-settings-store.ts';

export interface OperatorBenchOptions {
  /** What `rotato.yaml` would hold, as plain values. */
  readonly file?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly config?: Config;
  readonly clock?: Clock;
  readonly store?: SettingsStore;
  /** How the provider answers questions of our own; by default it does not. */
  readonly answer?: (question: ProbeQuestion) => ProbeAnswer | null;
}

/** An operator with a pool and without sockets. */
export interface OperatorBench {
  readonly operator: LocalOperator;
  readonly pool: KeyPool;
  readonly inForce: SettingsInForce;
  readonly snapshot: () => Snapshot;
  /** Puts another file in force. */
  apply(file: Readonly<Record<string, unknown>>): void;
  close(): Promise<void>;
}

const IDENTITY_KEY = Buffer.alloc(32, 7);

export async function openOperator(options: OperatorBenchOptions = {}): Promise<OperatorBench> {
  const { file = {}, env = {}, clock = systemClock, store = new MemorySettingsStore() } = options;
  const panel = { name: 'rotato panel', secret: newSecret('panel') };
  const inForce = await SettingsInForce.open({
    store,
    merger: new SettingsMerger(IDENTITY_KEY, PRESET_CATALOG),
    config: options.config ?? configOf(file, env),
    ownClients: [{ name: panel.name, digest: digestOf(panel.secret.reveal()), providers: null, groups: null }],
  });
  const prober = new Prober({
    clock,
    adapterOf: ({ preset, wire }) => adapterFor(presetFor(preset === 'custom' ? null : preset, wire)),
    ask: async (question) => options.answer?.(question) ?? null,
  });
  const pool = new KeyPool({ clock, random: seededRandom(1), onEvent: (event) => operator.hear(event) });
  const operator = new LocalOperator({
    inForce,
    identityKey: IDENTITY_KEY,
    pool,
    prober,
    clock,
    log: silentLog,
    version: '1.2.3',
    builtInClients: new Map([['panel', panel]]),
    renamed: (from, to) => pool.rename(from, to),
  });
  const sync = new PoolSync(pool);
  sync.apply(inForce.snapshot, inForce.stored);
  inForce.onSwap((current, snapshot) => sync.apply(snapshot, current.stored));
  return {
    operator,
    pool,
    inForce,
    snapshot: () => inForce.snapshot,
    apply: (next) => inForce.replaceFile(configOf(next, env)),
    async close() {
      operator.close();
      pool.close();
      await inForce.close();
      await store.close();
    },
  };
}

function configOf(file: Readonly<Record<string, unknown>>, env: Readonly<Record<string, string>>): Config {
  return assembleConfig({
    flags: {},
    environment: new Environment(env),
    file: { path: '/srv/rotato.yaml', name: 'rotato.yaml', text: JSON.stringify(file) },
    cwd: '/srv',
    presets: PRESET_CATALOG,
    secretElsewhere: () => true,
  });
}

/** What a refused act says: its code, and what is wrong with each field. */
export async function refusalOf(
  act: Promise<unknown>,
): Promise<{ code: string; fields: readonly FieldProblem[]; message: string }> {
  try {
    await act;
  } catch (error) {
    if (error instanceof RotatoError) return { code: error.code, fields: error.fields, message: error.message };
    throw error;
  }
  throw new Error('It was not refused.');
}
