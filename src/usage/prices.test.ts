import { readFileSync } from 'node:fs';
import { calcPrice, findProvider } from '@pydantic/genai-prices';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TokenUsage } from '../model/outcome.ts';
import { PRESETS } from '../providers/presets.ts';
import { type OwnPrice, PRICED_BY_LIST, PRICED_BY_OPERATOR, PriceList } from './prices.ts';

const AT = Date.UTC(2026, 0, 5, 12);
const apiUrls = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
  gemini: 'https://generativelanguage.googleapis.com/v1beta',
  deepseek: 'https://api.deepseek.com',
  local: 'http://127.0.0.1:11434/v1',
};

function usage(inputTokens: number | null, outputTokens: number | null, given: Partial<TokenUsage> = {}): TokenUsage {
  return { inputTokens, outputTokens, cachedInputTokens: null, reasoningTokens: null, ...given };
}

interface Given {
  readonly at?: number;
  readonly own?: readonly OwnPrice[];
}

function priceOf(provider: string, model: string, used: TokenUsage | null, { at = AT, own = [] }: Given = {}) {
  return new PriceList({ own, apiUrls }).priceOf({ provider, model, usage: used, at });
}

describe('the price of a request', () => {
  // The examples of the price source's README, and its tables for the models they use.
  it('is the source’s own where that gives one', () => {
    expect(priceOf('openai', 'gpt-3.5-turbo', usage(1000, 100))?.usd).toBeCloseTo(0.0005 + 0.00015, 12);
    const cached = usage(4740, 255, { cachedInputTokens: 0, cacheWriteTokens: 4735 });
    expect(priceOf('anthropic', 'claude-sonnet-4-20250514', cached)?.usd).toBeCloseTo(0.02159625, 12);
    expect(priceOf('openai', 'gpt-4o', usage(1000, 100, { cachedInputTokens: 400 }))?.usd).toBeCloseTo(
      (600 * 2.5 + 400 * 1.25 + 100 * 10) / 1e6,
      12,
    );
  });

  it('rises with the length where the vendor says so, and depends on the day where the vendor changed it', () => {
    expect(priceOf('gemini', 'gemini-2.5-pro', usage(300_000, 100))?.usd).toBeCloseTo(0.75 + 0.0015, 12);
    expect(priceOf('gemini', 'gemini-2.5-pro', usage(100_000, 100))?.usd).toBeCloseTo(0.125 + 0.001, 12);
    expect(priceOf('openai', 'o3', usage(1_000_000, 0), { at: Date.UTC(2025, 5, 1) })?.usd).toBeCloseTo(10, 9);
    expect(priceOf('openai', 'o3', usage(1_000_000, 0), { at: Date.UTC(2025, 6, 1) })?.usd).toBeCloseTo(2, 9);
  });

  it('is what the source says for every model of every vendor there is a preset for', () => {
    const counts = fc.record({
      input: fc.nat(400_000),
      output: fc.nat(50_000),
      cached: fc.double({ min: 0, max: 0.5, noNaN: true }),
      written: fc.double({ min: 0, max: 0.5, noNaN: true }),
      hour: fc.double({ min: 0, max: 1, noNaN: true }),
      reasoning: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const homes = [...PRESETS.values()].flatMap(({ baseUrl }) => baseUrl ?? []);
    const known = homes.flatMap((home) => {
      const provider = findProvider({ providerApiUrl: home });
      return provider === undefined ? [] : provider.models.map(({ id }) => ({ home, provider, model: id }));
    });
    expect(new Set(known.map(({ home }) => home)).size).toBeGreaterThan(6);
    fc.assert(
      fc.property(fc.constantFrom(...known), counts, fc.integer({ min: 0, max: 86_400_000 }), (one, given, later) => {
        const cached = Math.floor(given.input * given.cached);
        const written = Math.floor(given.input * given.written);
        const hour = Math.floor(written * given.hour);
        const reasoning = Math.floor(given.output * given.reasoning);
        const timestamp = new Date(AT + later);
        const counted = {
          input_tokens: given.input,
          output_tokens: given.output,
          cache_read_tokens: cached,
          cache_write_tokens: written,
          cache_write_1h_tokens: hour,
          output_reasoning_tokens: reasoning,
        };
        const expected = calcPrice(counted, one.model, { provider: one.provider, timestamp });
        const used = usage(given.input, given.output, {
          cachedInputTokens: cached,
          cacheWriteTokens: written,
          cacheWriteHourTokens: hour,
          reasoningTokens: reasoning,
        });
        const list = new PriceList({ own: [], apiUrls: { it: one.home } });
        const price = list.priceOf({ provider: 'it', model: one.model, usage: used, at: timestamp.getTime() });
        expect(price?.usd ?? null).toEqual(expected === null ? null : expect.closeTo(expected.total_price, 9));
      }),
      { numRuns: 400 },
    );
  });

  it('is unknown where a model, a vendor, or a count that matters is unknown', () => {
    expect(priceOf('openai', 'no-such-model', usage(10, 10))).toBeNull();
    expect(priceOf('local', 'gpt-4o', usage(10, 10))).toBeNull();
    expect(priceOf('nobody', 'gpt-4o', usage(10, 10))).toBeNull();
    expect(priceOf('openai', 'gpt-4o', null)).toBeNull();
    expect(priceOf('openai', 'gpt-4o', usage(null, 10))).toBeNull();
    expect(priceOf('openai', 'gpt-4o', usage(10, null))).toBeNull();
    expect(priceOf('gemini', 'gemini-2.5-pro', usage(10, null))).toBeNull();
    expect(priceOf('openai', 'gpt-4o', usage(10, 10, { cachedInputTokens: 11 }))).toBeNull();
    // An embedding has no output, and none is charged for.
    expect(priceOf('openai', 'text-embedding-3-small', usage(1_000_000, null))?.usd).toBeCloseTo(0.02, 9);
  });

  it('is the operator’s own before all others', () => {
    const price = { provider: null, input: 1, output: 2, cachedInput: null, cacheWrite: null, reasoning: null };
    const own: OwnPrice[] = [
      { ...price, provider: 'local', model: 'llama-*', input: 3, cachedInput: 0.5, reasoning: 10 },
      { ...price, model: 'gpt-4o' },
    ];
    const used = usage(1_000_000, 1_000_000, { cachedInputTokens: 500_000, reasoningTokens: 100_000 });
    expect(priceOf('local', 'llama-3', used, { own })).toEqual({ usd: 1.5 + 0.25 + 1.8 + 1, by: PRICED_BY_OPERATOR });
    expect(priceOf('openai', 'gpt-4o', used, { own })).toEqual({ usd: 3, by: PRICED_BY_OPERATOR });
    expect(priceOf('openai', 'gpt-4o-mini', used, { own })?.by).toBe(PRICED_BY_LIST);
    expect(priceOf('openai', 'llama-3', used, { own })).toBeNull();
  });

  it('names the list that is installed', () => {
    const { version } = JSON.parse(readFileSync('node_modules/@pydantic/genai-prices/package.json', 'utf8'));
    expect(PRICED_BY_LIST).toContain(`genai-prices ${version} `);
  });
});
