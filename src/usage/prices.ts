import { calcPrice, findProvider, type ModelPrice, type Provider } from '@pydantic/genai-prices';
import type { TokenUsage } from '../model/outcome.ts';

/** What the operator pays, in US dollars per million tokens. */
export interface OwnPrice {
  /** Name of the provider in the configuration; null for all. */
  readonly provider: string | null;
  /** Of the model as callers write it; one that ends in `*` stands for all that begin so. */
  readonly model: string;
  readonly input: number;
  readonly output: number;
  /** The parts below are charged like the rest where they have no price of their own. */
  readonly cachedInput: number | null;
  readonly cacheWrite: number | null;
  readonly reasoning: number | null;
}

export interface PriceListOptions {
  /** The first that fits counts. */
  readonly own: readonly OwnPrice[];
  /** Where the vendor's own API lives, by the provider's name in the configuration. */
  readonly apiUrls: Readonly<Record<string, string>>;
}

export interface Price {
  readonly usd: number;
  readonly by: string;
}

export interface Priced {
  readonly provider: string | null;
  readonly model: string | null;
  readonly usage: TokenUsage | null;
  /** When it was asked, wall-clock milliseconds: prices change, and some with the time of day. */
  readonly at: number;
}

/** The list that is bundled, with the day it was published. */
const LIST = 'genai-prices 0.1.8 of 2026-09-23';
export const PRICED_BY_LIST = LIST;
export const PRICED_BY_OPERATOR = 'own price';

const MILLION = 1e6;
/** A model's prices are looked up that often; the list itself never changes while the program runs. */
const LOOKED_UP_EVERY_MS = 60_000;
/** Callers can invent models. */
const MOST_MODELS = 1000;

/** What a model costs: from a table of plain prices, or by asking the library each time. */
type Tariff =
  | { readonly kind: 'plain'; readonly prices: PlainPrices; readonly by: string }
  | { readonly kind: 'asked'; readonly provider: Provider };

interface PlainPrices {
  readonly input: number;
  readonly cachedInput: number;
  readonly cacheWrite: number;
  readonly cacheWriteHour: number;
  readonly output: number;
  readonly reasoning: number;
}

/**
 * What exchanges cost. Neither tokens nor prices are ever guessed: where a count or a price is missing that matters, the
 * cost is unknown.
 */
export class PriceList {
  readonly #options: PriceListOptions;
  readonly #tariffs = new Map<string, { readonly until: number; readonly tariff: Tariff | null }>();

  constructor(options: PriceListOptions) {
    this.#options = options;
  }

  /** Null when nobody knows. */
  priceOf({ provider, model, usage, at }: Priced): Price | null {
    if (provider === null || model === null || usage === null || usage.inputTokens === null) return null;
    const tariff = this.#tariffOf(provider, model, at);
    if (tariff === null) return null;
    if (tariff.kind === 'asked') return askLibrary(tariff.provider, model, usage, at);
    const usd = plainPrice(tariff.prices, usage);
    return usd === null ? null : { usd, by: tariff.by };
  }

  #tariffOf(provider: string, model: string, at: number): Tariff | null {
    const name = `${provider}\n${model}`;
    const known = this.#tariffs.get(name);
    const minute = Math.floor(at / LOOKED_UP_EVERY_MS);
    if (known !== undefined && known.until === minute) return known.tariff;
    if (this.#tariffs.size >= MOST_MODELS) this.#tariffs.clear();
    const tariff = this.#ownTariff(provider, model) ?? listedTariff(this.#options.apiUrls[provider], model, at);
    this.#tariffs.set(name, { until: minute, tariff });
    return tariff;
  }

  #ownTariff(provider: string, model: string): Tariff | null {
    const own = this.#options.own.find(
      (price) => (price.provider === null || price.provider === provider) && fits(price.model, model),
    );
    if (own === undefined) return null;
    const cacheWrite = own.cacheWrite ?? own.input;
    const prices = {
      input: own.input,
      cachedInput: own.cachedInput ?? own.input,
      cacheWrite,
      cacheWriteHour: cacheWrite,
      output: own.output,
      reasoning: own.reasoning ?? own.output,
    };
    return { kind: 'plain', prices, by: PRICED_BY_OPERATOR };
  }
}

