/** What a rate window counts. `tokens` is input and output together. */
export type Dimension = 'requests' | 'tokens' | 'input-tokens' | 'output-tokens';

/**
 * How a window gives room back: `refill` is a continuous token bucket, `sliding` counts the trailing period,
 * `fixed` starts anew every period, `calendar` at a date in a time zone.
 */
export type WindowAlgorithm = 'refill' | 'sliding' | 'fixed' | 'calendar';

/** A limit as an operator types it. `model` is `*` (one window over all models), `each` (one per model class), or a model. */
export interface TypedLimit {
  readonly model: string;
  readonly rpm?: number;
  readonly rph?: number;
  readonly rpd?: number;
  readonly tpm?: number;
  readonly tpd?: number;
  readonly itpm?: number;
  readonly otpm?: number;
  readonly concurrent?: number;
  readonly window?: Exclude<WindowAlgorithm, 'calendar'>;
}

/** One window as an upstream's headers announce it. Times are durations from the moment the headers arrived. */
export interface LimitReading {
  readonly dimension: Dimension;
  /** The window's length where the header's name or the vendor's documentation says so; null when unknown. */
  readonly periodMs: number | null;
  readonly limit: number | null;
  readonly remaining: number | null;
  /** Milliseconds until the window is whole again (not until the next request fits). */
  readonly resetMs: number | null;
  /** The header the figures came from, for explanations. */
  readonly header: string;
}
