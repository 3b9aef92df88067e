import type { StateView, WindowView } from '../../src/admin/contract.ts';
import { classNames } from '../ui/class-names.ts';
import { ConcurrencyBar } from './concurrency-bar.tsx';
import { QuotaBar, type QuotaBarSize } from './quota-bar.tsx';
import { inBarOrder } from './quota-picture.ts';

interface QuotaBarsProps {
  readonly windows: readonly WindowView[];
  readonly concurrency?: { readonly running: number; readonly cap: number } | null;
  readonly size: QuotaBarSize;
  readonly state?: StateView['state'];
}

/** A row of bars, one for each rate window of a group or key; small ones stand below each other. */
export function QuotaBars({ windows, concurrency = null, size, state = 'ready' }: QuotaBarsProps) {
  if (windows.length === 0 && concurrency === null) return <NoLimitKnown size={size} />;
  return (
    <div
      className={classNames(
        size === 'large' && 'grid grid-cols-[repeat(auto-fill,minmax(min(100%,128px),1fr))] gap-x-6 gap-y-2.5',
        size === 'medium' && 'flex flex-wrap gap-x-5 gap-y-2',
        size === 'small' && 'flex flex-col gap-0.5',
      )}
    >
      {inBarOrder(windows).map((window) => (
        <QuotaBar key={`${window.name} ${window.algorithm}`} window={window} size={size} state={state} />
      ))}
      {concurrency !== null && <ConcurrencyBar {...concurrency} size={size} />}
    </div>
  );
}

function NoLimitKnown({ size }: { readonly size: QuotaBarSize }) {
  return (
    <span className={classNames('text-faint', size === 'small' ? 'text-2xs' : 'text-xs')}>
      no limit known yet{size === 'large' && '; it is learned from the first answers'}
    </span>
  );
}
