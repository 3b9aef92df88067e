import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

export type Tone = 'neutral' | 'accent' | 'ready' | 'resting' | 'exhausted' | 'rejected' | 'disabled';

const TONES: Readonly<Record<Tone, string>> = {
  neutral: 'bg-sunken text-muted',
  accent: 'bg-accent-soft text-accent',
  ready: 'bg-ready-soft text-ready',
  resting: 'bg-resting-soft text-resting',
  exhausted: 'bg-exhausted-soft text-exhausted',
  rejected: 'bg-rejected-soft text-rejected',
  disabled: 'bg-disabled-soft text-disabled',
};

interface BadgeProps {
  readonly tone?: Tone;
  readonly icon?: ReactNode;
  readonly children: ReactNode;
}

export function Badge({ tone = 'neutral', icon, children }: BadgeProps) {
  return (
    <span
      className={classNames(
        'inline-flex h-5 shrink-0 items-center gap-1 rounded-sm px-1.5 text-xs font-medium whitespace-nowrap',
        TONES[tone],
      )}
    >
      {icon}
      {children}
    </span>
  );
}
