import type { TokenEstimate } from '../model/demand.ts';
import type { TokenUsage } from '../model/outcome.ts';
import type { Need } from './need.ts';

/** English prose runs at about four bytes a token in every tokenizer in use. */
const FIRST_GUESS = 0.25;
/** An answer's usual length before one was seen. */
const FIRST_OUTPUT = 256;
/** How much one reply moves the figures. */
const GAIN = 1 / 8;

/**
 * What a request will cost in tokens, from the length of its body, corrected by the usage that replies report: one
 * estimator per model class. It leans a little high, by the deviation it has seen, because an overestimate costs a
 * moment and an underestimate a refusal.
 */
export class TokenEstimator {
  readonly #chargesMaxTokens: boolean;
  #tokensPerByte = FIRST_GUESS;
  #deviation = 0;
  #output = FIRST_OUTPUT;
  #seen = false;

  constructor(chargesMaxTokens: boolean) {
    this.#chargesMaxTokens = chargesMaxTokens;
  }

  needOf({ bodyBytes, maxOutputTokens }: TokenEstimate, reserve: number): Need {
    const bytes = bounded(bodyBytes);
    const allowed = maxOutputTokens === null ? null : bounded(maxOutputTokens);
    const output = this.#chargesMaxTokens ? (allowed ?? this.#output) : Math.min(allowed ?? this.#output, this.#output);
    return {
      requests: 1,
      inputTokens: Math.ceil(bytes * (this.#tokensPerByte + this.#deviation * CAUTION)),
      outputTokens: Math.ceil(output),
      reserve,
    };
  }

  /** What the provider will have charged, given what the reply says; the estimate stands where it says nothing. */
  chargeOf(need: Need, usage: TokenUsage | null): Need {
    const input = usage?.inputTokens ?? need.inputTokens;
    const output = usage?.outputTokens ?? need.outputTokens;
    // A maximum that was charged up front is not known to be given back.
    return {
      ...need,
      inputTokens: input,
      outputTokens: this.#chargesMaxTokens ? Math.max(output, need.outputTokens) : output,
    };
  }

  learn({ bodyBytes }: TokenEstimate, usage: TokenUsage): void {
    const { inputTokens, outputTokens } = usage;
    if (inputTokens !== null && inputTokens > 0 && bodyBytes > 0) {
      const ratio = Math.min(inputTokens / bodyBytes, MAX_TOKENS_PER_BYTE);
      const gain = this.#seen ? GAIN : 1;
      const error = ratio - this.#tokensPerByte;
      this.#tokensPerByte += error * gain;
      this.#deviation = this.#seen ? this.#deviation + (Math.abs(error) - this.#deviation) * GAIN : 0;
      this.#seen = true;
    }
    if (outputTokens !== null && outputTokens >= 0) this.#output += (outputTokens - this.#output) * GAIN;
  }

  toJSON(): { tokensPerByte: number; output: number } | null {
    return this.#seen ? { tokensPerByte: this.#tokensPerByte, output: this.#output } : null;
  }

  restore({ tokensPerByte, output }: { tokensPerByte: number; output: number }): void {
    this.#tokensPerByte = tokensPerByte;
    this.#output = output;
    this.#seen = true;
  }
}

/** How many mean deviations an estimate leans to the high side: an underestimate by more than two is rare. */
const CAUTION = 2;

/** A body of images counts few tokens a byte; nothing counts more than a few. */
const MAX_TOKENS_PER_BYTE = 4;

function bounded(figure: number): number {
  return Number.isFinite(figure) ? Math.min(Math.max(0, figure), 1e9) : 0;
}
