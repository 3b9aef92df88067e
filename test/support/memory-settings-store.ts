import type { SettingsChange, SettingsStore, StoredSettings } from '../../src/model/settings-store.ts';

type Rows = Map<string, unknown>;

/** A settings store that forgets all when the test is over, for tests that are not about the disk. */
export class MemorySettingsStore implements SettingsStore {
  readonly #tables: Readonly<Record<keyof StoredSettings, Rows>> = {
    providers: new Map(),
    keys: new Map(),
    clients: new Map(),
    overlays: new Map(),
    tokens: new Map(),
    sessions: new Map(),
    values: new Map(),
  };
  commits = 0;
  /** The next commit is refused with this, once. */
  failure: Error | null = null;

  async load(): Promise<StoredSettings> {
    const { values, ...tables } = this.#tables;
    const rows = Object.entries(tables).map(([name, table]) => [name, [...table.values()]]);
    return { ...Object.fromEntries(rows), values: new Map(values) } as StoredSettings;
  }

  async commit({ put = {}, remove = {} }: SettingsChange): Promise<void> {
    // A real one takes its time as well.
    await new Promise((resolve) => setImmediate(resolve));
    const { failure } = this;
    this.failure = null;
    if (failure !== null) throw failure;
    this.commits++;
    for (const [name, ids] of Object.entries(remove)) {
      for (const id of ids) this.#table(name).delete(typeof id === 'string' ? id : idOf(id));
    }
    for (const id of remove.providers ?? []) this.#dropKeysOf(id);
    const { values, ...tables } = put;
    for (const [name, rows] of Object.entries(tables)) {
      for (const row of rows) this.#table(name).set(idOf(row), row);
    }
    for (const [name, value] of values ?? []) this.#tables.values.set(name, value);
  }

  async close(): Promise<void> {}

  #table(name: string): Rows {
    return this.#tables[name as keyof StoredSettings];
  }

  #dropKeysOf(providerId: string): void {
    for (const [id, key] of this.#tables.keys) {
      if ((key as { providerId: string }).providerId === providerId) this.#tables.keys.delete(id);
    }
  }
}

function idOf(row: object): string {
  const { kind, id, digest } = row as { kind?: string; id?: string; digest?: string };
  return kind === undefined ? String(id ?? digest) : `${kind} ${id}`;
}
