import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BULK_ACTS, type KeyPage } from '../../../src/admin/contract.ts';
import { type AdminBench, startAdminBench } from '../../support/admin-bench.ts';
import { FULL_SIZE } from '../../support/full-size.ts';

const KEYS = Array.from(
  { length: 6 },
  (_, index) => `sk-sim-${'abcdef'[index]}aaaaaaaaaaa-${index}${index}${index}${index}`,
);
const SPENT = 'sk-sim-spentspent-9999';

let bench: AdminBench;
beforeAll(async () => {
  bench = await startAdminBench({
    groups: [
      { name: 'org-a', keys: KEYS },
      { name: 'org-spent', keys: [SPENT], limits: [{ model: '*', rpd: 0 }] },
    ],
  });
});
afterAll(() => bench[Symbol.asyncDispose]());

async function chat(provider: string): Promise<{ status: number; key: string | null }> {
  const reply = await fetch(`${bench.rotato.url}/${provider}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sim-small', messages: [{ role: 'user', content: 'Hello' }] }),
  });
  await reply.text();
  return { status: reply.status, key: reply.headers.get('x-rotato-key') };
}

async function listKeys(id: string): Promise<KeyPage['items']> {
  return (await bench.admin.call('GET /providers/{id}/keys', { id, query: { limit: '1000' } })).items;
}

describe('adding keys', () => {
  it('asks the provider first and tells of each what it said', async () => {
    await bench.addProvider('asked', [], { preset: 'openai' });
    const { admin } = bench;
    const body = {
      keys: [
        { key: KEYS[0], label: 'first', group: 'org-a', weight: 2 },
        { key: KEYS[0] },
        { key: 'sk-sim-unknown-key-0000', label: 'wrong' },
        { key: 'has a space' },
        { key: '"quoted"' },
        { key: 'x'.repeat(10_240) },
        { key: 'line\nbreak' },
        { key: '' },
      ],
    };
    const { items } = await admin.call('POST /providers/{id}/keys', { id: 'asked', body });
    expect(items.map(({ outcome }) => outcome)).toEqual(['added', 'duplicate', ...Array(6).fill('invalid')]);
    expect(items[0]).toMatchObject({ label: 'first', masked: '…0000', validity: 'valid' });
    expect(items[1]?.detail).toContain('first');
    expect(items[2]).toMatchObject({ label: 'wrong', validity: 'invalid', id: null });
    for (const { detail } of items.slice(2)) expect(detail).toMatch(/\w{3}/);
    expect(await listKeys('asked')).toMatchObject([
      { label: 'first', group: 'org-a', weight: 2, validity: { said: 'valid' } },
    ]);

    const anyway = { keys: [{ key: 'sk-sim-unknown-key-0000', label: 'wrong' }], saveAnyway: true };
    expect(await admin.call('POST /providers/{id}/keys', { id: 'asked', body: anyway })).toMatchObject({
      items: [{ outcome: 'added', validity: 'invalid' }],
    });
  });

  it('finds keys in whatever was pasted', async () => {
    await bench.addProvider('pasted');
    const text = `OPENAI_API_KEY="${KEYS[0]}"\nteam-b: ${KEYS[1]}\n${KEYS[2]}, ${KEYS[3]}\n\n["${KEYS[4]}"]\n${KEYS[0]}\n`;
    const { items } = await bench.admin.call('POST /providers/{id}/keys', { id: 'pasted', body: { text } });
    expect(items.map(({ masked, outcome }) => `${masked} ${outcome}`)).toEqual([
      '…0000 added',
      '…1111 added',
      '…2222 added',
      '…3333 added',
      '…4444 added',
      '…0000 duplicate',
    ]);
    expect((await listKeys('pasted')).map(({ label }) => label)).toContain('team-b');
  });

  it('refuses what is no list of keys, field by field', async () => {
    await bench.addProvider('strict');
    const bad: (readonly [string, unknown])[] = [
      ['', {}],
      ['', { keys: [], text: '' }],
      ['keys', { keys: 'sk-1' }],
      ['keys[0]', { keys: ['sk-1'] }],
      ['text', { text: 5 }],
      ['validate', { text: 'x', validate: 'yes' }],
      ['nope', { text: 'x', nope: 1 }],
      ['keys', { keys: Array(20_001).fill({ key: 'sk-1' }) }],
    ];
    for (const [path, body] of bad) {
      const refusal = await bench.admin.refusal('POST /providers/{id}/keys', { id: 'strict', body });
      expect(refusal).toMatchObject({ code: 'invalid-input' });
      expect(refusal.fields?.map((field) => field.path)).toContain(path);
    }
    expect(await listKeys('strict')).toEqual([]);
  });

  it('takes very many, and lists them page by page', async () => {
    const count = FULL_SIZE ? 20_000 : 2_000;
    await bench.addProvider('many');
    const keys = Array.from({ length: count }, (_, index) => ({
      key: `sk-many-${String(index).padStart(24, 'k')}`,
      label: `many-${index}`,
    }));
    const body = { keys, validate: false };
    const { items } = await bench.admin.call('POST /providers/{id}/keys', { id: 'many', body });
    expect(items.filter(({ outcome }) => outcome === 'added')).toHaveLength(count);

    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const query: Record<string, string> = { limit: '700', ...(cursor !== undefined && { cursor }) };
      const page = await bench.admin.call('GET /providers/{id}/keys', { id: 'many', query });
      expect(page.total).toBe(count);
      seen.push(...page.items.map(({ label }) => label));
      cursor = page.cursor;
      if (seen.length === 700) {
        // The key at which the next page goes on disappears meanwhile: no other one is left out or told twice.
        await bench.admin.call('DELETE /keys/{id}', { id: page.items.at(-1)?.id as string });
        await bench.admin.call('POST /keys/{id}/restore', { id: page.items.at(-1)?.id as string });
      }
    } while (cursor !== undefined);
    expect(seen).toEqual(keys.map(({ label }) => label));
  }, 60_000);
});

describe('the list of keys', () => {
  it('is searched by label, group and last characters, and by state', async () => {
    await bench.addProvider('searched');
    const keys = [
      { key: KEYS[0], label: 'Team Alpha', group: 'org-a' },
      { key: KEYS[1], label: 'beta', group: 'org-b' },
      { key: KEYS[2], label: 'gamma' },
    ];
    await bench.admin.call('POST /providers/{id}/keys', { id: 'searched', body: { keys, validate: false } });
    const [first] = await listKeys('searched');
    await bench.admin.call('POST /keys/{id}/disable', { id: first?.id as string });
    const find = async (query: Record<string, string>) => {
      const page = await bench.admin.call('GET /providers/{id}/keys', { id: 'searched', query });
      expect(page.total).toBe(page.items.length);
      return page.items.map(({ label }) => label);
    };
    expect(await find({ q: 'alpha' })).toEqual(['Team Alpha']);
    expect(await find({ q: 'ORG-' })).toEqual(['Team Alpha', 'beta']);
    expect(await find({ q: '2222' })).toEqual(['gamma']);
    expect(await find({ q: '.*' })).toEqual([]);
    expect(await find({ state: 'disabled' })).toEqual(['Team Alpha']);
    expect(await find({ state: 'ready', q: 'a' })).toEqual(['beta', 'gamma']);
  });

  it('says what is wrong with a question', async () => {
    await bench.addProvider('questioned');
    const questions: (readonly [string, object])[] = [
      ['limit', { limit: '0' }],
      ['limit', { limit: '1001' }],
      ['limit', { limit: 'many' }],
      ['state', { state: 'tired' }],
      ['q', { q: 'x'.repeat(201) }],
      ['nope', { nope: '1' }],
    ];
    for (const [path, query] of questions) {
      const refusal = await bench.admin.refusal('GET /providers/{id}/keys', { id: 'questioned', query });
      expect(refusal.fields?.map((field) => field.path)).toEqual([path]);
    }
    const odd = { id: 'questioned', query: { cursor: 'backwards' } };
    expect(await bench.admin.refusal('GET /providers/{id}/keys', odd)).toMatchObject({ code: 'bad-request' });
  });
});

describe('a key', () => {
  it('is edited by one of two who edit the same version', async () => {
    await bench.addProvider('edited', [KEYS[0] as string]);
    const [key] = await listKeys('edited');
    const id = key?.id as string;
    const { admin } = bench;
    const body = {
      label: 'renamed',
      group: 'org-x',
      weight: 3,
      limits: [{ model: '*', rpm: 20 }],
      baseUrl: `${bench.simulator.url}/v1`,
    };
    const edited = await admin.call('PATCH /keys/{id}', { id, version: key?.version ?? null, body });
    expect(edited).toMatchObject({ label: 'renamed', group: 'org-x', weight: 3, limits: [{ rpm: 20 }] });
    const late = { id, version: key?.version ?? null, body: { label: 'late' } };
    expect(await admin.refusal('PATCH /keys/{id}', late)).toMatchObject({ code: 'conflict', status: 412 });
    expect(await admin.refusal('DELETE /keys/{id}', { id, version: key?.version ?? null })).toMatchObject({
      code: 'conflict',
    });
    const cleared = await admin.call('PATCH /keys/{id}', { id, body: { group: null, limits: null, baseUrl: null } });
    expect(cleared).toMatchObject({ label: 'renamed', group: null, limits: [], baseUrl: null });
  });

  it('is refused what it cannot have, and stays as it was', async () => {
    await bench.addProvider('kept', [KEYS[0] as string]);
    const [key] = await listKeys('kept');
    const id = key?.id as string;
    const bad: (readonly [string, Record<string, unknown>])[] = [
      ['label', { label: 'line\nbreak' }],
      ['label', { label: '😀' }],
      ['label', { label: '' }],
      ['group', { group: ' a ' }],
      ['weight', { weight: 0 }],
      ['limits[0].rpm', { limits: [{ rpm: 'lots' }] }],
      ['limits[0].nope', { limits: [{ rpm: 1, nope: 1 }] }],
      ['baseUrl', { baseUrl: 'https://u:p@a.example' }],
      ['key', { key: 'sk-other-1234567890' }],
      ['secret', { secret: 'x' }],
    ];
    for (const [path, patch] of bad) {
      const refusal = await bench.admin.refusal('PATCH /keys/{id}', { id, body: { weight: 5, ...patch } });
      expect(refusal, JSON.stringify(patch)).toMatchObject({ code: 'invalid-input' });
      expect(
        refusal.fields?.map((field) => field.path),
        JSON.stringify(patch),
      ).toContain(path);
    }
    expect(await bench.admin.call('GET /keys/{id}', { id })).toMatchObject({ weight: 1, version: key?.version });
  });

  it('is moved, and under `ordered` that decides which one serves', async () => {
    await bench.addProvider('ordered', KEYS.slice(0, 3), { strategy: 'ordered' });
    const { admin } = bench;
    const [first, second, third] = await listKeys('ordered');
    expect((await chat('ordered')).key).toBe(first?.label);
    const moved = { id: 'ordered', body: { id: third?.id as string, before: first?.id as string } };
    expect(await admin.call('POST /providers/{id}/keys/move', moved)).toMatchObject({ place: 1 });
    expect((await chat('ordered')).key).toBe(third?.label);
    const last = { id: 'ordered', body: { id: third?.id as string, before: null } };
    expect(await admin.call('POST /providers/{id}/keys/move', last)).toMatchObject({ place: 3 });
    expect((await listKeys('ordered')).map(({ id }) => id)).toEqual([first?.id, second?.id, third?.id]);
    const nowhere = { id: 'ordered', body: { id: first?.id as string, before: 'none' } };
    expect((await admin.refusal('POST /providers/{id}/keys/move', nowhere)).code).toMatch(/not-found|invalid-input/);
  });

  it('belongs to its provider: it is not moved in the name of another', async () => {
    await bench.addProvider('one', [KEYS[0] as string]);
    await bench.addProvider('other', [KEYS[1] as string]);
    const [key] = await listKeys('one');
    const foreign = { id: 'other', body: { id: key?.id as string, before: null } };
    expect(await bench.admin.refusal('POST /providers/{id}/keys/move', foreign)).toMatchObject({ code: 'not-found' });
  });

  it('is disabled, drained, enabled, deleted and restored at once', async () => {
    await bench.addProvider('operated', [KEYS[0] as string]);
    const { admin } = bench;
    const id = (await listKeys('operated'))[0]?.id as string;
    expect(await admin.call('POST /keys/{id}/disable', { id })).toMatchObject({
      enabled: false,
      state: { state: 'disabled' },
    });
    expect((await chat('operated')).status).toBe(503);
    expect(await admin.call('POST /keys/{id}/enable', { id })).toMatchObject({
      enabled: true,
      state: { state: 'ready' },
    });
    expect((await chat('operated')).status).toBe(200);
    expect(await admin.call('POST /keys/{id}/drain', { id })).toMatchObject({ state: { state: 'draining' } });
    expect((await chat('operated')).status).toBe(503);
    await admin.call('POST /keys/{id}/enable', { id });
    expect((await admin.call('DELETE /keys/{id}', { id })).restorableUntil).toBeGreaterThan(Date.now());
    expect((await chat('operated')).status).toBe(503);
    await admin.call('POST /keys/{id}/restore', { id });
    expect((await chat('operated')).status).toBe(200);
    expect(await admin.call('POST /keys/{id}/clear', { id })).toMatchObject({ state: { state: 'ready' } });
    expect(await admin.call('POST /keys/{id}/part', { id })).toMatchObject({ id });
  });

  it('is validated with the free call of the provider', async () => {
    await bench.addProvider('validated', [KEYS[0] as string], { preset: 'openai' });
    const id = (await listKeys('validated'))[0]?.id as string;
    expect(await bench.admin.call('POST /keys/{id}/validate', { id })).toMatchObject({ validity: { said: 'valid' } });
  });

  it('is told to be unknown when there is none of the kind', async () => {
    for (const id of ['none', '__proto__', '../clients', 'a\nb', '😀']) {
      for (const route of [
        'GET /keys/{id}',
        'DELETE /keys/{id}',
        'POST /keys/{id}/validate',
        'POST /keys/{id}/enable',
      ] as const) {
        expect(await bench.admin.refusal(route, { id })).toMatchObject({ code: 'not-found', status: 404 });
      }
    }
  });
});

describe('many keys', () => {
  it('are acted on in one call, which tells of each that it could not do', async () => {
    await bench.addProvider('bulk', KEYS.slice(0, 3));
    const ids = (await listKeys('bulk')).map(({ id }) => id);
    for (const act of BULK_ACTS) {
      const report = await bench.admin.call('POST /keys/bulk', { body: { ids: [...ids, 'none'], act } });
      expect(report.done, act).toEqual(expect.arrayContaining(ids));
      expect(report.refused, act).toEqual([{ id: 'none', reason: expect.stringMatching(/\w/) }]);
    }
    await bench.admin.call('POST /keys/bulk', { body: { ids, act: 'disable' } });
    expect((await chat('bulk')).status).toBe(503);
  });

  it('are refused a call that makes no sense', async () => {
    for (const [path, body] of [
      ['ids', { ids: [], act: 'enable' }],
      ['act', { ids: ['x'], act: 'explode' }],
      ['ids', { act: 'enable' }],
      ['ids', { ids: Array(501).fill('x'), act: 'validate' }],
      ['nope', { ids: ['x'], act: 'enable', nope: 1 }],
    ] as const) {
      const refusal = await bench.admin.refusal('POST /keys/bulk', { body });
      expect(refusal.fields?.map((field) => field.path)).toContain(path);
    }
  });
});
