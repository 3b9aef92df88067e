import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemorySettingsStore } from '../../test/support/memory-settings-store.ts';
import { type OperatorBench, openOperator, refusalOf } from '../../test/support/operator-bench.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { HeaderList } from '../model/header-list.ts';
import type { KeyAct, KeyActs } from './operator.ts';
import type { ProbeAnswer, ProbeQuestion } from './probe.ts';

const FILE = { providers: { groq: { keys: [{ key: 'gsk-file-0123456789', label: 'mine' }] }, ollama: {} } };
const SECRETS = ['sk-aaaa-0123456789aa', 'sk-bbbb-0123456789bb', 'sk-cccc-0123456789cc'] as const;

let clock: VirtualClock;
let store: MemorySettingsStore;
let bench: OperatorBench;
let keys: KeyActs;
let asked: ProbeQuestion[];
let answerTo: (question: ProbeQuestion) => ProbeAnswer | null;

beforeEach(async () => {
  clock = new VirtualClock();
  store = new MemorySettingsStore();
  asked = [];
  answerTo = () => answer(200, { data: [] });
  const answerAndNote = (question: ProbeQuestion) => {
    asked.push(question);
    return answerTo(question);
  };
  bench = await openOperator({ file: FILE, clock, store, answer: answerAndNote });
  keys = bench.operator.keys;
  await bench.operator.providers.create({ name: 'openai' });
});

afterEach(() => bench.close());

const answer = (status: number, body: unknown): ProbeAnswer => ({
  status,
  headers: new HeaderList(['content-type', 'application/json']),
  body: JSON.stringify(body),
});
const INVALID = answer(401, { error: { code: 'invalid_api_key', message: 'Incorrect API key provided' } });
const EXHAUSTED = answer(429, { error: { type: 'insufficient_quota', code: 'insufficient_quota' } });

const addAll = () => keys.add('openai', { keys: SECRETS.map((key) => ({ key })) }, { validate: false });
const labels = () => keys.list('openai').map(({ label }) => label);
const idOf = (label: string) => keys.list('openai').find((key) => key.label === label)?.id ?? '';
const keysInForce = () => bench.snapshot().providers.get('openai')?.keys ?? [];

