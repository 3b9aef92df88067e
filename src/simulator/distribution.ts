import type { Random } from '../random.ts';

/** A quantity that varies from call to call: milliseconds for delays, tokens for lengths. A number is `fixed`. */
export type Distribution =
  | number
  | { readonly kind: 'fixed'; readonly value: number }
  | { readonly kind: 'uniform'; readonly from: number; readonly to: number }
  | { readonly kind: 'exponential'; readonly mean: number };

export function draw(distribution: Distribution, random: Random): number {
  if (typeof distribution === 'number') return distribution;
  switch (distribution.kind) {
    case 'fixed':
      return distribution.value;
    case 'uniform':
      return distribution.from + (distribution.to - distribution.from) * random.next();
    case 'exponential':
      // `next` is below 1, so the logarithm is finite.
      return -distribution.mean * Math.log(1 - random.next());
  }
}
