import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { systemClock } from '../clock.ts';
import type { SimulatedProviderOptions } from './provider-options.ts';
import { type SimulatedProvider, startSimulatedProvider } from './simulated-provider.ts';
import type { SimulatedLimit } from './windows.ts';

interface Ask {
  readonly key?: string;
  readonly model?: string;
  readonly content?: string;
  readonly maxTokens?: number;
}

function chat(sim: SimulatedProvider, { key = 'sk-a', model = 'sim-large', content = 'ping', maxTokens }: Ask = {}) {
  return fetch(`${sim.baseUrls.openai}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content }], max_tokens: maxTokens }),
  });
}

function message(sim: SimulatedProvider) {
  return fetch(`${sim.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': 'sk-a', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({ model: 'sim-large', max_tokens: 9, messages: [{ role: 'user', content: 'ping' }] }),
  });
}

function generate(sim: SimulatedProvider) {
  return fetch(`${sim.baseUrls.gemini}/models/sim-large:generateContent`, {
    method: 'POST',
    headers: { 'x-goog-api-key': 'sk-a' },
    body: JSON.stringify({ contents: [{ parts: [{ text: 'ping' }] }] }),
  });
}

function start(limits: SimulatedLimit[], options: Partial<SimulatedProviderOptions> = {}) {
  const groups = [{ name: 'org-a', keys: ['sk-a', 'sk-a2'], limits }];
  return startSimulatedProvider({ groups, clock: new VirtualClock(), ...options });
}

async function statuses(answers: Promise<Response>[]): Promise<number[]> {
  return (await Promise.all(answers)).map(({ status }) => status).sort();
}