describe('keys that are added', () => {
  it('are labelled, kept, and in force, in the order they came', async () => {
    const added = await addAll();
    expect(added.map(({ label, masked, outcome }) => [label, masked, outcome])).toEqual([
      ['key-1', '…89aa', 'added'],
      ['key-2', '…89bb', 'added'],
      ['key-3', '…89cc', 'added'],
    ]);
    expect(keysInForce().map(({ secret }) => secret?.reveal())).toEqual(SECRETS);
    const again = await openOperator({ store });
    expect(again.operator.keys.list('openai').map(({ id, label, place }) => [id, label, place])).toEqual(
      added.map(({ id, label }, at) => [id, label, at + 1]),
    );
    await again.close();
  });

  it('are asked about first, and saved as the provider answers', async () => {
    answerTo = ({ headers }) => {
      const line = headers.join(' ');
      return line.includes(SECRETS[0]) ? INVALID : line.includes(SECRETS[1]) ? EXHAUSTED : answer(200, { data: [] });
    };
    const progress: number[] = [];
    const added = await keys.add(
      'openai',
      { text: SECRETS.join('\n') },
      { onProgress: ({ done }) => progress.push(done) },
    );
    expect(added.map(({ outcome, validity }) => [outcome, validity])).toEqual([
      ['invalid', 'invalid'],
      ['added', 'exhausted'],
      ['added', 'valid'],
    ]);
    expect(added[0]).toMatchObject({ id: null, detail: expect.stringContaining('Incorrect API key') });
    expect(progress).toEqual([1, 2, 3]);
    expect(keys.list('openai').map(({ validity }) => validity?.said)).toEqual(['exhausted', 'valid']);
  });

  it('are saved anyway when the operator insists', async () => {
    answerTo = () => INVALID;
    const [added] = await keys.add('openai', { text: SECRETS[0] }, { saveAnyway: true });
    expect(added).toMatchObject({ outcome: 'added', validity: 'invalid' });
  });

  it('are told when they are doubles, also of one another', async () => {
    await addAll();
    const text = `${SECRETS[1]}\nsk-dddd-0123456789dd\nsk-dddd-0123456789dd`;
    expect(
      (await keys.add('openai', { text }, { validate: false })).map(({ outcome, detail }) => [outcome, detail]),
    ).toEqual([
      ['duplicate', 'key-2'],
      ['added', null],
      ['duplicate', 'key-4'],
    ]);
  });

  it('keep the labels they came with; those of pasted text give way, those that were typed are refused', async () => {
    const [first, second] = await keys.add(
      'openai',
      { text: `team: ${SECRETS[0]}\nteam: ${SECRETS[1]}` },
      { validate: false },
    );
    expect([first?.label, second?.label]).toEqual(['team', 'team-2']);
    const [third] = await keys.add('openai', { keys: [{ key: SECRETS[2], label: 'team' }] }, { validate: false });
    expect(third).toMatchObject({ outcome: 'invalid', detail: expect.stringContaining('another key is called team') });
  });

  it.each([
    ['a space', { key: 'sk with space' }, /holds a space/],
    ['a quote', { key: '"sk-0123456789"' }, /holds a quote/],
    ['ten kilobytes', { key: 'k'.repeat(10_240) }, /10240 characters/],
    ['no key', { label: 'a' }, /^key: missing/],
    ['a number', { key: 12_345 }, /^key: found a number \(not shown\)/],
    ['an unknown setting', { key: SECRETS[0], lable: 'a' }, /^lable: unknown setting; .*Did you mean "label"/],
    ['a label that holds it', { key: SECRETS[0], label: `my ${SECRETS[0]}` }, /^label: found the key itself in it/],
    ['a label with a line break', { key: SECRETS[0], label: 'a\nb' }, /^label: found/],
    ['a weight of nothing', { key: SECRETS[0], weight: 0 }, /^weight: found 0/],
    ['a limit that limits nothing', { key: SECRETS[0], limits: [{}] }, /^limits\[0\]: found no limit/],
    ['a base URL of another scheme', { key: SECRETS[0], baseUrl: 'ftp://a.example' }, /^baseUrl: found/],
  ])('are not saved with %s', async (_, entry, detail) => {
    const commits = store.commits;
    const [added] = await keys.add('openai', { keys: [entry] });
    expect(added).toMatchObject({ outcome: 'invalid', id: null, detail: expect.stringMatching(detail) });
    expect(added?.detail).not.toContain('0123456789');
    expect([store.commits, asked]).toEqual([commits, []]);
  });

  it.each([
    ['nothing', {}],
    ['both', { keys: [], text: '' }],
    ['something else', { key: SECRETS[0] }],
    ['a text that is none', { text: 5 }],
  ])('come as a list or a text, and not as %s', async (_, input) => {
    expect((await refusalOf(keys.add('openai', input))).code).toBe('invalid-input');
  });

  it('are not added to what the file owns', async () => {
    expect(await refusalOf(keys.add('groq', { text: SECRETS[0] }))).toMatchObject({ code: 'managed-by-file' });
  });
});

