import { numberText } from '../format/numbers.ts';
import { classNames } from '../ui/class-names.ts';
import { Tooltip } from '../ui/tooltip.tsx';
import type { QuotaBarSize } from './quota-bar.tsx';

interface ConcurrencyBarProps {
  readonly running: number;
  readonly cap: number;
  readonly size: QuotaBarSize;
}

const MOST_PLACES = 12;

/** How many run at once: places that are taken and given back, so it is drawn as places and not as a quantity. */
export function ConcurrencyBar({ running, cap, size }: ConcurrencyBarProps) {
  const places = Math.min(MOST_PLACES, Math.floor(cap));
  const taken = cap > MOST_PLACES ? Math.ceil((running / cap) * places) : running;
  const full = running >= cap;
  const said = `${numberText(running)} of ${numberText(cap)} running at once`;
  const meter = {
    role: 'meter',
    'aria-label': 'at once',
    'aria-valuemin': 0,
    'aria-valuemax': cap,
    'aria-valuenow': Math.min(running, cap),
    'aria-valuetext': said,
    tabIndex: 0,
  } as const;
  return (
    <Tooltip content={said}>
      <div {...meter} className={classNames('live min-w-0 rounded-sm', WIDTHS[size])}>
        <div className={classNames('flex gap-2', size === 'small' ? 'items-center' : 'flex-col gap-1')}>
          <div
            className={classNames(
              'flex justify-between gap-2 text-faint',
              size === 'small' ? 'order-2 text-2xs' : 'h-4 text-xs',
            )}
          >
            {size !== 'small' && <span className="text-muted">at once</span>}
            <span className={classNames('whitespace-nowrap', full && 'font-medium text-resting')}>
              <span className={classNames(!full && 'text-ink')}>{numberText(running)}</span>
              <span className="px-px">/</span>
              {numberText(cap)}
            </span>
          </div>
          <div
            aria-hidden
            className={classNames('flex gap-0.5', size === 'small' ? 'flex-1' : 'w-full', HEIGHTS[size])}
          >
            {Array.from({ length: places }, (_, place) => (
              <span
                // biome-ignore lint/suspicious/noArrayIndexKey: a place is its number.
                key={place}
                className={classNames(
                  'h-full flex-1 rounded-[2px] transition-colors duration-300',
                  place >= taken ? 'bg-track' : full ? 'bg-resting-fill' : 'bg-accent',
                )}
              />
            ))}
          </div>
        </div>
      </div>
    </Tooltip>
  );
}

const WIDTHS: Readonly<Record<QuotaBarSize, string>> = { large: 'w-full', medium: 'w-40', small: 'w-36' };
const HEIGHTS: Readonly<Record<QuotaBarSize, string>> = { large: 'h-2', medium: 'h-1.5', small: 'h-1' };
