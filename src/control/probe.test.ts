import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { HeaderList } from '../model/header-list.ts';
import type { Provider } from '../model/provider.ts';
import { Secret } from '../model/secret.ts';
import type { UpstreamKey } from '../model/upstream-key.ts';
import { adapterFor } from '../providers/preset-adapter.ts';
import { presetFor } from '../providers/presets.ts';
import { type ProbeAnswer, type ProbeQuestion, probeKey } from './probe.ts';

const key = { secret: new Secret('sk-test-0123456789'), label: 'a' } as UpstreamKey;

async function probe(preset: string, answer: ProbeAnswer | null, of = key) {
  const questions: ProbeQuestion[] = [];
  const chosen = presetFor(preset, 'openai');
  const { said: validity, reason } = await probeKey(
    {
      clock: new VirtualClock(),
      adapterOf: () => adapterFor(chosen),
      ask: async (question) => {
        questions.push(question);
        return answer;
      },
    },
    { name: preset } as Provider,
    of,
  );
  return { validity, reason, questions };
}

const answer = (status: number, body: unknown): ProbeAnswer => ({
  status,
  headers: new HeaderList(['content-type', 'application/json']),
  body: JSON.stringify(body),
});

describe('probeKey', () => {
  it('asks the free call with the key where the vendor wants it', async () => {
    const { questions } = await probe('anthropic', answer(200, { data: [] }));
    expect(questions[0]).toMatchObject({
      method: 'GET',
      path: '/models',
      headers: ['anthropic-version', '2023-06-01', 'x-api-key', 'sk-test-0123456789'],
    });
  });

  it.each([
    ['openai', answer(200, { data: [] }), 'valid'],
    ['openai', answer(401, { error: { code: 'invalid_api_key', message: 'Incorrect API key provided' } }), 'invalid'],
    ['openai', answer(429, { error: { type: 'insufficient_quota', code: 'insufficient_quota' } }), 'exhausted'],
    [
      'gemini',
      answer(400, { error: { code: 400, status: 'INVALID_ARGUMENT', details: [{ reason: 'API_KEY_INVALID' }] } }),
      'invalid',
    ],
    ['openai', answer(500, {}), 'unknown'],
    ['openai', answer(404, {}), 'unknown'],
    ['openai', null, 'unknown'],
  ] as const)('%s: %o means %s', async (preset, reply, expected) => {
    expect((await probe(preset, reply)).validity).toBe(expected);
  });

  it.each([
    ['whole', 'abcdef0123456789xyz'],
    ['cut short', 'abcdef0123456'],
  ])('does not repeat a key that the provider quotes %s', async (_, quoted) => {
    const refusal = answer(401, { error: { code: 'invalid_api_key', message: `Incorrect API key: ${quoted}. Look.` } });
    const plain = { ...key, secret: new Secret('abcdef0123456789xyz') };
    expect((await probe('mistral', refusal, plain)).reason).toBe('Incorrect API key: [secret]. Look.');
  });

  it('asks nothing where there is no free call', async () => {
    const { validity, questions } = await probe('perplexity', answer(200, {}));
    expect(validity).toBe('unknown');
    expect(questions).toEqual([]);
  });
});
