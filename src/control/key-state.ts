import type { GroupView, KeyView as PooledKeyView, StateView } from '../key-pool/pool-view.ts';

/** What a key comes to: its own state, or that of the group it spends; one that rests for all its models rests. */
export function stateOfKey(key: PooledKeyView, group: GroupView | undefined): StateView {
  if (key.state !== 'ready' || group === undefined) return pick(key);
  if (group.state !== 'ready') return pick(group);
  const { buckets } = group;
  const resting = buckets.filter(({ state }) => state !== 'ready');
  const [first] = resting.toSorted((a, b) => (a.until ?? 0) - (b.until ?? 0));
  return first !== undefined && resting.length === buckets.length ? pick(first) : pick(key);
}

function pick({ state, reason, since, until }: StateView): StateView {
  return { state, reason, since, until };
}
