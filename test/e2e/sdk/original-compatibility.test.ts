import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { HeaderList } from '../../../src/model/header-list.ts';
import type { FaultName } from '../../../src/simulator/faults.ts';
import { type SimulatedProvider, startSimulatedProvider } from '../../../src/simulator/simulated-provider.ts';
import { type ProxiedProvider, startProxiedProvider } from '../../support/proxied-provider.ts';
import { type RunningRotato, startTestRotato } from '../../support/running-rotato.ts';

const model = 'sim-large';
const messages = [{ role: 'user' as const, content: 'ping' }];

function chat(proxied: ProxiedProvider, apiKey: string) {
  return proxied.openai({ apiKey }).chat.completions.create({ model, messages });
}

function firstAnswers(proxied: ProxiedProvider, fault: FaultName, status: number): void {
  proxied.simulator.inject({ fault, status, count: 1 });
}

describe('[STATUS_CODES:…] inside the key', () => {
  it.each([
    ['[STATUS_CODES:500]', 500],
    ['[STATUS_CODES:429,500-503]', 502],
    ['[STATUS_CODES:500=+]', 500],
    ['[STATUS_CODES:500+]', 501],
    ['[STATUS_CODES: 404 , 500 - 501 , 504]'.replaceAll(' - ', '-'), 504],
    ['unused-key[STATUS_CODES:500]', 500],
    ['[STATUS_CODES:500] unused-key', 500],
  ])('%s rotates on %i', async (apiKey, status) => {
    await using proxied = await startProxiedProvider();
    firstAnswers(proxied, 'server-error', status);
    expect((await chat(proxied, apiKey)).choices[0]?.message.content).toBe('You said: ping');
    expect(proxied.simulator.counters.received).toBe(2);
    for (const { rawHeaders } of proxied.simulator.requests.all()) {
      expect(new HeaderList(rawHeaders).get('authorization')).toMatch(/^Bearer sk-[abc](?:-\d)?$/);
    }
  });

  it.each([
    ['unused', 500],
    ['[STATUS_CODES:429]', 500],
    ['[STATUS_CODES:500+]', 500],
    ['[STATUS_CODES:501-503]', 504],
  ])('%s does not rotate on %i', async (apiKey, status) => {
    await using proxied = await startProxiedProvider();
    firstAnswers(proxied, 'server-error', status);
    await expect(chat(proxied, apiKey)).rejects.toMatchObject({ status });
    expect(proxied.simulator.counters.received).toBe(1);
  });

  it('never sends a request again that the provider found wrong', async () => {
    await using proxied = await startProxiedProvider();
    firstAnswers(proxied, 'bad-request', 400);
    await expect(chat(proxied, '[STATUS_CODES:400=+]')).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    expect(proxied.simulator.counters.received).toBe(1);
  });

  it('says what is wrong with a list that cannot be read', async () => {
    await using proxied = await startProxiedProvider();
    const answer = chat(proxied, '[STATUS_CODES:5xx]');
    await expect(answer).rejects.toMatchObject({ status: 400, message: expect.stringContaining('"5xx"') });
    expect(proxied.simulator.counters.received).toBe(0);
  });

  it('works in the header of the Google SDK as well', async () => {
    await using proxied = await startProxiedProvider();
    firstAnswers(proxied, 'server-error', 500);
    const google = proxied.google('[STATUS_CODES:500]');
    expect((await google.models.generateContent({ model, contents: 'ping' })).text).toBe('You said: ping');
    expect(proxied.simulator.counters.received).toBe(2);
  });
});

/** As its users' `.env` stands; the keys are the simulated provider's. */
async function startFromOriginalSettings(
  simulator: SimulatedProvider,
  more: Readonly<Record<string, string>> = {},
): Promise<RunningRotato> {
  const env = {
    OPENAI_MY_TEAM_API_KEYS: 'sk-bad,~sk-off,sk-good',
    OPENAI_MY_TEAM_BASE_URL: `${simulator.url}/v1`,
    GEMINI_PLAY_API_KEYS: 'sk-good',
    GEMINI_PLAY_BASE_URL: `${simulator.url}/v1`,
    DEFAULT_STATUS_CODES: '429,503',
    ...more,
  };
  return startTestRotato({}, { env });
}

function clientOf(rotato: RunningRotato, apiKey: string, provider = 'my_team'): OpenAI {
  return new OpenAI({ apiKey, baseURL: `${rotato.url}/${provider}`, maxRetries: 0 });
}

const ORIGINAL_KEYS = [{ name: 'org', keys: ['sk-good', 'sk-off'] }];

