import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Operator } from '../../src/control/operator.ts';
import { type SimulatedProvider, startSimulatedProvider } from '../../src/simulator/simulated-provider.ts';
import { CANARY_KEYS, findLeaks } from '../support/canary.ts';
import { type FileShape, type RunningRotato, startTestRotato } from '../support/running-rotato.ts';
import { waitUntil } from '../support/wait-until.ts';

const KEYS = ['sk-sim-aaaa-0123456789', 'sk-sim-bbbb-0123456789', 'sk-sim-cccc-0123456789'];

let upstream: SimulatedProvider;
let folder: string;
let rotato: RunningRotato;
let operator: Operator;

beforeEach(async () => {
  upstream = await startSimulatedProvider({ groups: KEYS.map((key, at) => ({ name: `org-${at}`, keys: [key] })) });
  folder = mkdtempSync(join(tmpdir(), 'rotato-live-'));
  await start();
});

afterEach(async () => {
  await rotato.close();
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(file: FileShape = {}): Promise<void> {
  rotato = await startTestRotato(file, { folder });
  operator = rotato.rotato.operator;
}

const settings = () => ({ preset: 'openai', baseUrl: upstream.baseUrls.openai, allowPrivateAddress: true });

/** What a person does in the panel at first. */
async function setUp(keys: readonly string[] = KEYS): Promise<void> {
  await operator.providers.create({ name: 'openai', ...settings() });
  await operator.keys.add('openai', { text: keys.join('\n') });
}

async function ask(
  name = 'openai',
  headers: Record<string, string> = {},
): Promise<{ status: number; key: string | null }> {
  const reply = await fetch(`${rotato.url}/${name}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'sim-large', messages: [{ role: 'user', content: 'hello' }] }),
  });
  await reply.arrayBuffer();
  return { status: reply.status, key: reply.headers.get('x-rotato-key') };
}

describe('from nothing to an answer', () => {
  it('takes a provider and a key, which the provider is asked about first', async () => {
    expect((await ask()).status).toBe(404);
    await operator.providers.create({ name: 'openai', ...settings() });
    const added = await operator.keys.add('openai', { text: `${KEYS[0]}\nsk-sim-nobody-0123456789` });
    expect(added.map(({ outcome, validity }) => [outcome, validity])).toEqual([
      ['added', 'valid'],
      ['invalid', 'invalid'],
    ]);
    expect(await ask()).toEqual({ status: 200, key: 'key-1' });
    expect((await operator.providers.models('openai')).models).toEqual(['sim-embedding', 'sim-large', 'sim-small']);
  });

  it('outlives a restart, and what was used is counted', async () => {
    await setUp();
    const { key } = await ask();
    await rotato.recorded(1);
    expect(operator.keys.list('openai').find(({ label }) => label === key)).toMatchObject({ requests: 1, refusals: 0 });
    expect(operator.traffic(60_000)).toMatchObject({ requests: 1, refusedByUs: 0 });
    expect(operator.exchanges(5)).toMatchObject([{ provider: 'openai', status: 200 }]);
    await rotato.close();
    await start();
    expect((await ask()).status).toBe(200);
  });
});

describe('an act of the operator', () => {
  it('holds from the next request on', async () => {
    await setUp();
    const [first, second, third] = operator.keys.list('openai');
    await operator.keys.act(first?.id ?? '', 'disable');
    await operator.keys.act(second?.id ?? '', 'drain');
    for (let nth = 0; nth < 4; nth++) expect((await ask()).key).toBe(third?.label);
    await operator.providers.setEnabled('openai', false);
    expect((await ask()).status).toBe(503);
  });

  it('puts keys in another order, and under "ordered" the first is used', async () => {
    await setUp();
    await operator.providers.change('openai', { strategy: 'ordered' });
    const [first, , third] = operator.keys.list('openai');
    expect((await ask()).key).toBe('key-1');
    await operator.keys.move(third?.id ?? '', first?.id ?? null);
    expect((await ask()).key).toBe('key-3');
  });

  it('creates a client, whom alone is served from then on, until it is revoked', async () => {
    await setUp();
    const { client, secret } = await operator.clients.create({ name: 'my-app', providers: ['openai'] });
    const authorization = `Bearer ${secret.reveal()}`;
    expect([(await ask()).status, (await ask('openai', { authorization })).status]).toEqual([401, 200]);
    const panel = operator.builtInClientKey('panel').reveal();
    expect((await ask('openai', { authorization: `Bearer ${panel}` })).status).toBe(200);
    await operator.clients.revoke(client.id);
    expect((await ask('openai', { authorization })).status).toBe(401);
  });

  it('survives a reload of the file', async () => {
    const file = { providers: { openai: { ...settings(), keys: KEYS.map((key) => ({ key })) } } };
    rotato.apply(file);
    const [first, second] = operator.keys.list('openai');
    await operator.keys.act(first?.id ?? '', 'disable');
    await operator.keys.act(second?.id ?? '', 'drain');
    rotato.apply({ ...file, cors: ['https://app.example'] });
    for (let nth = 0; nth < 4; nth++) expect((await ask()).key).toBe('key-3');
    await rotato.close();
    await start(file);
    for (let nth = 0; nth < 4; nth++) expect((await ask()).key).toBe('key-3');
  });
});

it('settings changed under load fail no request', async () => {
  await setUp();
  let busy = true;
  const statuses: number[] = [];
  const caller = async () => {
    while (busy) statuses.push((await ask()).status);
  };
  const callers = Array.from({ length: 8 }, caller);
  const [first, second] = operator.keys.list('openai');
  for (let round = 0; round < 5; round++) {
    await operator.keys.act(first?.id ?? '', 'disable');
    await operator.providers.change('openai', {
      strategy: round % 2 === 0 ? 'ordered' : 'random',
      maxWait: `${20 + round}s`,
    });
    await operator.keys.move(second?.id ?? '', null);
    await operator.settings.change({ limits: { retries: round } });
    await operator.keys.act(first?.id ?? '', 'enable');
    await operator.keys.change(second?.id ?? '', { label: `renamed-${round}`, group: round % 2 === 0 ? 'org' : null });
    await operator.keys.act(second?.id ?? '', 'remove');
    await operator.keys.act(second?.id ?? '', 'restore');
    rotato.apply({ cors: [`https://app-${round}.example`] });
  }
  busy = false;
  await Promise.all(callers);
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(statuses.length).toBeGreaterThan(8);
});

it('a request that began before a rename is served', async () => {
  await setUp();
  upstream.inject({ fault: 'stall-before-headers', path: '/v1/chat', delayMs: 200 });
  const early = [ask(), ask()];
  await waitUntil(
    () => upstream.counters.inFlight === 2,
    () => 'both requests upstream',
  );
  await operator.providers.rename('openai', 'mine');
  expect((await Promise.all(early)).map(({ status }) => status)).toEqual([200, 200]);
  upstream.clearFaults();
  expect([(await ask('mine')).status, (await ask('openai')).status]).toEqual([200, 404]);
});

it('no key stands in any file, log line, record or view', async () => {
  await operator.providers.create({ name: 'openai', ...settings() });
  await operator.keys.add('openai', { text: CANARY_KEYS.join('\n') }, { validate: false });
  await ask();
  await rotato.recorded(1);
  const [first] = operator.keys.list('openai');
  await operator.keys.validate(first?.id ?? '');
  const shown = [operator.providers.list(), operator.keys.list('openai'), operator.settings.get(), operator.pool()];
  const told = [...shown, operator.exchanges(10), operator.notices(), rotato.records, rotato.logLines];
  await rotato.close();
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name)).toString('latin1'));
  expect(files.length).toBeGreaterThan(3);
  expect(
    [...told.map((part) => JSON.stringify(part)), ...files].flatMap((text) => findLeaks(text, CANARY_KEYS)),
  ).toEqual([]);
  await start();
});
