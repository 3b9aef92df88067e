/** A secret shorter than this would be half shown by its end. */
const SHORTEST_SHOWN = 16;
const SHOWN = 4;

/** The end of a secret, by which people tell it from others; empty where that would show too much of it. */
export function hintOf(secret: string): string {
  return secret.length < SHORTEST_SHOWN ? '' : secret.slice(-SHOWN);
}

/** `…f3a9` */
export function masked(hint: string): string {
  return `…${hint}`;
}