describe('a limited group', () => {
  it('admits exactly what its window holds, however many come at once, over all its keys together', async () => {
    await using sim = await start([{ model: '*', rpm: 20 }]);
    const keys = ['sk-a', 'sk-a2'];
    const answers = Array.from({ length: 25 }, (_, at) => chat(sim, { key: keys[at % 2]! }));
    expect((await statuses(answers)).filter((status) => status === 200)).toHaveLength(20);
    expect(sim.counters).toMatchObject({ received: 25, admitted: 20, completed: 20, rateLimited: 5 });
    expect(sim.counters.refused.get('requests/min')).toBe(5);
    expect(sim.counters.byGroup.get('org-a')).toMatchObject({ admitted: 20, rateLimited: 5 });
  });

  it('admits again exactly when it said it would', async () => {
    const clock = new VirtualClock();
    await using sim = await start([{ model: '*', rpm: 20 }], { clock });
    await Promise.all(Array.from({ length: 20 }, () => chat(sim)));
    const refused = await chat(sim);
    expect(refused.headers.get('retry-after-ms')).toBe('3000');
    await clock.advance(2_999);
    expect((await chat(sim)).status).toBe(429);
    await clock.advance(1);
    expect((await chat(sim)).status).toBe(200);
  });

  it('meters one window over all models for `*`, one a model for `each`, and one model by its name', async () => {
    await using all = await start([{ model: '*', rpm: 1 }]);
    expect(await statuses([chat(all), chat(all, { model: 'sim-small' })])).toEqual([200, 429]);
    await using each = await start([{ model: 'each', rpm: 1 }]);
    expect(await statuses([chat(each), chat(each, { model: 'sim-small' }), chat(each)])).toEqual([200, 200, 429]);
    await using named = await start([{ model: 'sim-small', rpm: 0 }]);
    expect(await statuses([chat(named), chat(named, { model: 'sim-small' })])).toEqual([200, 429]);
  });

  it('binds a key that has limits of its own as well as its group', async () => {
    const keys = [{ secret: 'sk-a', limits: [{ model: '*', rpm: 1 }] }, 'sk-a2'];
    await using sim = await start([], { groups: [{ name: 'org-a', keys, limits: [{ model: '*', rpm: 3 }] }] });
    expect(await statuses([chat(sim), chat(sim)])).toEqual([200, 429]);
    const others = Array.from({ length: 3 }, () => chat(sim, { key: 'sk-a2' }));
    expect(await statuses(others)).toEqual([200, 200, 429]);
  });

  it('counts refused requests only where it is told to', async () => {
    const limits = [{ model: '*', rpm: 1, window: 'sliding' as const }];
    for (const refusalsCount of [false, true]) {
      const clock = new VirtualClock();
      await using sim = await start(limits, { clock, refusalsCount });
      await chat(sim);
      await clock.advance(59_000);
      await chat(sim);
      await clock.advance(1_000);
      expect((await chat(sim)).status).toBe(refusalsCount ? 429 : 200);
    }
  });

  it('meters tokens as it is told to', async () => {
    const left = async (tokenCharging: 'usage' | 'max-tokens' | 'on-completion') => {
      await using sim = await start([{ model: '*', tpm: 1_000 }], { tokenCharging });
      await chat(sim, { maxTokens: 100 });
      const second = await chat(sim, { maxTokens: 100 });
      return 1_000 - Number(second.headers.get('x-ratelimit-remaining-tokens'));
    };
    // Two tokens in and four out each; the second answer of `on-completion` has not ended when its head is sent.
    expect(await left('usage')).toBe(12);
    expect(await left('max-tokens')).toBe(200);
    expect(await left('on-completion')).toBe(8);
  });

  it('refuses for good what exceeds the limit itself', async () => {
    await using sim = await start([{ model: '*', tpm: 100 }]);
    const answer = await chat(sim, { content: 'x'.repeat(1_000) });
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBeNull();
    const { error } = (await answer.json()) as { error: { message: string } };
    expect(error.message).toMatch(/^Request too large for sim-large in organization org-a on tokens per min/);
    expect(sim.counters.refused.get('too-large')).toBe(1);
  });

  it('limits how many run at once', async () => {
    const clock = new VirtualClock();
    await using sim = await start([{ model: '*', concurrent: 2 }], { clock, latency: 1_000 });
    const running = [chat(sim), chat(sim)];
    while (sim.counters.admitted < 2) await new Promise((resolve) => setImmediate(resolve));
    expect((await chat(sim)).status).toBe(429);
    await clock.advance(1_000);
    expect(await statuses(running)).toEqual([200, 200]);
    expect(sim.counters).toMatchObject({ peakInFlight: 3, rateLimited: 1 });
    expect(sim.counters.refused.get('concurrency')).toBe(1);
    const next = chat(sim);
    while (sim.counters.admitted < 3) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(1_000);
    expect((await next).status).toBe(200);
  });

  it('takes new limits while it runs, and starts afresh on reset', async () => {
    await using sim = await start([{ model: '*', rpm: 1 }]);
    expect(await statuses([chat(sim), chat(sim)])).toEqual([200, 429]);
    sim.setLimits('org-a', [{ model: '*', rpm: 2 }]);
    expect(await statuses([chat(sim), chat(sim), chat(sim)])).toEqual([200, 200, 429]);
    sim.reset();
    expect(sim.counters).toMatchObject({ received: 0, admitted: 0, rateLimited: 0 });
    expect(await statuses([chat(sim), chat(sim), chat(sim)])).toEqual([200, 200, 429]);
  });

  it('rejects figures that no window can be built of', async () => {
    await expect(start([{ model: '*', rpm: 1.5 }])).rejects.toThrow('must be a whole number');
    await expect(start([{ model: '*', rpm: -1 }])).rejects.toThrow('must be a whole number');
  });
});

