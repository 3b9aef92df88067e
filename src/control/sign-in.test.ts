import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configFromText } from '../../test/support/config-from-text.ts';
import { MemorySettingsStore } from '../../test/support/memory-settings-store.ts';
import { type OperatorBench, openOperator, refusalOf } from '../../test/support/operator-bench.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let clock: VirtualClock;
let store: MemorySettingsStore;
let bench: OperatorBench;

beforeEach(async () => {
  clock = new VirtualClock();
  store = new MemorySettingsStore();
  bench = await openOperator({ clock, store });
});

afterEach(() => bench.close());

const restart = () => openOperator({ clock, store });

describe('the admin password', () => {
  it('is made once, and kept as a hash', async () => {
    const { password } = bench.operator;
    expect(await password.verify('')).toBe(false);
    const first = await password.generate();
    expect(await password.generate()).toBeNull();
    const text = first?.reveal() ?? '';
    expect([await password.verify(text), await password.verify(`${text}x`)]).toEqual([true, false]);
    expect(JSON.stringify([...(await store.load()).values])).not.toContain(text);
    const again = await restart();
    expect(await again.operator.password.verify(text)).toBe(true);
    await again.close();
  });

  it('is changed by whoever knows it, and then everybody has to sign in anew', async () => {
    const { password, sessions } = bench.operator;
    const first = (await password.generate())?.reveal() ?? '';
    const { secret } = await sessions.create();
    expect((await refusalOf(password.change('wrong', 'correct horse'))).fields[0]?.path).toBe('current');
    for (const next of ['', '       ', 'changeme', 'short']) {
      expect((await refusalOf(password.change(first, next))).fields[0]?.path).toBe('next');
    }
    expect(sessions.find(secret.reveal())).not.toBeNull();
    await password.change(first, 'correct horse');
    expect([await password.verify('correct horse'), await password.verify(first)]).toEqual([true, false]);
    expect(sessions.find(secret.reveal())).toBeNull();
  });

  it('that was right when it was sent, and was changed while it was checked, is wrong', async () => {
    const first = (await bench.operator.password.generate())?.reveal() ?? '';
    const verifying = bench.operator.password.verify(first);
    bench.inForce.replaceFile(configFromText({ env: { ROTATO_ADMIN_PASSWORD: 'correct horse' } }));
    expect(await verifying).toBe(false);
  });

  it('of the environment wins, and is changed there', async () => {
    await bench.operator.password.generate();
    const again = await openOperator({ store, env: { ROTATO_ADMIN_PASSWORD: 'correct horse' } });
    const { password, settings } = again.operator;
    expect(await password.verify('correct horse')).toBe(true);
    expect(await password.generate()).toBeNull();
    expect((await refusalOf(password.change('correct horse', 'another one'))).code).toBe('conflict');
    expect(settings.get().adminPassword).toMatchObject({
      source: 'environment',
      note: expect.stringContaining('ROTATO_ADMIN_PASSWORD'),
    });
    await again.close();
  });
});

