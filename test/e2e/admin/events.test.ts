import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AdminBench, startAdminBench } from '../../support/admin-bench.ts';
import { AdminClient } from '../../support/admin-client.ts';
import { EventReader } from '../../support/event-reader.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { waitUntil } from '../../support/wait-until.ts';

const KEY = 'sk-sim-aaaaaaaaaaaa-1111';

let clock: VirtualClock;
let bench: AdminBench;
beforeEach(async () => {
  clock = new VirtualClock();
  bench = await startAdminBench({ clock });
  await bench.addProvider('sim', [KEY]);
});
afterEach(async () => {
  const closed = bench[Symbol.asyncDispose]();
  // The end of the time that a stop gives to what is open comes by the clock, too.
  await clock.advance(1);
  await closed;
});

function listen(admin = bench.admin): Promise<EventReader> {
  return EventReader.open(bench.rotato.url, admin.credentials);
}

async function chat(): Promise<void> {
  const body = JSON.stringify({ model: 'sim-small', messages: [{ role: 'user', content: 'Hello' }] });
  const headers = { 'content-type': 'application/json' };
  const reply = await fetch(`${bench.rotato.url}/sim/chat/completions`, { method: 'POST', headers, body });
  expect(reply.status).toBe(200);
  await reply.text();
}

describe('events', () => {
  it('are not begun for who only asks whether they are there', async () => {
    const reply = await fetch(`${bench.rotato.url}/admin/api/events`, {
      method: 'HEAD',
      headers: bench.admin.credentials,
    });
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  });

  it('begin with what there is, and go on with what changes, once a second', async () => {
    const events = await listen();
    expect((await events.seen('pool'))[0]).toMatchObject({ providers: [{ name: 'sim', keyCount: 1 }] });
    expect((await events.seen('traffic'))[0]).toMatchObject({ requests: 0 });
    await chat();
    expect((await events.seen('exchange'))[0]).toMatchObject({ provider: 'sim', status: 200 });
    expect(events.of('traffic')).toHaveLength(1);
    await clock.advance(1000);
    expect((await events.seen('traffic', 2))[1]).toMatchObject({ requests: 1 });
    await bench.admin.call('PATCH /providers/{id}', { id: 'sim', body: { maxWait: '3s' } });
    const [settings] = await events.seen('settings');
    await bench.admin.call('PATCH /providers/{id}', { id: 'sim', body: { maxWait: '4s' } });
    expect((await events.seen('settings', 2))[1]?.version).toBeGreaterThan(settings?.version ?? 0);
    events.leave();
  });

  it('say nothing of what stays as it is, but that the connection lives', async () => {
    const events = await listen();
    await events.seen('traffic');
    await clock.advance(20_000);
    await events.seen('heartbeat', 2);
    expect(events.of('pool')).toHaveLength(1);
    expect(events.of('heartbeat')[1]?.at).toBe((events.of('heartbeat')[0]?.at ?? 0) + 8000);
    events.leave();
  });

  it('reach all who listen, and who comes back is told where things stand', async () => {
    const [one, other] = [await listen(), await listen()];
    await chat();
    await one.seen('exchange');
    await other.seen('exchange');
    await clock.advance(1000);
    await one.seen('traffic', 2);
    one.leave();
    const again = await listen();
    expect((await again.seen('traffic'))[0]).toMatchObject({ requests: 1 });
    expect(again.of('exchange')).toEqual([]);
    other.leave();
    again.leave();
  });

  it('cost nothing while nobody listens', async () => {
    const timers = clock.nextAt();
    const events = await listen();
    await events.seen('traffic');
    expect(clock.nextAt()).toBeLessThanOrEqual(clock.now() + 1000);
    events.leave();
    await waitUntil(
      () => clock.nextAt() === timers || (clock.nextAt() ?? Number.POSITIVE_INFINITY) > clock.now() + 1000,
      () => 'the timer to be gone',
    );
  });

  it('tell how far the adding of keys has come, to who asked', async () => {
    const events = await listen();
    const keys = Array.from({ length: 5 }, (_, index) => ({ key: `sk-sim-progress-${index}` }));
    await bench.addProvider('asked', [], { preset: 'openai' });
    await bench.admin.call('POST /providers/{id}/keys', { id: 'asked', body: { keys, progressId: 'import 1' } });
    const progress = await events.seen('progress');
    expect(progress.at(-1)).toMatchObject({ id: 'import 1', total: 5 });
    events.leave();
  });

  it('end at sign-out for that session alone, when a token is revoked, and when the password changes', async () => {
    const leaving = await new AdminClient(bench.rotato.url).signIn(bench.password);
    const { token, secret } = await bench.admin.call('POST /tokens', { body: { name: 'machine' } });
    const [left, machine, staying] = [
      await listen(leaving),
      await listen(new AdminClient(bench.rotato.url).withToken(secret)),
      await listen(),
    ];
    await leaving.call('DELETE /session');
    expect(await left.seen('end')).toEqual([{ reason: 'signed-out' }]);
    await bench.admin.call('DELETE /tokens/{id}', { id: token.id });
    expect(await machine.seen('end')).toEqual([{ reason: 'signed-out' }]);
    expect(staying.of('end')).toEqual([]);
    const body = { current: bench.password, next: 'a longer one than before' };
    await bench.admin.call('POST /settings/password', { body });
    expect(await staying.seen('end')).toEqual([{ reason: 'signed-out' }]);
    await waitUntil(
      () => left.ended && machine.ended && staying.ended,
      () => 'the streams to close',
    );
  });

  it('do not keep a session from idling, and end with it', async () => {
    const events = await listen();
    await events.seen('traffic');
    clock.stepWall(12 * 3_600_000);
    await clock.advance(8_000);
    expect(await events.seen('end')).toEqual([{ reason: 'signed-out' }]);
    expect(await bench.admin.refusal('GET /session')).toMatchObject({ code: 'unauthorized' });
  });

  it('end at once when rotato stops, which they do not hold up', async () => {
    const events = await listen();
    await events.seen('traffic');
    const closing = bench.rotato.rotato.close({ drainMs: 60_000 });
    expect(await events.seen('end')).toEqual([{ reason: 'stopping' }]);
    await closing;
  });
});
