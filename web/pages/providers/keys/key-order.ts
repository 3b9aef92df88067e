/** Where a key is to stand: directly before another, or last. The only thing the API is told of a move. */
export interface KeyMove {
  readonly id: string;
  readonly before: string | null;
}

export type MoveDirection = 'up' | 'down' | 'first' | 'last';

/** Null when the key is not in the list or stands at that end already. */
export function moveByStep(order: readonly string[], id: string, direction: MoveDirection): KeyMove | null {
  const at = order.indexOf(id);
  if (at === -1) return null;
  const isAtEnd = direction === 'up' || direction === 'first' ? at === 0 : at === order.length - 1;
  if (isAtEnd) return null;
  switch (direction) {
    case 'up':
      return { id, before: order[at - 1] ?? null };
    case 'down':
      return { id, before: order[at + 2] ?? null };
    case 'first':
      return { id, before: order[0] ?? null };
    case 'last':
      return { id, before: null };
  }
}

/** What dropping one key on the upper or lower half of another means; null when it changes nothing. */
export function moveByDrop(
  order: readonly string[],
  id: string,
  target: { readonly over: string; readonly half: 'upper' | 'lower' },
): KeyMove | null {
  const at = order.indexOf(id);
  const overAt = order.indexOf(target.over);
  if (at === -1 || overAt === -1 || target.over === id) return null;
  const to = target.half === 'upper' ? overAt : overAt + 1;
  return to === at || to === at + 1 ? null : { id, before: order[to] ?? null };
}

/** The list as it will be once the API has carried out the move. A move that cannot be made changes nothing. */
export function applyMove<Item extends { readonly id: string }>(
  items: readonly Item[],
  move: KeyMove,
): readonly Item[] {
  const moved = items.find((item) => item.id === move.id);
  if (moved === undefined || move.before === move.id) return items;
  const others = items.filter((item) => item !== moved);
  const to = move.before === null ? others.length : others.findIndex((item) => item.id === move.before);
  return to === -1 ? items : [...others.slice(0, to), moved, ...others.slice(to)];
}

/** What is read out after a move. */
export function announceMove(label: string, place: number, count: number): string {
  if (place === 1) return `${label} is now first of ${count}: it is used before all others.`;
  return place === count ? `${label} is now last of ${count}.` : `${label} is now number ${place} of ${count}.`;
}