function fits(pattern: string, model: string): boolean {
  return pattern.endsWith('*') ? model.startsWith(pattern.slice(0, -1)) : pattern === model;
}

function listedTariff(apiUrl: string | undefined, model: string, at: number): Tariff | null {
  if (apiUrl === undefined) return null;
  const provider = findProvider({ providerApiUrl: apiUrl });
  if (provider === undefined) return null;
  const found = calcPrice({ input_tokens: 0, output_tokens: 0 }, model, { provider, timestamp: new Date(at) });
  if (found === null) return null;
  const prices = plainPricesOf(found.model_price);
  // Only the one model is left for the library to look through, the next time.
  const narrowed = { ...found.provider, models: [found.model] };
  return prices === null ? { kind: 'asked', provider: narrowed } : { kind: 'plain', prices, by: LIST };
}

/** Null where a price depends on how much is asked, or on something that is not counted in tokens of text. */
function plainPricesOf(listed: ModelPrice): PlainPrices | null {
  const price = (name: string) => listed[name];
  const input = price('input_mtok');
  const output = price('output_mtok') ?? null;
  const cachedInput = price('cache_read_mtok') ?? input;
  const cacheWrite = price('cache_write_mtok') ?? input;
  const cacheWriteHour = price('cache_write_1h_mtok') ?? cacheWrite;
  const reasoning = price('output_reasoning_mtok') ?? output;
  const all = [input, output, cachedInput, cacheWrite, cacheWriteHour, reasoning];
  if (!all.every((one) => typeof one === 'number') || price('requests_kcount') !== undefined) return null;
  return { input, output, cachedInput, cacheWrite, cacheWriteHour, reasoning } as PlainPrices;
}

function plainPrice(prices: PlainPrices, usage: TokenUsage): number | null {
  const { inputTokens, outputTokens } = usage;
  const parts = partsOf(usage);
  if (inputTokens === null || parts === null) return null;
  if (outputTokens === null && prices.output !== 0) return null;
  const fresh = inputTokens - parts.cached - parts.written;
  const answered = (outputTokens ?? 0) - parts.reasoning;
  return (
    (fresh * prices.input +
      parts.cached * prices.cachedInput +
      (parts.written - parts.writtenHour) * prices.cacheWrite +
      parts.writtenHour * prices.cacheWriteHour +
      answered * prices.output +
      parts.reasoning * prices.reasoning) /
    MILLION
  );
}

/** Parts that are larger than their whole are no count to do sums with. */
function partsOf(usage: TokenUsage) {
  const cached = usage.cachedInputTokens ?? 0;
  const written = usage.cacheWriteTokens ?? 0;
  const writtenHour = usage.cacheWriteHourTokens ?? 0;
  const reasoning = usage.reasoningTokens ?? 0;
  const fits =
    cached + written <= (usage.inputTokens ?? 0) &&
    writtenHour <= written &&
    (usage.outputTokens === null || reasoning <= usage.outputTokens);
  return fits ? { cached, written, writtenHour, reasoning } : null;
}

function askLibrary(provider: Provider, model: string, usage: TokenUsage, at: number): Price | null {
  const parts = partsOf(usage);
  if (parts === null || usage.inputTokens === null) return null;
  const counted = {
    input_tokens: usage.inputTokens,
    cache_read_tokens: parts.cached,
    cache_write_tokens: parts.written,
    cache_write_1h_tokens: parts.writtenHour,
    output_tokens: usage.outputTokens ?? 0,
    output_reasoning_tokens: parts.reasoning,
  };
  const found = calcPrice(counted, model, { provider, timestamp: new Date(at) });
  if (found === null || (usage.outputTokens === null && found.model_price.output_mtok !== undefined)) return null;
  return { usd: found.total_price, by: LIST };
}
