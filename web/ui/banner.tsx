import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

const TONES = {
  neutral: 'bg-sunken text-ink',
  accent: 'bg-accent-soft text-ink',
  resting: 'bg-resting-soft text-ink',
  rejected: 'bg-rejected-soft text-ink',
} as const;

const ICON_TONES = {
  neutral: 'text-faint',
  accent: 'text-accent',
  resting: 'text-resting',
  rejected: 'text-rejected',
} as const;

interface BannerProps {
  readonly tone?: keyof typeof TONES;
  readonly icon?: ReactNode;
  readonly children: ReactNode;
  /** What to do about it. */
  readonly action?: ReactNode;
  /** Something that went wrong just now, and is read out. */
  readonly urgent?: boolean;
}

/** Something true of the whole page or form, said above it for as long as it is true. */
export function Banner({ tone = 'neutral', icon, children, action, urgent = false }: BannerProps) {
  return (
    <div
      role={urgent ? 'alert' : undefined}
      className={classNames('flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg px-3 py-2.5 text-sm', TONES[tone])}
    >
      {icon !== undefined && <span className={classNames('shrink-0', ICON_TONES[tone])}>{icon}</span>}
      <div className="min-w-0 flex-1 basis-52">{children}</div>
      {action}
    </div>
  );
}
