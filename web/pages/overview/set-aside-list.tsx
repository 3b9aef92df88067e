import { instantText } from '../../format/instants.ts';
import { counted } from '../../format/numbers.ts';
import { useNow } from '../../time/use-now.ts';
import { StateBadge } from '../../ui/state-badge.tsx';
import type { SetAside } from './what-is-next.ts';

const MOST = 6;

/** What takes no requests now, why, and until when. */
export function SetAsideList({ entries }: { readonly entries: readonly SetAside[] }) {
  const now = useNow(1_000);
  return (
    <section aria-labelledby="set-aside" className="flex flex-col gap-1">
      <h2 id="set-aside" className="text-sm font-semibold">
        Out of service now
      </h2>
      {entries.length === 0 && <p className="text-sm text-muted">Nothing. Every key can be used.</p>}
      <ul>
        {entries.slice(0, MOST).map(({ id, name, state }) => (
          <li key={id} className="flex flex-col gap-0.5 border-b border-line py-2.5 last:border-0">
            <div className="flex items-center justify-between gap-2">
              <span className="min-w-0 truncate text-sm font-medium">{name}</span>
              <StateBadge state={state} />
            </div>
            <p className="text-xs text-muted">
              {state.reason !== null && withStop(state.reason)}
              {state.until !== null && state.until <= now && (
                <span className="text-faint"> The next request tries it.</span>
              )}
              {state.until !== null && state.until > now && (
                <span className="text-faint">
                  {' '}
                  {state.state === 'rejected' ? 'Tried again at' : 'Back at'} {instantText(state.until, now)}.
                </span>
              )}
            </p>
          </li>
        ))}
      </ul>
      {entries.length > MOST && <p className="text-xs text-faint">and {counted(entries.length - MOST, 'other')}</p>}
    </section>
  );
}

/** Vendors end their reasons as they like. */
function withStop(reason: string): string {
  return /[.!?…]$/.test(reason) ? reason : `${reason}.`;
}
