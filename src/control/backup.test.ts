import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configFromText } from '../../test/support/config-from-text.ts';
import { MemorySettingsStore } from '../../test/support/memory-settings-store.ts';
import { type OperatorBench, openOperator, refusalOf } from '../../test/support/operator-bench.ts';
import { digestOf } from './secrets.ts';

const KEYS = [
  { key: 'sk-aaaa-0123456789aa', label: 'team-a', group: 'org', weight: 2, limits: [{ model: '*', rpm: 5 }] },
  { key: 'sk-bbbb-0123456789bb', enabled: false },
];

let store: MemorySettingsStore;
let bench: OperatorBench;

beforeEach(async () => {
  store = new MemorySettingsStore();
  bench = await openOperator({ store });
});

afterEach(() => bench.close());

async function fill(): Promise<string> {
  const { providers, keys, clients, settings } = bench.operator;
  await providers.create({ name: 'openai', maxWait: '5s', groups: { org: { limits: [{ rpm: 100 }] } } });
  await providers.create({ name: 'mine', wire: 'openai', baseUrl: 'https://llm.example/v1', enabled: false });
  await keys.add('openai', { keys: KEYS }, { validate: false });
  await settings.change({ limits: { retries: 5 } });
  const { secret } = await clients.create({ name: 'my-app', providers: ['openai'] });
  return secret.reveal();
}

/** What matters of a snapshot to a caller. */
function inForce({ snapshot }: OperatorBench): unknown {
  const { providers, clients, access, limits } = snapshot();
  return {
    providers: [...providers.values()].map(({ keys, traits: _, ...provider }) => ({
      ...provider,
      groups: provider.groups.map((group) => ({
        ...group,
        name: keys.find(({ id }) => id === group.name)?.label ?? group.name,
      })),
      keys: keys.map(({ id: _id, group, ...key }) => ({
        ...key,
        secret: key.secret?.reveal(),
        group: group.length === 20 ? 'own' : group,
      })),
    })),
    clients: [...clients.values()].filter(({ name }) => name !== 'rotato panel'),
    access,
    limits,
  };
}

describe('what is exported', () => {
  it('imported elsewhere, gives the same again', async () => {
    const secret = await fill();
    const document = JSON.parse(JSON.stringify(await bench.operator.backup.export()));
    const other = await openOperator();
    const report = await other.operator.backup.import(document);
    expect(report).toEqual({
      providersAdded: ['openai', 'mine'],
      providersChanged: [],
      keysAdded: 2,
      keysKnown: 0,
      clientsAdded: ['my-app'],
      clientsKnown: [],
      settingsChanged: ['limits', 'access'],
      notes: [],
    });
    expect(inForce(other)).toEqual(inForce(bench));
    expect(other.snapshot().clients.get(digestOf(secret))).toMatchObject({ name: 'my-app' });
    expect(await other.operator.backup.export()).toEqual({ ...document, exportedAt: expect.any(String) });
    await other.close();
  });

  it('imported where it came from, adds nothing', async () => {
    await fill();
    const before = inForce(bench);
    const report = await bench.operator.backup.import(await bench.operator.backup.export());
    expect(report).toMatchObject({
      providersAdded: [],
      keysAdded: 0,
      keysKnown: 2,
      clientsKnown: ['my-app'],
      settingsChanged: [],
    });
    expect(inForce(bench)).toEqual(before);
  });

  it('leaves out what was deleted, and every sign-in', async () => {
    await fill();
    await bench.operator.sessions.create();
    await bench.operator.tokens.create('script');
    const [first] = bench.operator.keys.list('openai');
    await bench.operator.keys.act(first?.id ?? '', 'remove');
    await bench.operator.providers.remove('mine');
    const document = (await bench.operator.backup.export()) as { providers: Record<string, { keys: unknown[] }> };
    expect(Object.keys(document)).toEqual(['format', 'version', 'exportedAt', 'settings', 'providers', 'clients']);
    expect(Object.keys(document.providers)).toEqual(['openai']);
    expect(document.providers.openai?.keys).toHaveLength(1);
  });
});

