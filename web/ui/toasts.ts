/** What there is to say for a moment, and to undo: `showToast` from anywhere, `Toaster` shows them. */
export interface ToastEntry {
  readonly id: number;
  readonly title: string;
  readonly detail?: string;
  readonly tone: 'plain' | 'problem';
  readonly undo?: { readonly label: string; readonly act: () => void };
  readonly durationMs: number;
}

export const UNDO_MS = 10_000;
const PLAIN_MS = 5_000;
const MOST = 3;

let toasts: readonly ToastEntry[] = [];
let lastId = 0;
const watchers = new Set<() => void>();

function become(next: readonly ToastEntry[]): void {
  toasts = next;
  for (const watcher of watchers) watcher();
}

/** @example showToast({ title: 'Deleted team-a', undo: { label: 'Undo', act: restore } }) */
export function showToast(toast: Partial<Omit<ToastEntry, 'id'>> & Pick<ToastEntry, 'title'>): number {
  const id = ++lastId;
  const durationMs = toast.durationMs ?? (toast.undo === undefined && toast.tone !== 'problem' ? PLAIN_MS : UNDO_MS);
  const entry: ToastEntry = { ...toast, tone: toast.tone ?? 'plain', id, durationMs };
  become([...toasts, entry].slice(-MOST));
  return id;
}

export function dismissToast(id: number): void {
  become(toasts.filter((toast) => toast.id !== id));
}

export function watchToasts(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function shownToasts(): readonly ToastEntry[] {
  return toasts;
}

/** What `Undo` of the newest toast does, from the keyboard. */
export function undoLast(): void {
  const last = toasts.findLast(({ undo }) => undo !== undefined);
  if (last === undefined) return;
  dismissToast(last.id);
  last.undo?.act();
}