describe('a key that is edited', () => {
  it('keeps its id, and shows what was set', async () => {
    await addAll();
    const id = idOf('key-1');
    const limits = [{ model: '*', rpm: 20 }];
    const view = await keys.change(
      id,
      { label: 'team-a', group: 'org', weight: 3, limits, baseUrl: 'https://eu.example/v1' },
      1,
    );
    expect(view).toMatchObject({
      id,
      label: 'team-a',
      group: 'org',
      weight: 3,
      limits,
      baseUrl: 'https://eu.example/v1',
      version: 2,
    });
    expect(keysInForce()[0]).toMatchObject({ id, label: 'team-a', group: 'org' });
    expect(await keys.change(id, { group: null, baseUrl: null })).toMatchObject({
      group: null,
      baseUrl: null,
      label: 'team-a',
    });
  });

  it('without a label gets a free one', async () => {
    await addAll();
    await keys.change(idOf('key-2'), { label: 'key-3x' });
    expect((await keys.change(idOf('key-3x'), { label: null })).label).toMatch(/^key-\d+$/);
    expect(new Set(labels()).size).toBe(3);
  });

  it.each([
    [{ label: 'key-2' }, 'label'],
    [{ label: '' }, 'label'],
    [{ weight: -1 }, 'weight'],
    [{ colour: 'red' }, 'colour'],
    [{ key: 'sk-another' }, 'key'],
    [{ limits: [{ rpm: 0 }] }, 'limits[0].rpm'],
    [{ enabled: 'yes' }, 'enabled'],
  ])('is refused %j', async (patch, path) => {
    await addAll();
    expect(await refusalOf(keys.change(idOf('key-1'), patch))).toMatchObject({
      code: 'invalid-input',
      fields: [{ path }],
    });
    expect(labels()).toEqual(['key-1', 'key-2', 'key-3']);
  });

  it('by two at once is edited by the first, and the second is told', async () => {
    await addAll();
    const id = idOf('key-1');
    const [first, second] = await Promise.allSettled([
      keys.change(id, { weight: 2 }, 1),
      keys.change(id, { weight: 3 }, 1),
    ]);
    expect([first?.status, second?.status]).toEqual(['fulfilled', 'rejected']);
    expect(keys.get(id).weight).toBe(2);
  });

  it('while an edit is being kept, is not removed by who has not seen that', async () => {
    await addAll();
    const id = idOf('key-1');
    const edit = keys.change(id, { weight: 2 });
    expect(await refusalOf(keys.act(id, 'remove', 1))).toMatchObject({ code: 'conflict' });
    await edit;
    expect(keys.get(id)).toMatchObject({ weight: 2, restorableUntil: null });
  });

  it('but belongs to the file is for its owner to edit, except for what operating is', async () => {
    const [mine] = keys.list('groq');
    const id = mine?.id ?? '';
    expect(await refusalOf(keys.change(id, { weight: 2 }))).toMatchObject({ code: 'managed-by-file' });
    expect(await refusalOf(keys.move(id, null))).toMatchObject({ code: 'managed-by-file' });
    expect(await refusalOf(keys.act(id, 'remove'))).toMatchObject({ code: 'managed-by-file' });
    expect(await keys.change(id, { enabled: false })).toMatchObject({ enabled: false, state: { state: 'disabled' } });
  });
});

describe('the order of keys', () => {
  it.each([
    ['key-3', 'key-1', ['key-3', 'key-1', 'key-2']],
    ['key-1', 'key-3', ['key-2', 'key-1', 'key-3']],
    ['key-1', null, ['key-2', 'key-3', 'key-1']],
    ['key-2', 'key-2', ['key-1', 'key-2', 'key-3']],
  ])('%s before %s', async (moved, before, expected) => {
    await addAll();
    await keys.move(idOf(moved), before === null ? null : idOf(before));
    expect(labels()).toEqual(expected);
    expect(keysInForce().map(({ label }) => label)).toEqual(expected);
  });

  it('can be changed any number of times, and is the same after a restart', async () => {
    await addAll();
    for (let nth = 0; nth < 120; nth++) await keys.move(idOf(labels()[2] ?? ''), idOf(labels()[1] ?? ''));
    const again = await openOperator({ store });
    expect(again.operator.keys.list('openai').map(({ label }) => label)).toEqual(labels());
    await again.close();
  });

  it('is one of the same provider', async () => {
    await addAll();
    const elsewhere = keys.list('groq')[0]?.id ?? '';
    expect((await refusalOf(keys.move(idOf('key-1'), elsewhere))).fields[0]?.path).toBe('before');
  });
});

