import type { PoolGroupView, PoolView, StateView, WindowView } from '../../../src/admin/contract.ts';

type PoolProvider = PoolView['providers'][number];

/** Something of the pool that takes no requests, and when it is back. */
export interface SetAside {
  /** Unlike any other of one list. */
  readonly id: string;
  readonly provider: string;
  /** "org-a", "org-a for gpt-4o", "key team-a". */
  readonly name: string;
  readonly state: StateView;
}

/** What rests, is exhausted or was refused; what an operator switched off is not news. The first to be back first. */
export function listSetAside(pool: PoolView): readonly SetAside[] {
  const all = pool.providers.filter(({ enabled }) => enabled).flatMap(setAsideOf);
  return all.sort((a, b) => backAt(a) - backAt(b));
}

function backAt({ state }: SetAside): number {
  return state.until ?? Number.POSITIVE_INFINITY;
}

function setAsideOf(provider: PoolProvider): readonly SetAside[] {
  const found: SetAside[] = [];
  const add = (name: string, state: StateView) => {
    if (state.state === 'ready' || state.state === 'disabled' || state.state === 'draining') return;
    found.push({ id: `${provider.name} ${name}`, provider: provider.name, name, state });
  };
  for (const { modelClass, until, reason } of provider.overloaded) {
    add(`${provider.name} for ${modelClass}`, { state: 'cooling', reason, since: null, until });
  }
  for (const group of provider.groups) {
    add(group.label, group);
    for (const bucket of group.buckets) add(`${group.label} for ${bucket.modelClass}`, bucket);
  }
  for (const key of provider.keys) add(`key ${key.label}`, key);
  return found;
}

/**
 * When nothing of a provider has room any more, if calls go on as in the last minutes and what one group cannot take
 * goes to the others. Null when that is not going to happen.
 */
export function runsOutAt(provider: PoolProvider, now: number): number | null {
  const inUse = provider.groups.filter((group) => stateOfGroup(provider, group).state === 'ready');
  const instants = [...linesOf(inUse).values()]
    .filter((line) => line.length === inUse.length)
    .map((line) => lineRunsOutAt(line, now))
    .filter((at) => at !== null);
  return instants.length === 0 ? null : Math.min(...instants);
}

/** That of the group itself, or that of its keys where none of them can be used. */
export function stateOfGroup(provider: PoolProvider, group: PoolGroupView): StateView {
  const keys = provider.keys.filter((key) => key.group === group.name);
  const [first] = keys;
  if (group.state !== 'ready' || first === undefined || keys.some(({ state }) => state === 'ready')) return group;
  return first;
}

/** The windows of the same kind of all groups: together they are what there is of it. */
function linesOf(groups: readonly PoolGroupView[]): ReadonlyMap<string, readonly WindowView[]> {
  const lines = new Map<string, WindowView[]>();
  const add = (kind: string, window: WindowView) => lines.set(kind, [...(lines.get(kind) ?? []), window]);
  for (const group of groups) {
    for (const window of group.windows) add(window.name, window);
    for (const bucket of group.buckets) {
      for (const window of bucket.windows) add(`${bucket.modelClass} ${window.name}`, window);
    }
  }
  return lines;
}

function lineRunsOutAt(line: readonly WindowView[], now: number): number | null {
  let left = 0;
  let spentPerMs = 0;
  for (const window of line) {
    // What is full already says so itself.
    if (window.left <= 0 || window.nextRoomAt !== null) continue;
    if (window.runsOutAt === null || window.runsOutAt <= now) return null;
    left += window.left;
    spentPerMs += window.left / (window.runsOutAt - now);
  }
  return spentPerMs === 0 ? null : now + left / spentPerMs;
}

/** The windows that bind a group: its own, and those of each model class, the busiest class first. */
export interface GroupLine {
  /** Null for what holds over all models. */
  readonly modelClass: string | null;
  readonly state: StateView;
  readonly windows: readonly WindowView[];
  readonly concurrency: { readonly running: number; readonly cap: number } | null;
}

export function linesOfGroup(group: PoolGroupView): readonly GroupLine[] {
  const own: GroupLine = { modelClass: null, state: group, windows: group.windows, concurrency: group.concurrency };
  const classes = group.buckets
    .filter(({ windows, concurrency }) => windows.length > 0 || concurrency !== null)
    .map((bucket): GroupLine => ({ ...bucket, state: bucket }));
  const hasOwn = own.windows.length > 0 || own.concurrency !== null;
  return hasOwn || classes.length === 0 ? [own, ...classes] : classes;
}
