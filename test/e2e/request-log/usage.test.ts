import { describe, expect, test } from 'vitest';
import type { TokenUsage } from '../../../src/model/outcome.ts';
import { type ProxiedProvider, startProxiedProvider } from '../../support/proxied-provider.ts';
import { readLog } from '../../support/read-log.ts';

const ASKED = 'How long is a piece of string?';
const MESSAGES = [{ role: 'user' as const, content: ASKED }];

/** What the provider told its caller, in the caller's own words. */
type Told = Pick<TokenUsage, 'inputTokens' | 'outputTokens'>;
type Call = (proxied: ProxiedProvider) => Promise<Told>;

const CALLS: Readonly<Record<string, Call>> = {
  'OpenAI, whole': async ({ openai }) => {
    const { usage } = await openai().chat.completions.create({ model: 'sim-large', messages: MESSAGES });
    return { inputTokens: usage?.prompt_tokens ?? null, outputTokens: usage?.completion_tokens ?? null };
  },
  'OpenAI, as a stream': async ({ openai }) => {
    const stream_options = { include_usage: true };
    const asked = { model: 'sim-large', messages: MESSAGES, stream: true as const, stream_options };
    let told: Told = { inputTokens: null, outputTokens: null };
    for await (const { usage } of await openai().chat.completions.create(asked)) {
      if (usage != null) told = { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens };
    }
    return told;
  },
  'Anthropic, whole': async ({ anthropic }) => {
    const { usage } = await anthropic().messages.create({ model: 'sim-large', max_tokens: 50, messages: MESSAGES });
    return { inputTokens: usage.input_tokens, outputTokens: usage.output_tokens };
  },
  'Anthropic, as a stream': async ({ anthropic }) => {
    const asked = { model: 'sim-large', max_tokens: 50, messages: MESSAGES };
    const { usage } = await anthropic().messages.stream(asked).finalMessage();
    return { inputTokens: usage.input_tokens, outputTokens: usage.output_tokens };
  },
  'Gemini, whole': async ({ google }) => {
    const { usageMetadata: usage } = await google().models.generateContent({ model: 'sim-large', contents: ASKED });
    return { inputTokens: usage?.promptTokenCount ?? null, outputTokens: usage?.candidatesTokenCount ?? null };
  },
  'Gemini, as a stream': async ({ google }) => {
    let told: Told = { inputTokens: null, outputTokens: null };
    for await (const { usageMetadata: usage } of await google().models.generateContentStream({
      model: 'sim-large',
      contents: ASKED,
    })) {
      if (usage?.candidatesTokenCount != null) {
        told = { inputTokens: usage.promptTokenCount ?? null, outputTokens: usage.candidatesTokenCount };
      }
    }
    return told;
  },
};

describe('tokens in the log', () => {
  test.each(Object.entries(CALLS))(
    '%s: to the token what the caller was told, and what the provider counted',
    async (_wire, call) => {
      await using proxied = await startProxiedProvider({ file: { log: {} } });
      const told = await call(proxied);
      await proxied.rotato.recorded(1);
      const [entry] = await readLog(proxied.rotato, 1);
      expect(told.inputTokens).toBeGreaterThan(0);
      expect(told.outputTokens).toBeGreaterThan(0);
      expect(entry?.usage).toMatchObject(told);
      const { inputTokens, outputTokens } = proxied.simulator.counters;
      expect({ inputTokens, outputTokens }).toEqual(told);
    },
  );

  test('are unknown where the provider did not say', async () => {
    await using proxied = await startProxiedProvider({ file: { log: {} } });
    const asked = { model: 'sim-large', messages: MESSAGES, stream: true as const };
    for await (const _chunk of await proxied.openai().chat.completions.create(asked));
    await proxied.rotato.recorded(1);
    const [entry] = await readLog(proxied.rotato, 1);
    expect(entry).toMatchObject({ usage: null, costUsd: null, pricedBy: null });
  });
});