describe('an import', () => {
  it('takes a configuration file in JSON', async () => {
    const report = await bench.operator.backup.import({
      providers: {
        groq: { keys: [{ key: 'gsk-0123456789abcdef' }] },
        azure: { keys: [{ key: 'az-0123456789abcdef', baseUrl: 'https://a.example' }] },
      },
      clients: [{ name: 'app', key: 'client-0123456789abcdef' }],
    });
    expect(report).toMatchObject({ providersAdded: ['groq', 'azure'], keysAdded: 2, clientsAdded: ['app'] });
    expect(bench.snapshot().clients.get(digestOf('client-0123456789abcdef'))).toMatchObject({ name: 'app' });
  });

  it('that is only tried changes nothing, and says what it would', async () => {
    const report = await bench.operator.backup.import({ providers: { groq: {} } }, { dryRun: true });
    expect(report.providersAdded).toEqual(['groq']);
    expect([store.commits, bench.operator.providers.list()]).toEqual([0, []]);
  });

  it('of clients ends open access for good, as creating the first one does', async () => {
    const { backup, clients } = bench.operator;
    expect(bench.snapshot().access).toBe('open');
    const report = await backup.import({ clients: [{ name: 'app', key: 'client-0123456789abcdef' }] });
    expect(report.settingsChanged).toEqual(['access']);
    await clients.revoke('app');
    expect(bench.snapshot().access).toBe('keys');
  });

  it('that would open a server others can reach is refused before anything is kept', async () => {
    const exposed = configFromText({ flags: { host: '0.0.0.0' }, env: { ROTATO_ADMIN_PASSWORD: 'correct horse' } });
    const open = await openOperator({ config: exposed, store });
    for (const dryRun of [true, false]) {
      const { fields } = await refusalOf(open.operator.backup.import({ settings: { access: 'open' } }, { dryRun }));
      expect(fields).toMatchObject([{ path: 'settings.access' }]);
    }
    expect(store.commits).toBe(0);
    await open.close();
  });

  it('says so when the file has a provider of the name', async () => {
    bench.apply({ providers: { groq: {} } });
    const { notes } = await bench.operator.backup.import({ providers: { groq: {} } });
    expect(notes).toEqual(['groq is kept, but the one of the configuration file is in force.']);
  });

  it('of a document with faults tells each with its place, and keeps nothing', async () => {
    await fill();
    const before = JSON.stringify(await store.load());
    const { code, fields } = await refusalOf(
      bench.operator.backup.import({
        colour: 'red',
        settings: { limits: { maxBody: 'big' } },
        providers: {
          good: { preset: 'openai', keys: [{ key: 'sk-good-0123456789' }] },
          'a/b': { preset: 'openai' },
          bad: { preset: 'openai', maxWiat: '5s', keys: [{ key: 'sk with space' }] },
          worse: { preset: 'openai', keys: [{ key: 'sk-worse-0123456789', label: 5 }] },
        },
        clients: [{ name: 'no-secret' }, { name: 'my-app', key: 'another-secret-0123' }],
      }),
    );
    expect(code).toBe('invalid-input');
    expect(fields.map(({ path }) => path)).toEqual([
      'colour',
      'settings.limits.maxBody',
      'providers.a/b.name',
      'providers.bad.maxWiat',
      'providers.worse.keys[0]',
      'clients[0].digest',
      'clients[1].name',
    ]);
    expect(JSON.stringify(await store.load())).toBe(before);
  });

  it.each([
    ['half a file', '{"format":"rotato-settings","version":1,"providers":{"openai":{"keys":[{"key":"sk-0123', ''],
    ['another format', '{"format":"other","providers":{}}', 'format'],
    ['a later version', '{"version":2,"providers":{}}', 'version'],
    ['nothing', '{}', ''],
    ['a list', '[]', ''],
    ['a prototype', '{"providers":{"__proto__":{"preset":"openai"}}}', 'providers.__proto__.name'],
    ['a name twice', '{"providers":{"groq":{},"Groq":{}}}', 'providers.Groq'],
    ['clients that are no list', '{"clients":{}}', 'clients'],
    ['a client called as one of ours', '{"clients":[{"name":"rotato panel","key":"0123456789"}]}', 'clients[0].name'],
  ])('of %s is refused', async (_, text, path) => {
    const { fields } = await refusalOf(bench.operator.backup.import(parsed(text)));
    expect([fields[0]?.path, store.commits]).toEqual([path, 0]);
  });
});

/** A surface that cannot parse what it was given has only the text to hand on. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
