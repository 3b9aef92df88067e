import { useEffect, useRef, useSyncExternalStore } from 'react';

/** Keys of the panel: those that hold everywhere, and those of the page that is open, which come and go with it. */
export interface ShortcutEntry {
  /** `mod+k`, `?`, `/`, `alt+up`, or one after the other: `g o`. */
  readonly keys: string;
  readonly what: string;
  /** A heading in the list. */
  readonly where: string;
}

interface Bound extends ShortcutEntry {
  readonly act: () => void;
}

/** The heading of those that hold on every page. */
export const EVERYWHERE = 'Everywhere';

const SEQUENCE_MS = 900;
const NAMES: Readonly<Record<string, string>> = {
  arrowup: 'up',
  arrowdown: 'down',
  arrowleft: 'left',
  arrowright: 'right',
};

let bound: readonly Bound[] = [];
const watchers = new Set<() => void>();
let prefix: { readonly key: string; readonly at: number } | null = null;

function become(next: readonly Bound[]): void {
  bound = next;
  for (const watcher of watchers) watcher();
}

/** Holds while the component is there. Not while something is being typed, but for those with `mod`. */
export function useShortcut(entry: ShortcutEntry, act: () => void): void {
  const latest = useRef(act);
  latest.current = act;
  const { keys, what, where } = entry;
  useEffect(() => {
    const mine: Bound = { keys, what, where, act: () => latest.current() };
    become([...bound, mine]);
    return () => become(bound.filter((other) => other !== mine));
  }, [keys, what, where]);
}

export function useShortcutList(): readonly ShortcutEntry[] {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => bound,
  );
}

/** Listens to the keyboard until its answer is called. */
export function startShortcuts(): () => void {
  addEventListener('keydown', onKey);
  return () => removeEventListener('keydown', onKey);
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const spelt = spell(event);
  if (spelt === null || (isTyping(event.target) && !spelt.startsWith('mod+'))) return;
  const now = event.timeStamp;
  const sequence = prefix !== null && now - prefix.at < SEQUENCE_MS ? `${prefix.key} ${spelt}` : null;
  const found = findBound(sequence) ?? findBound(spelt);
  prefix = { key: spelt, at: now };
  if (found === undefined) return;
  event.preventDefault();
  prefix = null;
  found.act();
}

/** The one that came last: a page may take a key over from the shell. */
function findBound(keys: string | null): Bound | undefined {
  return keys === null ? undefined : bound.findLast((entry) => entry.keys === keys);
}

export function spell(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>): string | null {
  const key = event.key.toLowerCase();
  if (['control', 'meta', 'alt', 'shift', 'capslock', 'dead'].includes(key)) return null;
  const mod = event.ctrlKey || event.metaKey ? 'mod+' : '';
  return `${mod}${event.altKey ? 'alt+' : ''}${NAMES[key] ?? key}`;
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}