describe('a session', () => {
  it('is found by its secret, of which only the digest is kept, and outlives a restart', async () => {
    const { secret, session } = await bench.operator.sessions.create();
    expect(secret.reveal()).toMatch(/^[\w-]{43}$/);
    expect(session).toEqual({ createdAt: clock.wallNow(), expiresAt: clock.wallNow() + 30 * 24 * HOUR_MS });
    expect(JSON.stringify((await store.load()).sessions)).not.toContain(secret.reveal());
    const again = await restart();
    expect(again.operator.sessions.find(secret.reveal())).toEqual(session);
    expect(again.operator.sessions.find(`${secret.reveal()}x`)).toBeNull();
    await again.close();
  });

  it.each([
    ['after a restart', () => openOperator({ clock, store, env: { ROTATO_ADMIN_PASSWORD: 'battery staple' } })],
    [
      'while it runs',
      async (of: OperatorBench) => {
        of.inForce.replaceFile(configFromText({ env: { ROTATO_ADMIN_PASSWORD: 'battery staple' } }));
        return of;
      },
    ],
  ])('ends when the environment has another password %s', async (_, change) => {
    const before = await openOperator({ clock, store, env: { ROTATO_ADMIN_PASSWORD: 'correct horse' } });
    const secret = (await before.operator.sessions.create()).secret.reveal();
    expect(before.operator.sessions.find(secret)).not.toBeNull();
    const after = await change(before);
    expect(after.operator.sessions.find(secret)).toBeNull();
    await before.close();
    if (after !== before) await after.close();
  });

  it('ends when it is not used for twelve hours, and not while it is', async () => {
    const { sessions } = bench.operator;
    const [used, idle] = [(await sessions.create()).secret.reveal(), (await sessions.create()).secret.reveal()];
    await clock.advance(11 * HOUR_MS);
    expect(sessions.find(used)).not.toBeNull();
    await clock.advance(2 * HOUR_MS);
    expect([sessions.find(used) !== null, sessions.find(idle)]).toEqual([true, null]);
  });

  it('is not kept alive by who only looks', async () => {
    const { sessions } = bench.operator;
    const secret = (await sessions.create()).secret.reveal();
    await clock.advance(11 * HOUR_MS);
    expect(sessions.find(secret, { quietly: true })).not.toBeNull();
    await clock.advance(2 * HOUR_MS);
    expect(sessions.find(secret)).toBeNull();
  });

  it('ends after thirty days, however much it is used', async () => {
    const { sessions } = bench.operator;
    const secret = (await sessions.create()).secret.reveal();
    for (let hour = 0; hour < 30 * 24; hour += 6) {
      expect(sessions.find(secret)).not.toBeNull();
      await clock.advance(6 * HOUR_MS);
    }
    expect(sessions.find(secret)).toBeNull();
  });

  it('tells the disk once a minute that it is used', async () => {
    const { sessions } = bench.operator;
    const secret = (await sessions.create()).secret.reveal();
    const commits = store.commits;
    for (let second = 0; second < 180; second++) {
      sessions.find(secret);
      await clock.advance(1_000);
    }
    expect(store.commits - commits).toBe(2);
  });

  it('ends when it is told to, alone or with all', async () => {
    const { sessions } = bench.operator;
    const [one, two] = [(await sessions.create()).secret.reveal(), (await sessions.create()).secret.reveal()];
    await sessions.end(one);
    expect([sessions.find(one), sessions.find(two) !== null]).toEqual([null, true]);
    await sessions.endAll();
    expect(sessions.find(two)).toBeNull();
    expect((await store.load()).sessions).toEqual([]);
  });

  it('crowds out the one unused for longest, where there are too many', async () => {
    const { sessions } = bench.operator;
    const secrets: string[] = [];
    for (let nth = 0; nth < 501; nth++) {
      secrets.push((await sessions.create()).secret.reveal());
      await clock.advance(1);
      if (nth === 100) sessions.find(secrets[0] ?? '');
    }
    expect([sessions.find(secrets[0] ?? '') !== null, sessions.find(secrets[1] ?? '')]).toEqual([true, null]);
    expect((await store.load()).sessions).toHaveLength(500);
  });
});

describe('an admin token', () => {
  it('is found by its secret, shows when it was used, and is revoked', async () => {
    const { tokens } = bench.operator;
    const { token, secret } = await tokens.create('backup script');
    expect(secret.reveal()).toMatch(/^rotato_admin_[\w-]{43}$/);
    expect(token).toMatchObject({ name: 'backup script', lastUsedAt: null, masked: `…${secret.reveal().slice(-4)}` });
    await clock.advance(MINUTE_MS);
    expect(tokens.find(secret.reveal())).toMatchObject({ id: token.id, lastUsedAt: clock.wallNow() });
    expect(tokens.find(`${secret.reveal()}x`)).toBeNull();
    await tokens.revoke(token.id);
    expect(tokens.find(secret.reveal())).toBeNull();
    expect((await refusalOf(tokens.revoke(token.id))).code).toBe('not-found');
  });

  it.each(['', '  ', 'a\nb', 'x'.repeat(65), 5, undefined])('is not called %j', async (name) => {
    expect((await refusalOf(bench.operator.tokens.create(name))).fields[0]?.path).toBe('name');
  });

  it('has a name of its own', async () => {
    await bench.operator.tokens.create('one');
    expect((await refusalOf(bench.operator.tokens.create('one'))).fields[0]?.path).toBe('name');
    expect(bench.operator.tokens.list()).toHaveLength(1);
  });
});
