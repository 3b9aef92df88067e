/**
 * Rendezvous hashing: of all keys, the one whose hash with the affinity is highest. A key that comes or goes moves
 * only its own callers, and every instance of the pool agrees without talking. Provider prompt caches live per
 * organisation, which is why a conversation should stay.
 */
export function rendezvous<T extends { readonly key: { readonly hash: number } }>(
  affinity: string,
  seats: Iterable<T>,
): T | null {
  const seed = hashText(affinity);
  let best: T | null = null;
  let highest = -1;
  for (const seat of seats) {
    const score = mix(seed ^ seat.key.hash);
    if (score > highest) {
      highest = score;
      best = seat;
    }
  }
  return best;
}

/** FNV-1a, 32 bit. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** The finisher of MurmurHash3: every bit of the input touches every bit of the output. */
function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
