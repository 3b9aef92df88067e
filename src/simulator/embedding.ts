import { createHash } from 'node:crypto';

const DEFAULT_DIMENSIONS = 16;

/** A vector that depends on the content alone, each component between -1 and 1 and exact as a 32-bit float. */
export function vectorOf(content: unknown, dimensions: unknown): number[] {
  const outputLength = typeof dimensions === 'number' ? dimensions : DEFAULT_DIMENSIONS;
  const noise = createHash('shake256', { outputLength }).update(JSON.stringify(content)).digest();
  return Array.from(noise, (byte) => (byte - 128) / 128);
}
