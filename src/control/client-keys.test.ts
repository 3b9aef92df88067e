import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemorySettingsStore } from '../../test/support/memory-settings-store.ts';
import { type OperatorBench, openOperator, refusalOf } from '../../test/support/operator-bench.ts';
import type { ExchangeRecord } from '../model/exchange.ts';
import type { ClientActs } from './operator.ts';
import { digestOf } from './secrets.ts';

const FILE = { clients: [{ name: 'of-the-file', key: 'file-client-0123456789' }] };

let store: MemorySettingsStore;
let bench: OperatorBench;
let clients: ClientActs;

beforeEach(async () => {
  store = new MemorySettingsStore();
  bench = await openOperator({ store });
  clients = bench.operator.clients;
});

afterEach(() => bench.close());

const known = (secret: string) => bench.snapshot().clients.get(digestOf(secret));

describe('a client that is created', () => {
  it('has a secret that is handed over once, and of which only the digest is kept', async () => {
    const { client, secret } = await clients.create({ name: 'my-app', providers: ['OpenAI'], groups: ['org-a'] });
    expect(secret.reveal()).toMatch(/^rotato_client_[\w-]{43}$/);
    expect(client).toMatchObject({
      name: 'my-app',
      origin: 'store',
      masked: `…${secret.reveal().slice(-4)}`,
      providers: ['openai'],
      groups: ['org-a'],
      version: 1,
      requests: 0,
      lastUsedAt: null,
    });
    expect(known(secret.reveal())).toMatchObject({ name: 'my-app', providers: ['openai'], groups: ['org-a'] });
    expect(JSON.stringify(await store.load())).not.toContain(secret.reveal().slice(14));
  });

  it('closes an open server, and it stays closed when the last one is revoked, also after a restart', async () => {
    expect(bench.snapshot().access).toBe('open');
    const { client } = await clients.create({ name: 'my-app' });
    expect(bench.snapshot().access).toBe('keys');
    await clients.revoke(client.id);
    expect(bench.snapshot().access).toBe('keys');
    const again = await openOperator({ store });
    expect(again.snapshot().access).toBe('keys');
    await again.close();
  });

  it('leaves a server open that the operator opened in so many words', async () => {
    await bench.operator.settings.change({ access: 'open' });
    await clients.create({ name: 'my-app' });
    expect(bench.snapshot().access).toBe('open');
  });

  it.each([
    [{}, 'name'],
    [{ name: 'a\u2028b' }, 'name'],
    [{ name: 'x'.repeat(65) }, 'name'],
    [{ name: 'rotato panel' }, 'name'],
    [{ name: 'a', providers: 'openai' }, 'providers'],
    [{ name: 'a', providers: [] }, 'providers'],
    [{ name: 'a', groups: [''] }, 'groups[0]'],
    [{ name: 'a', key: 'mine' }, 'key'],
    [{ name: 'a', color: 'red' }, 'color'],
  ])('is refused %j', async (input, path) => {
    expect(await refusalOf(clients.create(input))).toMatchObject({ code: 'invalid-input', fields: [{ path }] });
    expect([clients.list(), bench.snapshot().access]).toEqual([[], 'open']);
  });
});

describe('a client', () => {
  it('is edited, and keeps its secret', async () => {
    const { client, secret } = await clients.create({ name: 'my-app', providers: ['openai'] });
    const changed = await clients.change(client.id, { name: 'other', providers: null, groups: ['org'] }, 1);
    expect(changed).toMatchObject({ id: client.id, name: 'other', providers: null, groups: ['org'], version: 2 });
    expect(known(secret.reveal())).toMatchObject({ name: 'other', providers: null });
    expect(await refusalOf(clients.change(client.id, { name: 'third' }, 1))).toMatchObject({ code: 'conflict' });
  });

  it('is revoked at once and for good', async () => {
    const { client, secret } = await clients.create({ name: 'my-app' });
    await clients.revoke(client.id);
    expect(known(secret.reveal())).toBeUndefined();
    expect(await refusalOf(clients.revoke(client.id))).toMatchObject({ code: 'not-found' });
  });

  it('while an edit is being kept, is not revoked by who has not seen that', async () => {
    const { client, secret } = await clients.create({ name: 'my-app' });
    const edit = clients.change(client.id, { name: 'other' });
    expect(await refusalOf(clients.revoke(client.id, 1))).toMatchObject({ code: 'conflict' });
    await edit;
    expect(known(secret.reveal())).toMatchObject({ name: 'other' });
  });

  it('of the file is shown, and for its owner to edit', async () => {
    bench.apply(FILE);
    expect(clients.list()).toMatchObject([{ id: 'of-the-file', origin: 'file', masked: '…6789', version: null }]);
    expect(await refusalOf(clients.change('of-the-file', { groups: ['a'] }))).toMatchObject({
      code: 'managed-by-file',
    });
    expect(await refusalOf(clients.revoke('of-the-file'))).toMatchObject({ code: 'managed-by-file' });
    expect((await refusalOf(clients.create({ name: 'of-the-file' }))).fields[0]?.path).toBe('name');
  });

  it('whose name the file takes is kept, and opens nothing', async () => {
    const { client, secret } = await clients.create({ name: 'of-the-file' });
    bench.apply(FILE);
    expect(clients.list()).toMatchObject([{ origin: 'file' }, { id: client.id, origin: 'store', shadowed: true }]);
    expect(known(secret.reveal())).toBeUndefined();
    bench.apply({});
    expect(known(secret.reveal())).toBeDefined();
  });

  it('whose secret the file gives to another is kept, and widens nothing', async () => {
    const [{ key } = { key: '' }] = FILE.clients;
    await bench.operator.backup.import({ clients: [{ name: 'of-the-store', key }] });
    expect(known(key)).toMatchObject({ name: 'of-the-store', providers: null });
    bench.apply({ clients: [{ name: 'of-the-file', key, providers: ['openai'] }] });
    expect(known(key)).toMatchObject({ name: 'of-the-file', providers: ['openai'] });
    expect(clients.list()).toMatchObject([{ origin: 'file' }, { name: 'of-the-store', shadowed: true }]);
  });

  it('shows how often it was used', async () => {
    await clients.create({ name: 'my-app' });
    const exchange = { id: 'x', at: 1_000, durationMs: 1, provider: null, client: 'my-app', attempts: [] };
    bench.operator.record(exchange as unknown as ExchangeRecord);
    expect(clients.list()).toMatchObject([{ requests: 1, lastUsedAt: 1_001 }]);
  });
});

describe('the client of the panel', () => {
  it('is known, is not listed, and does not close the server', () => {
    const secret = bench.operator.builtInClientKey('panel').reveal();
    expect(known(secret)).toMatchObject({ name: 'rotato panel', providers: null });
    expect([clients.list(), bench.snapshot().access]).toEqual([[], 'open']);
  });
});
