import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { EndReason } from '../../../src/model/exchange.ts';
import { CANARY_KEYS, findLeaks } from '../../support/canary.ts';
import { type BenchOptions, CHAT, type FailureBench, failureBench } from '../../support/failure-bench.ts';
import { FakeResolver } from '../../support/fake-resolver.ts';
import { readLog } from '../../support/read-log.ts';
import { renderHead, renderRequest } from '../../support/render-message.ts';
import { certificate } from '../../support/test-certificates.ts';

const bench = failureBench();

interface Case {
  readonly options?: () => BenchOptions | Promise<BenchOptions>;
  /** Brings about one request that ends in this way. */
  readonly provoke: (bench: FailureBench) => Promise<unknown>;
  /** Keys it must have been tried with. */
  readonly attempts?: number;
  readonly status?: number | null;
  /** Requests that it takes to bring that about. */
  readonly servedBefore?: number;
  /** The provider of the case serves nobody any more. */
  readonly isLost?: boolean;
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const ask = (on: FailureBench) => on.ask();
const HEAD = renderHead('HTTP/1.1 200 OK', ['content-type', 'application/json', 'content-length', '100']);

const CASES: Readonly<Record<EndReason, Case>> = {
  served: { provoke: ask, attempts: 1, status: 200 },
  refused: { provoke: (on) => on.ask({ ...CHAT, target: '/nobody/x' }), attempts: 0, status: 404 },
  client_aborted: {
    provoke: async (on) => {
      on.upstream.onRequest((_request, { closed }) => closed);
      const caller = await on.caller();
      await caller.send(renderRequest(CHAT));
      await on.asked(1);
      caller.leave();
      await on.upstream.abandoned();
    },
    attempts: 1,
    status: null,
  },
  client_stall: {
    options: () => ({ file: { limits: { clientStall: '300ms' } } }),
    provoke: async (on) => {
      const piece = Buffer.alloc(1024 * 1024, 'x');
      on.upstream.onRequest(async (_request, connection) => {
        await connection.send(renderHead('HTTP/1.1 200 OK', ['content-length', String(64 * piece.length)]));
        for (let nth = 0; nth < 64; nth++) await connection.send(piece);
      });
      const caller = await on.caller();
      await caller.send(renderRequest(CHAT));
      caller.hold();
      await on.upstream.abandoned();
    },
    attempts: 1,
    status: 200,
  },
  connect_refused: {
    options: async () => ({ provider: { baseUrl: `http://127.0.0.1:${await closedPort()}/v1` } }),
    provoke: ask,
    attempts: 3,
    status: 502,
    isLost: true,
  },
  connect_timeout: {
    options: () => {
      new FakeResolver().resolve('provider.test', 'silence');
      return { name: 'provider.test', provider: { timeouts: { connect: '200ms' } } };
    },
    provoke: ask,
    attempts: 3,
    status: 502,
    isLost: true,
  },
  dns: {
    options: () => {
      new FakeResolver().resolve('provider.test', { error: 'ENOTFOUND' });
      return { name: 'provider.test' };
    },
    provoke: ask,
    attempts: 3,
    status: 502,
    isLost: true,
  },
  tls: {
    options: () => {
      new FakeResolver().resolve('provider.test', ['127.0.0.1']);
      return { name: 'provider.test', tls: certificate('self-signed') };
    },
    provoke: ask,
    status: 502,
    isLost: true,
  },
  address_forbidden: {
    options: () => {
      const resolver = new FakeResolver();
      resolver.resolve('provider.test', ['10.0.0.1']);
      return { name: 'provider.test', provider: { allowPrivateAddress: false } };
    },
    provoke: ask,
    status: 502,
    isLost: true,
  },
  first_byte_timeout: {
    options: () => ({ provider: { timeouts: { firstByte: '200ms' } } }),
    provoke: (on) => {
      on.upstream.onRequest((_request, { closed }) => closed);
      return on.ask();
    },
    attempts: 1,
    status: 504,
  },
  upstream_idle: {
    options: () => ({ provider: { timeouts: { idle: '200ms' } } }),
    provoke: async (on) => {
      on.upstream.onRequest(async (_request, connection) => {
        await connection.send(HEAD);
        await connection.send('{');
        await connection.closed;
      });
      await (await on.caller()).send(renderRequest(CHAT));
      await on.upstream.abandoned();
    },
    attempts: 1,
    status: 200,
  },
  upstream_closed: {
    provoke: (on) => {
      on.upstream.onRequest((_request, connection) => connection.finish());
      return on.ask();
    },
    attempts: 1,
    status: 502,
  },
  upstream_aborted: {
    provoke: async (on) => {
      on.upstream.onRequest(async (_request, connection) => {
        await connection.send(HEAD);
        await connection.send('{');
        connection.reset();
      });
      const caller = await on.caller();
      await caller.send(renderRequest(CHAT));
      await caller.ended();
    },
    attempts: 1,
    status: 200,
  },
  bad_response: {
    provoke: (on) => {
      on.upstream.onRequest((_request, connection) => connection.send('This is no HTTP.\r\n\r\n'));
      return on.ask();
    },
    attempts: 1,
    status: 502,
  },
  rate_limited: {
    options: () => ({
      provider: { maxWait: '0', keys: [{ key: CANARY_KEYS[0], limits: [{ model: '*', rpm: 1, window: 'sliding' }] }] },
    }),
    provoke: async (on) => {
      await on.ask();
      await on.ask();
    },
    servedBefore: 1,
    attempts: 0,
    status: 429,
    isLost: true,
  },
  internal: {
    options: () => ({ provider: { baseUrl: 'http://127.0.0.1:1/v1' }, random: BROKEN_RANDOM }),
    provoke: ask,
    status: 500,
    isLost: true,
  },
};

const BROKEN_RANDOM = {
  next(): number {
    throw new Error('No chance.');
  },
};

test.each(Object.entries(CASES) as [EndReason, Case][])(
  '%s: one entry, whose story is complete',
  async (end, given) => {
    const options = (await given.options?.()) ?? {};
    await bench.start({ ...options, file: { log: {}, ...options.file } });
    if (given.isLost === true) bench.afterwardsAskSpare();
    const before = given.servedBefore ?? 0;
    bench.expectEnds(...Array<EndReason>(before).fill('served'), end);

    await given.provoke(bench);

    await bench.rotato.recorded(before + 1);
    const entry = (await readLog(bench.rotato, before + 1)).at(-1);
    expect(entry).toMatchObject({
      end,
      status: given.status,
      method: 'POST',
      callerAddress: expect.stringMatching(/127\.0\.0\.1|::1/),
    });
    if (given.attempts !== undefined) expect(entry?.attempts).toHaveLength(given.attempts);
    if (end !== 'served' && end !== 'client_aborted' && end !== 'client_stall') expect(entry?.error).toMatch(/\w/);
    const sum = entry?.phases.reduce((total, { ms }) => total + ms, 0) ?? 0;
    expect(sum).toBeCloseTo(entry?.durationMs ?? 0, 2);
    const tries = entry?.phases.filter(({ kind }) => kind === 'attempt') ?? [];
    expect(tries).toHaveLength(entry?.attempts.length ?? 0);
    for (const { startedAt, durationMs } of entry?.attempts ?? []) {
      expect(startedAt).toBeGreaterThanOrEqual(entry?.at ?? 0);
      expect(startedAt + durationMs).toBeLessThanOrEqual((entry?.at ?? 0) + (entry?.durationMs ?? 0) + 2);
    }
    const folder = bench.rotato.folder;
    for (const file of readdirSync(folder).filter((name) => name.startsWith('log'))) {
      expect(findLeaks(readFileSync(join(folder, file), 'latin1'), CANARY_KEYS), file).toEqual([]);
    }
  },
);
