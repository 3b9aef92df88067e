import { Timer } from 'lucide-react';
import type { StateView, WindowView } from '../../src/admin/contract.ts';
import { instantText } from '../format/instants.ts';
import { shortNumberText } from '../format/numbers.ts';
import { useNow } from '../time/use-now.ts';
import { classNames } from '../ui/class-names.ts';
import { Countdown } from '../ui/countdown.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { drawQuota, type QuotaPicture, sayReturn, saySource, sayUse } from './quota-picture.ts';
import { Track, type TrackTone } from './track.tsx';

export type QuotaBarSize = 'large' | 'medium' | 'small';

interface QuotaBarProps {
  readonly window: WindowView;
  readonly size: QuotaBarSize;
  /** Of the group or key it belongs to: an exhausted group's bars are violet, those out of service grey. */
  readonly state?: StateView['state'];
}

/**
 * Quota as something you can see being spent: it fills from the left as it is used, up to the hairline where the pool
 * stops; what comes back is seen receding; when it is full, it counts down to the next room.
 */
export function QuotaBar({ window, size, state = 'ready' }: QuotaBarProps) {
  const now = useNow(1_000);
  const picture = drawQuota(window, now);
  const tone = toneOf(state, picture.full);
  const meter = {
    role: 'meter',
    'aria-label': window.name,
    'aria-valuemin': 0,
    'aria-valuemax': window.limit,
    'aria-valuenow': Math.min(window.limit, Math.floor(picture.used)),
    'aria-valuetext': picture.full ? `${sayUse(window)}, full` : sayUse(window),
    tabIndex: 0,
  } as const;
  return (
    <Tooltip content={<Explanation window={window} picture={picture} now={now} />}>
      <div {...meter} className={classNames('live group/quota min-w-0 rounded-sm', WIDTHS[size])}>
        {size === 'small' ? (
          <div className="flex items-center gap-2">
            <Track picture={picture} tone={tone} size={size} />
            <Figures window={window} picture={picture} size={size} />
          </div>
        ) : (
          <>
            <div className="mb-1 flex h-4 items-center justify-between gap-2 text-xs">
              <span className="truncate text-muted">{window.name}</span>
              <Figures window={window} picture={picture} size={size} />
            </div>
            <Track picture={picture} tone={tone} size={size} />
          </>
        )}
      </div>
    </Tooltip>
  );
}

const WIDTHS: Readonly<Record<QuotaBarSize, string>> = {
  large: 'w-full',
  medium: 'w-40',
  small: 'w-36',
};

function toneOf(state: StateView['state'], full: boolean): TrackTone {
  if (state === 'exhausted') return 'exhausted';
  if (state === 'disabled' || state === 'draining' || state === 'rejected' || state === 'unavailable')
    return 'disabled';
  return full || state === 'cooling' ? 'resting' : 'accent';
}

interface PartProps {
  readonly window: WindowView;
  readonly picture: QuotaPicture;
}

/** When it is full, the count-down stands where the figures did, so that nothing moves. */
function Figures({ window, picture, size }: PartProps & { readonly size: QuotaBarSize }) {
  const text = size === 'small' ? 'text-2xs' : 'text-xs';
  if (picture.full && window.nextRoomAt !== null) {
    return (
      <span className={classNames(text, 'inline-flex items-center gap-1 font-medium text-resting')}>
        <Timer aria-hidden size={11} strokeWidth={2.5} className="shrink-0" />
        <Countdown until={window.nextRoomAt} />
      </span>
    );
  }
  return (
    <span className={classNames(text, 'whitespace-nowrap text-faint')}>
      <span className="text-ink">{shortNumberText(Math.floor(picture.used))}</span>
      <span className="px-px">/</span>
      {shortNumberText(window.limit)}
    </span>
  );
}

function Explanation({ window, picture, now }: PartProps & { readonly now: number }) {
  return (
    <span className="flex flex-col gap-0.5">
      <span className="font-medium">{sayUse(window)}</span>
      {picture.full && window.nextRoomAt !== null && (
        <span>Full. The next one fits at {instantText(window.nextRoomAt, now)}.</span>
      )}
      <span className="text-muted">{sayReturn(window)}</span>
      {picture.used > 0 && window.fullAt > now && (
        <span className="text-muted">All of it is back at {instantText(window.fullAt, now)}.</span>
      )}
      {window.runsOutAt !== null && window.runsOutAt > now && (
        <span className="text-resting">At this rate it is spent at {instantText(window.runsOutAt, now)}.</span>
      )}
      <span className="text-muted">{saySource(window)}</span>
    </span>
  );
}