describe('what answers say about limits', () => {
  const LIMITS: SimulatedLimit[] = [{ model: '*', rpm: 2, rpd: 1_000, tpm: 6_000 }];

  it('announces the minute as OpenAI does', async () => {
    await using sim = await start(LIMITS);
    const { headers } = await chat(sim);
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-ratelimit-limit-requests': '2',
      'x-ratelimit-remaining-requests': '1',
      'x-ratelimit-reset-requests': '30s',
      'x-ratelimit-limit-tokens': '6000',
      'x-ratelimit-remaining-tokens': '5994',
      'x-ratelimit-reset-tokens': '60ms',
      'openai-organization': 'org-a',
    });
  });

  it('announces requests a day and tokens a minute as Groq does, and its refusals have whole seconds only', async () => {
    await using sim = await start(LIMITS, { headers: 'groq' });
    const { headers } = await chat(sim);
    expect(headers.get('x-ratelimit-limit-requests')).toBe('1000');
    expect(headers.get('x-ratelimit-reset-requests')).toBe('1m26.4s');
    await chat(sim);
    const refused = await chat(sim);
    expect(refused.headers.get('retry-after')).toBe('30');
    expect(refused.headers.get('retry-after-ms')).toBeNull();
  });

  it('announces dates as Anthropic does, by a clock that may be wrong', async () => {
    const clock = new VirtualClock(Date.UTC(2026, 0, 1));
    await using sim = await start(LIMITS, { clock, clockSkewMs: 3_600_000 });
    const { headers } = await message(sim);
    expect(headers.get('date')).toBe('Thu, 01 Jan 2026 01:00:00 GMT');
    expect(headers.get('anthropic-ratelimit-requests-reset')).toBe('2026-01-01T01:00:30Z');
    await message(sim);
    const refused = await message(sim);
    expect(refused.headers.get('retry-after')).toBe('30');
    expect(await refused.json()).toMatchObject({
      error: {
        type: 'rate_limit_error',
        message: 'This request would exceed the rate limit for your organization of 2 requests per minute.',
      },
    });
  });

  it('announces nothing as Gemini does, and explains refusals in the body', async () => {
    await using sim = await start([{ model: '*', rpd: 1, window: 'fixed' }]);
    const { headers } = await generate(sim);
    expect([...headers.keys()].filter((name) => name.includes('ratelimit') || name.includes('retry'))).toEqual([]);
    const refused = await generate(sim);
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({
      error: {
        status: 'RESOURCE_EXHAUSTED',
        details: [
          {},
          { violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier', quotaValue: '1' }] },
          { retryDelay: '86400s' },
        ],
      },
    });
  });

  it('wraps Gemini’s refusals in a list at the endpoints that are compatible with OpenAI', async () => {
    await using sim = await start([{ model: '*', rpm: 1 }], { headers: 'gemini' });
    await chat(sim);
    expect(await (await chat(sim)).json()).toMatchObject([{ error: { code: 429, status: 'RESOURCE_EXHAUSTED' } }]);
  });

  it('says only when to come back, or nothing at all', async () => {
    for (const headers of ['retry-after', 'none'] as const) {
      await using sim = await start([{ model: '*', rpm: 1 }], { headers, organisationHeaders: false });
      const served = await chat(sim);
      const refused = await chat(sim);
      for (const name of [...served.headers.keys(), ...refused.headers.keys()])
        expect(name).not.toMatch(/ratelimit|organization/);
      expect(refused.headers.get('retry-after')).toBe(headers === 'none' ? null : '60');
      expect(await refused.json()).toMatchObject({ error: { message: 'Too many requests' } });
    }
  });

  it('enforces a hidden limit without a word about it', async () => {
    await using sim = await start([
      { model: '*', rpm: 60 },
      { model: '*', rps: 1, hidden: true },
    ]);
    const { headers } = await chat(sim);
    expect(headers.get('x-ratelimit-limit-requests')).toBe('60');
    expect((await chat(sim)).status).toBe(429);
    expect(sim.counters.refused.get('requests/sec')).toBe(1);
  });
});

describe('time', () => {
  it('is the clock’s: answers wait for it, and streams keep its pace', async () => {
    const clock = new VirtualClock();
    await using sim = await start([], { clock, latency: 300, tokensPerSecond: 2 });
    const answers = fetch(`${sim.baseUrls.openai}/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk-a' },
      body: JSON.stringify({ model: 'sim-large', stream: true, messages: [{ role: 'user', content: 'ping' }] }),
    });
    while (clock.nextAt() === null) await new Promise((resolve) => setImmediate(resolve));
    expect(clock.nextAt()).toBe(300);
    await clock.advance(300);
    const answer = await answers;
    let ended = false;
    const text = answer.text().finally(() => {
      ended = true;
    });
    // Four tokens at two a second; the first piece takes half a second too.
    await clock.advance(1_999);
    expect(ended).toBe(false);
    await clock.advance(1);
    expect(await text).toContain('[DONE]');
  });

  it('passes the same way with the same seed', async () => {
    const run = async () => {
      const clock = new VirtualClock();
      await using sim = await start([], {
        clock,
        latency: { kind: 'exponential', mean: 500 },
        outputTokens: { kind: 'uniform', from: 1, to: 50 },
      });
      const bodies: string[] = [];
      for (let at = 0; at < 5; at++) {
        const answer = chat(sim);
        while (clock.nextAt() === null) await new Promise((resolve) => setImmediate(resolve));
        await clock.advance(clock.nextAt()! - clock.now());
        bodies.push(await (await answer).text());
      }
      return { bodies, now: clock.now() };
    };
    expect(await run()).toEqual(await run());
  });

  it('costs nothing on the real clock unless it is told to', async () => {
    await using sim = await start([], { clock: systemClock });
    expect((await chat(sim)).status).toBe(200);
  });
});
