import { connect } from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { seededRandom } from '../random.ts';
import { type FaultRule, FaultRules, parseFaultHeader } from './faults.ts';
import type { SimulatedProviderOptions } from './provider-options.ts';
import { type SimulatedProvider, startSimulatedProvider } from './simulated-provider.ts';

function start(options: Partial<SimulatedProviderOptions> = {}): Promise<SimulatedProvider> {
  const groups = [
    { name: 'org-a', keys: ['sk-simulated-key-a'] },
    { name: 'org-b', keys: ['sk-simulated-key-b'] },
  ];
  return startSimulatedProvider({ groups, ...options });
}

interface Ask {
  readonly key?: string;
  readonly fault?: string;
  readonly stream?: boolean;
  readonly signal?: AbortSignal;
}

function chat(sim: SimulatedProvider, { key = 'sk-simulated-key-a', fault, stream, signal }: Ask = {}) {
  return fetch(`${sim.baseUrls.openai}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, ...(fault === undefined ? {} : { 'x-sim-fault': fault }) },
    body: JSON.stringify({ model: 'sim-large', stream, messages: [{ role: 'user', content: 'ping' }] }),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Everything the server sends on one connection, and how it ended. */
function rawChat(
  sim: SimulatedProvider,
  fault: string,
  stream = false,
): Promise<{ text: string; end: 'fin' | 'reset' }> {
  const body = JSON.stringify({ model: 'sim-large', stream, messages: [{ role: 'user', content: 'ping' }] });
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(sim.port, '127.0.0.1', () => {
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk-simulated-key-a\r\nx-sim-fault: ${fault}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
    });
    socket.on('data', (data) => {
      text += data.toString('latin1');
    });
    socket.on('error', () => resolve({ text, end: 'reset' }));
    socket.on('end', () => {
      socket.destroy();
      resolve({ text, end: 'fin' });
    });
  });
}

/** Lets real sockets move; nothing here depends on how long that takes. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('faults that are answers', () => {
  const cases: { fault: string; openai: number; anthropic: number; gemini: number }[] = [
    { fault: 'invalid-key', openai: 401, anthropic: 401, gemini: 400 },
    { fault: 'no-credit', openai: 429, anthropic: 400, gemini: 402 },
    { fault: 'spend-limit', openai: 429, anthropic: 429, gemini: 429 },
    { fault: 'deactivated', openai: 401, anthropic: 400, gemini: 403 },
    { fault: 'forbidden', openai: 403, anthropic: 403, gemini: 403 },
    { fault: 'model-unavailable', openai: 404, anthropic: 404, gemini: 404 },
    { fault: 'overloaded', openai: 503, anthropic: 529, gemini: 503 },
    { fault: 'server-error', openai: 500, anthropic: 500, gemini: 500 },
    { fault: 'bad-gateway', openai: 502, anthropic: 502, gemini: 502 },
    { fault: 'gateway-timeout', openai: 504, anthropic: 504, gemini: 504 },
    { fault: 'rate-limited', openai: 429, anthropic: 429, gemini: 429 },
    { fault: 'slow-down', openai: 429, anthropic: 429, gemini: 429 },
    { fault: 'context-length', openai: 400, anthropic: 400, gemini: 400 },
    { fault: 'content-policy', openai: 400, anthropic: 400, gemini: 400 },
  ];

  it.each(cases)('$fault has each vendor’s own status', async ({ fault, ...statuses }) => {
    await using sim = await start();
    const headers = { 'x-sim-fault': fault };
    const openai = new OpenAI({ apiKey: 'sk-simulated-key-a', baseURL: sim.baseUrls.openai, maxRetries: 0 });
    const anthropic = new Anthropic({ apiKey: 'sk-simulated-key-a', baseURL: sim.url, maxRetries: 0 });
    const gemini = new GoogleGenAI({ apiKey: 'sk-simulated-key-a', httpOptions: { baseUrl: sim.url, headers } });
    const messages = [{ role: 'user' as const, content: 'ping' }];
    const model = 'sim-large';
    await expect(openai.chat.completions.create({ model, messages }, { headers })).rejects.toMatchObject({
      status: statuses.openai,
      type: expect.any(String),
    });
    await expect(anthropic.messages.create({ model, messages, max_tokens: 9 }, { headers })).rejects.toMatchObject({
      status: statuses.anthropic,
      error: { type: 'error', error: { message: expect.any(String) } },
    });
    await expect(gemini.models.generateContent({ model, contents: 'ping' })).rejects.toMatchObject({
      status: statuses.gemini,
    });
    expect(sim.counters.faults.get(fault)).toBe(3);
    expect(sim.counters.completed).toBe(0);
  });

  it('name no organisation for a key that is refused', async () => {
    await using sim = await start();
    expect((await chat(sim, { fault: 'invalid-key' })).headers.get('openai-organization')).toBeNull();
    expect((await chat(sim, { fault: 'overloaded' })).headers.get('openai-organization')).toBe('org-a');
  });

  it('cost quota only where the work was tried', async () => {
    await using sim = await start();
    await chat(sim, { fault: 'overloaded' });
    await chat(sim, { fault: 'invalid-key' });
    expect(sim.counters.admitted).toBe(0);
    await chat(sim, { fault: 'server-error' });
    expect(sim.counters.admitted).toBe(1);
  });

  it('take another status, text or hint', async () => {
    await using sim = await start();
    const fault = 'overloaded; status=529; retry-after-ms=1500; message=busy';
    const answer = await chat(sim, { fault });
    expect(answer.status).toBe(529);
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(await answer.json()).toMatchObject({ error: { message: 'busy' } });
  });

  it('quote the key back when told to, masked by default', async () => {
    await using sim = await start();
    expect(await (await chat(sim, { fault: 'echo-key' })).text()).toContain('sk-simulated-key-a');
    const masked = await (await chat(sim, { fault: 'invalid-key' })).text();
    expect(masked).not.toContain('sk-simulated-key-a');
    expect(masked).toContain('sk-s********ey-a');
    expect(await (await chat(sim, { fault: 'overloaded; message=no room for {key}' })).text()).toContain(
      'sk-simulated-key-a',
    );
  });
});

describe('faults of the connection', () => {
  it.each(['reset-before-reading', 'reset-after-reading', 'reset-before-headers'])(
    '%s sends not one byte',
    async (fault) => {
      await using sim = await start();
      expect(await rawChat(sim, fault)).toEqual({ text: '', end: 'reset' });
      expect(sim.counters.admitted).toBe(fault === 'reset-before-reading' ? 0 : 1);
      expect(sim.counters).toMatchObject({ completed: 0, aborted: 0 });
      expect(sim.requests.last).toMatchObject({ status: null, decision: fault });
    },
  );

  it('close-after-reading ends politely, without an answer', async () => {
    await using sim = await start();
    expect(await rawChat(sim, 'close-after-reading')).toEqual({ text: '', end: 'fin' });
  });

  it('reset-after-headers sends the head alone', async () => {
    await using sim = await start();
    const { text, end } = await rawChat(sim, 'reset-after-headers');
    expect(text).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(text.endsWith('\r\n\r\n')).toBe(true);
    expect(end).toBe('reset');
  });

  it.each([true, false])('cut-mid-stream and end-mid-stream stop half-way (stream: %s)', async (stream) => {
    await using sim = await start();
    const cut = await rawChat(sim, 'cut-mid-stream', stream);
    expect(cut.end).toBe('reset');
    const ended = await rawChat(sim, 'end-mid-stream', stream);
    expect(ended.end).toBe('fin');
    for (const { text } of [cut, ended]) {
      expect(text).toContain('chatcmpl-');
      expect(text).not.toContain('"finish_reason":"stop"');
    }
    expect(sim.counters).toMatchObject({ admitted: 2, completed: 0, aborted: 0 });
  });

  it('garbage is not HTTP', async () => {
    await using sim = await start();
    const { text } = await rawChat(sim, 'garbage');
    expect(text).not.toMatch(/^HTTP/);
    await expect(chat(sim, { fault: 'garbage' })).rejects.toThrow();
  });

  it('slow-drip sends one byte at a time and loses none', async () => {
    const clock = new VirtualClock();
    await using sim = await start({ clock });
    const answer = await chat(sim, { fault: 'slow-drip; delay-ms=10' });
    const body = answer.json();
    const length = Number(answer.headers.get('content-length'));
    await clock.advance(length * 10);
    expect(await body).toMatchObject({ choices: [{ message: { content: 'You said: ping' } }] });
    expect(clock.now()).toBe(length * 10);
  });

  it.each(['stall-before-headers', 'stall-mid-stream'])('%s lasts as long as it is told to', async (fault) => {
    const clock = new VirtualClock();
    await using sim = await start({ clock });
    const answer = chat(sim, { fault: `${fault}; delay-ms=5000`, stream: true });
    await until(() => clock.nextAt() !== null);
    expect(clock.nextAt()).toBe(5_000);
    await clock.advance(5_000);
    const pieces = (await (await answer).text()).matchAll(/"content":"(?<piece>[^"]*)"/g);
    expect([...pieces].map(({ groups }) => groups?.piece).join('')).toBe('You said: ping');
  });

  it('a stall without an end lasts until the client leaves, which is counted', async () => {
    await using sim = await start();
    const leaving = new AbortController();
    const answer = chat(sim, { fault: 'stall-before-headers', signal: leaving.signal });
    await until(() => sim.counters.admitted === 1);
    leaving.abort();
    await expect(answer).rejects.toThrow();
    await until(() => sim.counters.aborted === 1);
    await until(() => sim.counters.inFlight === 0 && sim.counters.connectionsOpen === 0);
  });
});

describe('errors inside a 200', () => {
  it('come as the first event or in the middle, in the shape each SDK throws', async () => {
    await using sim = await start();
    const openai = new OpenAI({ apiKey: 'sk-simulated-key-a', baseURL: sim.baseUrls.openai, maxRetries: 0 });
    const anthropic = new Anthropic({ apiKey: 'sk-simulated-key-a', baseURL: sim.url, maxRetries: 0 });
    const messages = [{ role: 'user' as const, content: 'ping' }];
    const model = 'sim-large';
    for (const [fault, least] of [
      ['error-first-event', 0],
      ['error-mid-stream', 1],
    ] as const) {
      const headers = { 'x-sim-fault': fault };
      const gemini = new GoogleGenAI({ apiKey: 'sk-simulated-key-a', httpOptions: { baseUrl: sim.url, headers } });
      const streams: [string, () => Promise<AsyncIterable<unknown>>][] = [
        ['chat', () => openai.chat.completions.create({ model, messages, stream: true }, { headers })],
        ['responses', () => openai.responses.create({ model, input: 'ping', stream: true }, { headers })],
        ['messages', () => anthropic.messages.create({ model, messages, max_tokens: 9, stream: true }, { headers })],
        ['gemini', () => gemini.models.generateContentStream({ model, contents: 'ping' })],
      ];
      for (const [name, open] of streams) {
        let events = 0;
        const read = async () => {
          for await (const _ of await open()) events += 1;
        };
        await expect(read(), `${name}, ${fault}`).rejects.toThrow();
        expect(events > 0, `${name}, ${fault}`).toBe(least > 0);
      }
    }
    expect(sim.counters).toMatchObject({ admitted: 8, completed: 0 });
  });

  it('say what they are told to say', async () => {
    await using sim = await start();
    const answer = await chat(sim, { fault: 'error-first-event; error=no-credit', stream: true });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('insufficient_quota');
  });

  it('are the whole body where no stream was asked for', async () => {
    await using sim = await start();
    const answer = await chat(sim, { fault: 'error-first-event' });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ error: { code: 'server_is_overloaded' } });
  });
});

describe('rules', () => {
  const subject = { key: 'sk-a', group: 'org-a', model: 'sim-large', path: '/v1/chat/completions' };

  function struck(rule: FaultRule, times = 1, seed = 1): number {
    const rules = new FaultRules(seededRandom(seed));
    rules.add(rule);
    return Array.from({ length: times }, () => rules.strike(subject, 'decision', undefined)).filter(
      (hit) => hit !== null,
    ).length;
  }

  it('strike whom they name, and nobody else', () => {
    expect(struck({ fault: 'overloaded', key: 'sk-a', group: 'org-a', model: 'sim-large', path: '/v1/chat' })).toBe(1);
    expect(struck({ fault: 'overloaded', key: 'sk-b' })).toBe(0);
    expect(struck({ fault: 'overloaded', group: 'org-b' })).toBe(0);
    expect(struck({ fault: 'overloaded', model: 'sim-small' })).toBe(0);
    expect(struck({ fault: 'overloaded', path: '/v1/files' })).toBe(0);
  });

  it('strike as often as they are told to, after letting some pass', () => {
    expect(struck({ fault: 'overloaded', count: 3 }, 10)).toBe(3);
    expect(struck({ fault: 'overloaded', skip: 4 }, 10)).toBe(6);
    expect(struck({ fault: 'overloaded', skip: 4, count: 2 }, 10)).toBe(2);
  });

  it('strike with the given probability, the same way for the same seed', () => {
    const rule = { fault: 'overloaded', probability: 0.3 } as const;
    expect(struck(rule, 1_000, 7)).toBe(struck(rule, 1_000, 7));
    expect(struck(rule, 1_000, 7)).toBeGreaterThan(250);
    expect(struck(rule, 1_000, 7)).toBeLessThan(350);
  });

  it('hold until they are taken back', async () => {
    await using sim = await start();
    const id = sim.inject({ fault: 'invalid-key', key: 'sk-simulated-key-a' });
    expect((await chat(sim)).status).toBe(401);
    expect((await chat(sim, { key: 'sk-simulated-key-b' })).status).toBe(200);
    expect(sim.clearFault(id)).toBe(true);
    expect((await chat(sim)).status).toBe(200);
  });

  it('strike one key of several when a header that is passed on names it', async () => {
    await using sim = await start();
    const fault = 'no-credit; key=sk-simulated-key-a';
    expect((await chat(sim, { fault })).status).toBe(429);
    expect((await chat(sim, { fault, key: 'sk-simulated-key-b' })).status).toBe(200);
  });

  it('name the fault that does not exist', async () => {
    expect(() => parseFaultHeader('flood')).toThrow('no fault called "flood"');
    expect(() => parseFaultHeader('overloaded; colour=red')).toThrow('takes no "colour=red"');
    await using sim = await start();
    const answer = await chat(sim, { fault: 'flood' });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('flood');
  });
});
