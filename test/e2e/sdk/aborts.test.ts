import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FaultName } from '../../../src/simulator/faults.ts';
import { type ProxiedProvider, startProxiedProvider } from '../../support/proxied-provider.ts';
import { waitUntil } from '../../support/wait-until.ts';

let proxied: ProxiedProvider;
beforeAll(async () => {
  proxied = await startProxiedProvider();
});
beforeEach(() => proxied.simulator.reset());
afterAll(() => proxied[Symbol.asyncDispose]());

const model = 'sim-large';
const messages = [{ role: 'user' as const, content: 'ping' }];

/** An upstream that is left behind sees it within a second. */
async function expectUpstreamClosed(aborted = 1): Promise<void> {
  const { counters } = proxied.simulator;
  await waitUntil(
    () => counters.aborted === aborted && counters.inFlight === 0,
    () => `the upstream to see ${aborted} closes; it saw ${counters.aborted}`,
    1_000,
  );
}

async function reachedUpstream(): Promise<void> {
  await waitUntil(
    () => proxied.simulator.counters.inFlight === 1,
    () => 'the request to reach the upstream',
  );
}

type Call = (signal: AbortSignal) => Promise<unknown>;

const WAITING: Readonly<Record<string, () => Call>> = {
  openai: () => (signal) => proxied.openai().chat.completions.create({ model, messages }, { signal }),
  anthropic: () => (signal) => proxied.anthropic().messages.create({ model, max_tokens: 9, messages }, { signal }),
  google: () => (abortSignal) =>
    proxied.google().models.generateContent({ model, contents: 'ping', config: { abortSignal } }),
  'openai, a GET': () => (signal) => proxied.openai().models.list({ signal }),
};

describe('an abort while the upstream has not answered', () => {
  it.each(Object.keys(WAITING))('%s', async (name) => {
    proxied.simulator.inject({ fault: 'stall-before-headers' });
    const recordedBefore = proxied.rotato.records.length;
    const controller = new AbortController();
    const call = WAITING[name]?.()(controller.signal).catch((error: unknown) => error);
    await reachedUpstream();
    controller.abort();
    expect(await call).toBeInstanceOf(Error);
    await expectUpstreamClosed();
    const record = (await proxied.rotato.recorded(recordedBefore + 1)).at(-1);
    expect(record).toMatchObject({ end: 'client_aborted', attempts: [{ outcome: 'caller-left' }] });
  });
});

/** Reads the first part of a stream, then leaves in the way that its SDK has for it. */
const LEAVING: Readonly<Record<string, () => Promise<void>>> = {
  'openai, controller': async () => {
    const stream = await proxied.openai().chat.completions.create({ model, messages, stream: true });
    await stream[Symbol.asyncIterator]().next();
    stream.controller.abort();
  },
  'openai, break': async () => {
    for await (const _chunk of await proxied.openai().chat.completions.create({ model, messages, stream: true })) break;
  },
  'openai, responses': async () => {
    for await (const _event of await proxied.openai().responses.create({ model, input: 'ping', stream: true })) break;
  },
  'anthropic, abort': async () => {
    const stream = proxied.anthropic().messages.stream({ model, max_tokens: 99, messages });
    stream.on('streamEvent', () => stream.abort());
    await stream.done().catch(() => {});
  },
  'google, signal': async () => {
    const controller = new AbortController();
    const config = { abortSignal: controller.signal };
    const stream = await proxied.google().models.generateContentStream({ model, contents: 'ping', config });
    await stream.next();
    controller.abort();
    await stream.next().catch(() => {});
  },
};

describe('an abort in the middle of a stream', () => {
  it.each(Object.keys(LEAVING))('%s', async (name) => {
    proxied.simulator.inject({ fault: 'stall-mid-stream' });
    await LEAVING[name]?.();
    await expectUpstreamClosed();
  });
});

describe("an abort is nobody else's loss", () => {
  it.each<FaultName>(['stall-before-headers', 'stall-mid-stream'])('%s: the key goes on serving', async (fault) => {
    await using alone = await startProxiedProvider({ groups: [{ name: 'only', keys: ['sk-only'] }] });
    alone.simulator.inject({ fault, count: 3 });
    for (let time = 0; time < 3; time++) {
      const controller = new AbortController();
      const call = alone.openai().chat.completions.create({ model, messages }, { signal: controller.signal });
      const caught = call.catch((error: unknown) => error);
      await waitUntil(
        () => alone.simulator.counters.admitted === time + 1,
        () => 'the request to reach the upstream',
      );
      controller.abort();
      await caught;
    }
    const answer = await alone.openai().chat.completions.create({ model, messages });
    expect(answer.choices[0]?.message.content).toBe('You said: ping');
  });

  it('while it waits for a key: nothing is sent for it any more', async () => {
    await using resting = await startProxiedProvider({ groups: [{ name: 'only', keys: ['sk-only'] }] });
    resting.simulator.inject({ fault: 'rate-limited', count: 1, retryAfterMs: 1_000 });
    const client = resting.openai();
    const controller = new AbortController();
    const left = client.chat.completions.create({ model, messages }, { signal: controller.signal });
    const caught = left.catch((error: unknown) => error);
    await waitUntil(
      () => resting.simulator.counters.refused.get('rate-limited') === 1,
      () => 'the refusal',
    );
    controller.abort();
    expect(await caught).toBeInstanceOf(Error);
    const [record] = await resting.rotato.recorded(1);
    expect(record).toMatchObject({ end: 'client_aborted' });
    // The next caller waits the same rest and is the second request the upstream sees.
    await client.chat.completions.create({ model, messages });
    expect(resting.simulator.counters.received).toBe(2);
  });
});