describe("the original's settings", () => {
  it.each(['my_team', 'MY_TEAM', 'My_Team'])('a provider answers to its name in any case: %s', async (name) => {
    await using simulator = await startSimulatedProvider({ groups: ORIGINAL_KEYS });
    await using rotato = await startFromOriginalSettings(simulator);
    const answer = await clientOf(rotato, 'unused', name).chat.completions.create({ model, messages });
    expect(answer.choices[0]?.message.content).toBe('You said: ping');
    expect(simulator.requests.all().some(({ key }) => key === 'sk-off')).toBe(false);
  });

  it('a base URL that ends in one version serves a path that begins with another', async () => {
    await using simulator = await startSimulatedProvider({ groups: ORIGINAL_KEYS });
    await using rotato = await startFromOriginalSettings(simulator);
    const body = JSON.stringify({ contents: [{ parts: [{ text: 'ping' }] }] });
    for (const [version, expected] of [
      ['', '/v1/'],
      ['/v1beta', '/v1beta/'],
    ] as const) {
      const url = `${rotato.url}/play${version}/models/${model}:generateContent`;
      expect(await (await fetch(url, { method: 'POST', body })).text()).toContain('You said: ping');
      expect(simulator.requests.last?.target).toBe(`${expected}models/${model}:generateContent`);
    }
  });

  it('default status codes rotate', async () => {
    await using simulator = await startSimulatedProvider({ groups: [{ name: 'org', keys: ['sk-bad', 'sk-good'] }] });
    await using rotato = await startFromOriginalSettings(simulator);
    simulator.inject({ fault: 'server-error', status: 503, message: 'Maintenance.', count: 1 });
    const answer = await clientOf(rotato, 'unused').chat.completions.create({ model, messages });
    expect(answer.choices[0]?.message.content).toBe('You said: ping');
  });

  it('the root leads to the panel', async () => {
    await using simulator = await startSimulatedProvider({ groups: ORIGINAL_KEYS });
    await using rotato = await startFromOriginalSettings(simulator);
    const reply = await fetch(rotato.url, { redirect: 'manual' });
    expect([reply.status, reply.headers.get('location')]).toEqual([302, '/admin']);
  });
});

describe('[ACCESS_KEY:…] inside the key', () => {
  const ACCESS = { OPENAI_MY_TEAM_ACCESS_KEY: 'let-me-in' };

  it.each([
    '[ACCESS_KEY:let-me-in]',
    '[STATUS_CODES:429][ACCESS_KEY:let-me-in]',
    '[ACCESS_KEY:let-me-in][STATUS_CODES:500-503]',
    'sk-of-their-own[ACCESS_KEY:let-me-in]',
    'let-me-in',
  ])('%s is let in, and none of it goes upstream', async (apiKey) => {
    await using simulator = await startSimulatedProvider({ groups: ORIGINAL_KEYS });
    await using rotato = await startFromOriginalSettings(simulator, ACCESS);
    const answer = await clientOf(rotato, apiKey).chat.completions.create({ model, messages });
    expect(answer.choices[0]?.message.content).toBe('You said: ping');
    for (const { rawHeaders } of simulator.requests.all())
      expect(rawHeaders.join(' ')).not.toMatch(/let-me-in|\[|of-their/);
  });

  it.each(['[ACCESS_KEY:wrong]', '[ACCESS_KEY:]', '[STATUS_CODES:429]', 'unused', '[ACCESS_KEY:let-me-in'])(
    '%s is not',
    async (apiKey) => {
      await using simulator = await startSimulatedProvider({ groups: ORIGINAL_KEYS });
      await using rotato = await startFromOriginalSettings(simulator, ACCESS);
      const answer = clientOf(rotato, apiKey).chat.completions.create({ model, messages });
      await expect(answer).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
      expect(simulator.counters.received).toBe(0);
    },
  );

  it('opens the provider it was set for, and no other', async () => {
    await using simulator = await startSimulatedProvider({ groups: ORIGINAL_KEYS });
    await using rotato = await startFromOriginalSettings(simulator, { ...ACCESS, GEMINI_PLAY_ACCESS_KEY: 'other-key' });
    const headers = { 'x-goog-api-key': '[ACCESS_KEY:let-me-in]' };
    expect((await fetch(`${rotato.url}/play/models`, { headers })).status).toBe(403);
    const own = { 'x-goog-api-key': '[ACCESS_KEY:other-key]' };
    expect((await fetch(`${rotato.url}/play/models`, { headers: own })).status).toBe(200);
  });
});