describe('acts', () => {
  it.each<[KeyAct, string]>([
    ['disable', 'disabled'],
    ['drain', 'draining'],
  ])(
    '%s takes a key out, of the store or the file, over a reload and a restart; enable puts it back',
    async (act, state) => {
      await addAll();
      const [file] = keys.list('groq');
      for (const id of [idOf('key-1'), file?.id ?? '']) {
        expect((await keys.act(id, act)).state.state).toBe(state);
        bench.apply({ ...FILE, cors: ['https://app.example'] });
        expect(keys.get(id).state.state).toBe(state);
        const again = await openOperator({ file: FILE, store });
        expect(again.operator.keys.get(id).state.state).toBe(state);
        await again.close();
        expect((await keys.act(id, 'enable')).state.state).toBe('ready');
      }
      expect((await store.load()).overlays).toEqual([]);
    },
  );

  it('disable holds from the next lease on', async () => {
    await addAll();
    await keys.act(idOf('key-1'), 'disable');
    const served = new Set<string>();
    for (let nth = 0; nth < 6; nth++) {
      const lease = await bench.pool.acquire(demand());
      if (lease.kind === 'refusal') throw new Error(lease.binding);
      served.add(lease.key.label);
      lease.sent();
      lease.settle({ kind: 'served', usage: null });
    }
    expect([...served].sort()).toEqual(['key-2', 'key-3']);
  });

  it('enabling a key that the file switches off wins, until the file is asked again', async () => {
    const off = { providers: { groq: { keys: [{ key: 'gsk-file-0123456789', enabled: false }] } } };
    bench.apply(off);
    const id = keys.list('groq')[0]?.id ?? '';
    expect((await keys.act(id, 'enable')).enabled).toBe(true);
    bench.apply(off);
    expect(keys.get(id).enabled).toBe(true);
    expect((await keys.act(id, 'disable')).enabled).toBe(false);
    expect((await store.load()).overlays).toEqual([]);
  });

  it('clear forgets why a key rests', async () => {
    await addAll();
    const lease = await bench.pool.acquire(demand());
    if (lease.kind === 'refusal') throw new Error(lease.binding);
    lease.sent();
    lease.settle({
      kind: 'rate-limited',
      reason: 'slow down',
      waitMs: 30_000,
      dimension: null,
      periodMs: null,
      limit: null,
      scope: 'group',
      ramp: false,
    });
    const { id } = lease.key;
    expect(keys.get(id).state).toMatchObject({
      state: 'cooling',
      reason: 'slow down',
      until: clock.wallNow() + 30_000,
    });
    expect((await keys.act(id, 'clear')).state.state).toBe('ready');
  });

  it('remove takes a key out at once, and restore brings it back with its label and place', async () => {
    await addAll();
    const id = idOf('key-2');
    expect((await keys.act(id, 'remove')).restorableUntil).toBe(clock.wallNow() + 60_000);
    expect(keysInForce().map(({ label }) => label)).toEqual(['key-1', 'key-3']);
    expect(await refusalOf(keys.change(id, { weight: 2 }))).toMatchObject({ code: 'conflict' });
    await keys.add('openai', { keys: [{ key: 'sk-dddd-0123456789dd', label: 'key-2' }] }, { validate: false });
    await clock.advance(30_000);
    expect((await keys.act(id, 'restore')).label).toBe('key-2-2');
    expect(labels()).toEqual(['key-1', 'key-2-2', 'key-3', 'key-2']);
  });

  it('a key that is deleted is purged after a minute, and adding it again is a new one', async () => {
    await addAll();
    const id = idOf('key-2');
    await keys.act(id, 'drain');
    await keys.act(id, 'remove');
    await clock.advance(60_001);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(await refusalOf(keys.act(id, 'restore'))).toMatchObject({ code: 'not-found' });
    const { keys: rows, overlays } = await store.load();
    expect([rows.length, overlays]).toEqual([2, []]);
    const [added] = await keys.add('openai', { keys: [{ key: SECRETS[1] }] }, { validate: false });
    expect(added).toMatchObject({ outcome: 'added', id });
    expect(keys.get(id).state.state).toBe('ready');
  });

  it('on many keys do what can be done, and tell the rest', async () => {
    await addAll();
    const file = keys.list('groq')[0]?.id ?? '';
    const commits = store.commits;
    const report = await keys.actOnAll([idOf('key-1'), idOf('key-2'), file, 'nobody'], 'remove');
    expect(report.done).toEqual([idOf('key-1'), idOf('key-2')]);
    expect(report.refused.map(({ id }) => id)).toEqual([file, 'nobody']);
    expect(store.commits).toBe(commits + 1);
    expect(keysInForce().map(({ label }) => label)).toEqual(['key-3']);
  });

  it('on the entry of a provider without keys can switch it off, and nothing else', async () => {
    const [entry] = keys.list('ollama');
    expect(entry).toMatchObject({ label: 'no key', masked: '', validity: null });
    const id = entry?.id ?? '';
    expect((await keys.act(id, 'disable')).state.state).toBe('disabled');
    expect(await refusalOf(keys.change(id, { label: 'x' }))).toMatchObject({ code: 'conflict' });
  });

  it('are those there are', async () => {
    expect((await refusalOf(keys.act('x', 'explode' as KeyAct))).code).toBe('not-found');
    expect((await refusalOf(keys.actOnAll([], 'explode' as KeyAct))).fields[0]?.path).toBe('act');
  });
});

