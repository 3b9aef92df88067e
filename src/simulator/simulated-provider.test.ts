import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startSimulatedProvider } from './simulated-provider.ts';

const GROUPS = [{ name: 'org-a', keys: ['sk-a'], limits: [{ model: '*', rpm: 1 }] }];

describe('the request log', () => {
  it('keeps what stood on the wire: target, headers in order and case, length and SHA-256 of the body', async () => {
    await using sim = await startSimulatedProvider({ groups: GROUPS });
    const body = '{"model":"sim-large","messages":[]}';
    const socket = connect(sim.port, '127.0.0.1');
    socket.write(
      `POST /v1//chat%2Fcompletions?a=1&a=2 HTTP/1.1\r\nHost: x\r\nX-ODD: 1\r\nx-odd: 2\r\nAuthorization: Bearer sk-a\r\nTransfer-Encoding: chunked\r\n\r\n` +
        `${body.length.toString(16)}\r\n${body}\r\n0\r\nX-Trailer: end\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once('data', resolve));
    socket.destroy();
    expect(sim.requests.last).toMatchObject({
      method: 'POST',
      target: '/v1//chat%2Fcompletions?a=1&a=2',
      rawHeaders: [
        'Host',
        'x',
        'X-ODD',
        '1',
        'x-odd',
        '2',
        'Authorization',
        'Bearer sk-a',
        'Transfer-Encoding',
        'chunked',
      ],
      rawTrailers: ['X-Trailer', 'end'],
      bodyBytes: body.length,
      bodySha256: createHash('sha256').update(body).digest('hex'),
      key: 'sk-a',
      group: 'org-a',
      status: 404,
    });
  });

  it('forgets the oldest', async () => {
    await using sim = await startSimulatedProvider({ groups: GROUPS, requestLogSize: 3 });
    for (let at = 0; at < 10; at++) await fetch(`${sim.url}/v1/models?at=${at}`);
    expect(sim.requests.all().map(({ target }) => target.at(-1))).toEqual(['7', '8', '9']);
  });
});

describe('the control API', () => {
  it('listens on a port of its own and does what the methods do', async () => {
    await using sim = await startSimulatedProvider({ groups: GROUPS, adminPort: 0 });
    expect(sim.adminUrl).not.toContain(String(sim.port));
    const admin = async (method: string, path: string, body?: unknown) => {
      const answer = await fetch(`${sim.adminUrl}/_sim/${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    const models = () => fetch(`${sim.baseUrls.openai}/models`, { headers: { authorization: 'Bearer sk-a' } });
    const { body: rule } = await admin('POST', 'faults', { fault: 'overloaded', count: 1 });
    expect((await models()).status).toBe(503);
    expect((await models()).status).toBe(200);
    expect(await admin('GET', 'faults')).toMatchObject({ body: [{ id: rule.id, struck: 1 }] });
    expect(await admin('DELETE', `faults/${rule.id}`)).toMatchObject({ body: { removed: true } });
    expect(await admin('GET', 'counters')).toMatchObject({
      body: { received: 2, unmetered: 1, faults: { overloaded: 1 }, byKey: { 'sk-a': { received: 2 } } },
    });
    expect(await admin('GET', 'requests')).toMatchObject({ body: [{ status: 503 }, { status: 200 }] });
    expect((await admin('PUT', 'limits/org-a', [{ model: '*', rpm: 5 }])).status).toBe(200);
    expect((await admin('PUT', 'limits/org-z', [])).status).toBe(404);
    expect((await admin('POST', 'faults', { fault: 'flood' })).status).toBe(400);
    expect((await admin('POST', 'reset')).status).toBe(200);
    expect(sim.counters.received).toBe(0);
    expect((await fetch(`${sim.url}/_sim/counters`)).status).toBe(401);
  });
});

describe('the server', () => {
  it('serves callers without a credential where a group is named for them', async () => {
    await using sim = await startSimulatedProvider({ groups: GROUPS, anonymousGroup: 'org-a' });
    expect((await fetch(`${sim.baseUrls.openai}/models`)).status).toBe(200);
  });

  it('refuses models it does not have where it is strict', async () => {
    await using sim = await startSimulatedProvider({ groups: GROUPS, models: ['one'], strictModels: true });
    const answer = await fetch(`${sim.baseUrls.openai}/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk-a' },
      body: '{"model":"two","messages":[]}',
    });
    expect(answer.status).toBe(404);
    expect(sim.counters.admitted).toBe(0);
  });

  it('counts connections, and none is left after it was closed', async () => {
    const sim = await startSimulatedProvider({ groups: GROUPS });
    await (await fetch(`${sim.baseUrls.openai}/models`)).text();
    expect(sim.counters).toMatchObject({ connectionsOpen: 1, connectionsAccepted: 1 });
    await sim.close();
    while (sim.counters.connectionsOpen > 0) await new Promise((resolve) => setImmediate(resolve));
    await expect(fetch(sim.url)).rejects.toThrow();
  });

  it('fails as a whole, and leaves nothing listening, when a port is taken', async () => {
    await using sim = await startSimulatedProvider({ groups: GROUPS });
    const taken = { code: 'EADDRINUSE', address: '127.0.0.1', port: sim.port };
    await expect(startSimulatedProvider({ groups: GROUPS, port: sim.port })).rejects.toMatchObject(taken);
    await using other = await startSimulatedProvider({ groups: GROUPS });
    const { port } = other;
    await other.close();
    await expect(startSimulatedProvider({ groups: GROUPS, port, adminPort: sim.port })).rejects.toMatchObject(taken);
    await using again = await startSimulatedProvider({ groups: GROUPS, port });
    expect(again.port).toBe(port);
  });

  it('refuses one key in two groups', async () => {
    const groups = [...GROUPS, { name: 'org-b', keys: ['sk-a'] }];
    await expect(startSimulatedProvider({ groups })).rejects.toThrow('stands in two places');
  });

  it('answers bodies that are not JSON, or half there, without harm', async () => {
    await using sim = await startSimulatedProvider({ groups: GROUPS });
    const post = (body: string) =>
      fetch(`${sim.baseUrls.openai}/chat/completions`, {
        method: 'POST',
        headers: { authorization: 'Bearer sk-a' },
        body,
      });
    for (const body of ['', '{', '[]', '{}', `${'['.repeat(100_000)}`]) expect((await post(body)).status).toBe(400);
    const socket = connect(sim.port, '127.0.0.1');
    socket.end(
      'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk-a\r\ncontent-length: 99\r\n\r\nhalf',
    );
    await new Promise((resolve) => socket.once('close', resolve).resume());
    expect(sim.counters).toMatchObject({ admitted: 0, inFlight: 0 });
    expect((await post('{"model":"sim-large","messages":[]}')).status).toBe(200);
  });
});
