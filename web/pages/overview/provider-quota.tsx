import { Link } from 'wouter';
import type { PoolGroupView, PoolView, ProviderView, StateView } from '../../../src/admin/contract.ts';
import { counted, numberText } from '../../format/numbers.ts';
import { QuotaBars } from '../../quota-bar/quota-bars.tsx';
import { useNow } from '../../time/use-now.ts';
import { Badge } from '../../ui/badge.tsx';
import { Countdown } from '../../ui/countdown.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { type GroupLine, linesOfGroup, runsOutAt, stateOfGroup } from './what-is-next.ts';

type PoolProvider = PoolView['providers'][number];

const MOST_GROUPS = 8;
const MOST_LINES = 3;

interface ProviderQuotaProps {
  readonly live: PoolProvider;
  /** What is known of its settings; null for a moment. */
  readonly provider: ProviderView | null;
}

/** One provider on the overview: how much room it has, and a row of bars for each quota group. */
export function ProviderQuota({ live, provider }: ProviderQuotaProps) {
  const { groupCount } = live;
  return (
    <section aria-labelledby={`quota-${live.name}`} className="flex flex-col">
      <header className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1 pb-2">
        <h2 id={`quota-${live.name}`} className="flex min-w-0 items-baseline gap-2">
          <Link
            href={`/providers/${live.name}`}
            className="truncate rounded-sm text-base font-semibold tracking-tight hover:underline"
          >
            {live.name}
          </Link>
          <span className="text-xs font-normal whitespace-nowrap text-faint">{sayGroups(groupCount, provider)}</span>
        </h2>
        <Room live={live} />
      </header>
      {live.groups.length === 0 ? (
        <p className="border-t border-line py-4 text-sm text-muted">
          It has no keys yet.{' '}
          <Link href={`/providers/${live.name}?add=keys`} className="rounded-sm text-accent hover:underline">
            Add keys
          </Link>
        </p>
      ) : (
        <ul className="border-t border-line">
          {live.groups.slice(0, MOST_GROUPS).map((group) => (
            <GroupRow key={group.name} group={group} state={stateOfGroup(live, group)} keys={keyStates(live, group)} />
          ))}
        </ul>
      )}
      {groupCount > MOST_GROUPS && (
        <Link
          href={`/providers/${live.name}`}
          className="self-start rounded-sm py-2 text-xs text-accent hover:underline"
        >
          All {counted(groupCount, 'quota group')}
        </Link>
      )}
    </section>
  );
}

function sayGroups(groups: number, provider: ProviderView | null): string {
  const keys = provider === null ? '' : ` · ${counted(provider.keyCounts.all, 'key')}`;
  return `${counted(groups, 'quota group')}${keys}`;
}

/** How much could be sent this instant, what waits, and when nothing is left at this rate. */
function Room({ live }: { readonly live: PoolProvider }) {
  const now = useNow(1_000);
  const spentAt = live.enabled ? runsOutAt(live, now) : null;
  return (
    <p className="live flex flex-wrap items-baseline gap-x-3 text-xs text-muted">
      {live.waiting > 0 && <span className="text-resting">{numberText(live.waiting)} waiting</span>}
      {live.running > 0 && <span>{numberText(live.running)} running</span>}
      {spentAt !== null && spentAt > now && (
        <span className="text-resting">
          spent in <Countdown until={spentAt} /> at this rate
        </span>
      )}
      {live.enabled ? <span>{sayCapacity(live.capacityNow)}</span> : <Badge tone="disabled">disabled</Badge>}
    </p>
  );
}

function sayCapacity(capacityNow: number | null): string {
  if (capacityNow === null) return 'no limit known yet';
  return capacityNow === 0 ? 'no room this instant' : `room for ${counted(Math.floor(capacityNow), 'request')} now`;
}

interface KeyState {
  readonly label: string;
  readonly ready: boolean;
}

function keyStates(live: PoolProvider, group: PoolGroupView): readonly KeyState[] {
  return live.keys
    .filter((key) => key.group === group.name)
    .map(({ label, state }) => ({ label, ready: state === 'ready' }));
}

interface GroupRowProps {
  readonly group: PoolGroupView;
  readonly state: StateView;
  readonly keys: readonly KeyState[];
}

function GroupRow({ group, state, keys }: GroupRowProps) {
  const lines = linesOfGroup(group);
  const more = lines.length - MOST_LINES;
  return (
    <li className="grid grid-cols-[1fr_auto] gap-x-6 gap-y-2 border-b border-line py-3.5 last:border-0 md:grid-cols-[136px_1fr_92px]">
      <div className="min-w-0">
        <h3 className="truncate text-sm font-medium">{group.label}</h3>
        <p className="text-xs text-faint">{sayKeys(group, keys)}</p>
      </div>
      <div className="col-span-2 row-start-2 flex min-w-0 flex-col gap-3.5 md:col-span-1 md:col-start-2 md:row-start-1">
        {lines.slice(0, MOST_LINES).map((line) => (
          <Line key={line.modelClass ?? '*'} line={line} group={state} named={lines.length > 1} />
        ))}
        {more > 0 && <p className="text-xs text-faint">and {counted(more, 'more model', 'more models')}</p>}
      </div>
      <div className="col-start-2 row-start-1 flex justify-end md:col-start-3">
        <GroupState state={state} />
      </div>
    </li>
  );
}

/** The count-down stands below the word, so that the column of bars is as wide in every row. */
function GroupState({ state }: { readonly state: StateView }) {
  return (
    <div className="flex flex-col items-end gap-0.5">
      <StateBadge state={state} countdown={false} />
      {state.until !== null && state.state !== 'ready' && (
        <span className="text-xs text-muted">
          <Countdown until={state.until} />
        </span>
      )}
    </div>
  );
}

function sayKeys(group: PoolGroupView, keys: readonly KeyState[]): string {
  const count = group.keys.length;
  if (count === 1) return group.keys[0] === group.label ? '1 key' : `key ${group.keys[0]}`;
  const out = keys.filter(({ ready }) => !ready).length;
  const said = `${counted(count, 'key')}, one quota`;
  return out === 0 ? said : `${said} · ${out} out`;
}

interface LineProps {
  readonly line: GroupLine;
  readonly group: StateView;
  readonly named: boolean;
}

function Line({ line, group, named }: LineProps) {
  const state = group.state === 'ready' ? line.state.state : group.state;
  return (
    <div className="min-w-0">
      {(named || line.modelClass !== null) && (
        <p className="mb-1 flex items-center gap-2 truncate text-xs text-faint">
          {line.modelClass ?? 'all models'}
          {line.modelClass !== null && line.state.state !== 'ready' && <StateBadge state={line.state} />}
        </p>
      )}
      <QuotaBars windows={line.windows} concurrency={line.concurrency} size="large" state={state} />
    </div>
  );
}