describe('asking about a key', () => {
  it.each([
    ['valid', answer(200, { data: [] })],
    ['invalid', INVALID],
    ['exhausted', EXHAUSTED],
    ['unknown', null],
  ] as const)('tells %s, and remembers it', async (said, reply) => {
    await addAll();
    answerTo = () => reply;
    for (const id of [idOf('key-1'), keys.list('groq')[0]?.id ?? '']) {
      expect(await keys.validate(id)).toBe(said);
      expect(keys.get(id).validity).toEqual({ said, at: clock.wallNow() });
    }
    expect(keys.get(idOf('key-1')).version).toBe(1);
  });

  it('does not put what was edited meanwhile back', async () => {
    await addAll();
    const id = idOf('key-1');
    await keys.validate(id);
    await keys.act(id, 'disable');
    expect(keys.get(id)).toMatchObject({ enabled: false, validity: { said: 'valid' } });
    await keys.validate(id);
    expect(keys.get(id)).toMatchObject({ enabled: false });
    expect((await store.load()).keys.find((row) => row.id === id)).toMatchObject({ enabled: false });
  });
});

it('thousands of keys in one group are shown with some of each other', async () => {
  const many = Array.from({ length: 200 }, (_, at) => ({ key: `sk-many-0123456789-${at}`, group: 'org' }));
  await keys.add('openai', { keys: many }, { validate: false });
  const { meteredIn } = keys.list('openai')[7] ?? {};
  expect(meteredIn).toMatchObject({ name: 'org', sharedWithCount: 199, detected: false });
  expect(meteredIn?.sharedWith).toHaveLength(20);
});

function demand() {
  return {
    provider: 'openai',
    model: 'gpt-4o',
    tokens: { bodyBytes: 10, maxOutputTokens: null },
    client: 'anonymous',
    groups: null,
    priority: 'interactive' as const,
    deadline: clock.now() + 1_000,
    affinity: null,
    homeGroup: null,
    tried: [],
    signal: new AbortController().signal,
  };
}
