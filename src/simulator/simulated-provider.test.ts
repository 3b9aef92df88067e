import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import type { SimulatedProviderOptions } from './provider-options.ts';
import { type SimulatedProvider, startSimulatedProvider } from './simulated-provider.ts';

let provider: SimulatedProvider | null = null;

afterEach(async () => {
  await provider?.close();
  provider = null;
});

async function start(options: Partial<SimulatedProviderOptions> = {}): Promise<SimulatedProvider> {
  provider = await startSimulatedProvider({ groups: [{ name: 'org-a', keys: ['sk-a'] }], ...options });
  return provider;
}

function openai(sim: SimulatedProvider, apiKey = 'sk-a'): OpenAI {
  return new OpenAI({ apiKey, baseURL: sim.baseUrls.openai, maxRetries: 0 });
}

function chat(sim: SimulatedProvider, init: { key?: string; headers?: Record<string, string>; body?: object } = {}) {
  const { key = 'sk-a', headers = {}, body = {} } = init;
  return fetch(`${sim.baseUrls.openai}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'sim-large', messages: [{ role: 'user', content: 'ping' }], ...body }),
  });
}

describe('limits', () => {
  it('admits what the window holds, refuses the rest with the true wait, and admits again when it is over', async () => {
    const clock = new VirtualClock();
    const sim = await start({ clock, groups: [{ name: 'org-a', keys: ['sk-a'], limits: [{ model: '*', rpm: 20 }] }] });
    const first = await Promise.all(Array.from({ length: 25 }, () => chat(sim)));
    expect(first.filter(({ status }) => status === 200)).toHaveLength(20);
    const refused = first.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(5);
    expect(refused[0]?.headers.get('retry-after-ms')).toBe('3000');
    expect(await refused[0]?.json()).toMatchObject({
      error: {
        message:
          'Rate limit reached for sim-large in organization org-a on requests per min (RPM): Limit 20, Used 20, Requested 1. Please try again in 3s.',
        code: 'rate_limit_exceeded',
      },
    });
    await clock.advance(2_999);
    expect((await chat(sim)).status).toBe(429);
    await clock.advance(1);
    expect((await chat(sim)).status).toBe(200);
    expect(sim.counters).toMatchObject({ received: 27, admitted: 21, completed: 21, rateLimited: 6 });
    expect(sim.counters.refused.get('requests/min')).toBe(6);
  });
});

describe('the OpenAI SDK', () => {
  it('completes a chat, streams it, and lists the models', async () => {
    const sim = await start();
    const client = openai(sim);
    const messages = [{ role: 'user' as const, content: 'ping' }];
    const whole = await client.chat.completions.create({ model: 'sim-large', messages });
    expect(whole.choices[0]?.message.content).toBe('You said: ping');
    let text = '';
    const stream = await client.chat.completions.create({ model: 'sim-large', messages, stream: true });
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toBe('You said: ping');
    const models = await client.models.list();
    expect(models.data.map(({ id }) => id)).toContain('sim-large');
  });

  it('sees its own error classes', async () => {
    const sim = await start();
    await expect(openai(sim, 'sk-unknown').models.list()).rejects.toThrow(OpenAI.AuthenticationError);
  });
});
