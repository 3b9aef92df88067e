import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startTestRotato } from '../../test/support/running-rotato.ts';
import { describeSimulator, startFromFlags } from './simulate.ts';

describe('rotato simulate', () => {
  it('starts what its flags say', async () => {
    await using sim = await startFromFlags({
      port: '0',
      keys: '5',
      groupSize: '2',
      rpm: '7',
      tpm: '900',
      window: 'sliding',
    });
    expect(sim.groups.map(({ keys }) => keys.length)).toEqual([2, 2, 1]);
    expect(sim.groups[0]?.limits).toEqual([{ model: '*', rpm: 7, tpm: 900, window: 'sliding' }]);
    expect(sim.keys).toHaveLength(5);
    expect(sim.adminUrl).not.toBeNull();
  });

  it('has a default for every flag', async () => {
    await using sim = await startFromFlags({ port: 0 });
    expect(sim.groups).toHaveLength(3);
    expect(sim.groups[0]?.limits).toEqual([{ model: '*', rpm: 20, window: 'refill' }]);
  });

  it.each([
    [{ keys: '0' }, '--keys must be a whole number from 1 up, not "0".'],
    [{ rpm: 'many' }, '--rpm must be a whole number from 0 up, not "many".'],
    [{ latency: '1.5' }, '--latency must be a whole number from 0 up, not "1.5".'],
    [
      { headers: 'azure' },
      '--headers must be one of native, openai, groq, anthropic, gemini, retry-after, none, not "azure".',
    ],
    [{ window: 'leaky' }, '--window must be one of fixed, sliding, refill, not "leaky".'],
  ])('refuses %j and says what it may be', async (flags, message) => {
    await expect(startFromFlags({ port: 0, ...flags })).rejects.toMatchObject({ code: 'bad-configuration', message });
  });

  it('prints a configuration with which rotato serves it at once', async () => {
    await using sim = await startFromFlags({ port: 0, latency: 0 });
    const text = describeSimulator(sim);
    const yaml = text.slice(text.indexOf('providers:'));
    expect(yaml).not.toMatch(/[&*]a\d/);
    await using rotato = await startTestRotato(parse(yaml));
    const answer = await fetch(`${rotato.url}/openai/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'sim-large', messages: [{ role: 'user', content: 'ping' }] }),
    });
    expect(await answer.json()).toMatchObject({ choices: [{ message: { content: 'You said: ping' } }] });
    expect(JSON.parse(describeSimulator(sim, true)).configuration).toEqual(parse(yaml));
  });
});
