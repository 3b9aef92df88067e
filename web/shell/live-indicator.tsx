import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { useLiveState } from '../api/live.ts';
import type { LiveState } from '../api/live-stream.ts';
import { Badge } from '../ui/badge.tsx';
import { classNames } from '../ui/class-names.ts';
import { Tooltip } from '../ui/tooltip.tsx';

const WORDS: Readonly<Record<LiveState, { readonly word: string; readonly meaning: string }>> = {
  connecting: { word: 'connecting', meaning: 'Waiting for the first live values.' },
  live: { word: 'live', meaning: 'What you see is as it is now.' },
  reconnecting: { word: 'reconnecting', meaning: 'The live line broke a moment ago. It is being opened again.' },
  stale: {
    word: 'not live',
    meaning: 'No live values for a while: what you see is greyed, and may be old. The line is being opened again.',
  },
};

const DOTS: Readonly<Record<LiveState, string>> = {
  connecting: 'bg-disabled-fill animate-breathe',
  live: 'bg-ready-fill',
  reconnecting: 'bg-resting-fill animate-breathe',
  stale: 'bg-disabled-fill animate-breathe',
};

export function LiveIndicator() {
  const state = useLiveState();
  const { word, meaning } = WORDS[state];
  return (
    <Tooltip content={meaning} side="bottom">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what it means must be within reach of a keyboard. */}
      <span tabIndex={0} className="inline-flex h-8 items-center gap-2 rounded-sm px-1 text-xs text-muted">
        <span aria-hidden className={classNames('size-2 rounded-full', DOTS[state])} />
        <span role="status">{word}</span>
      </span>
    </Tooltip>
  );
}

/** For pages that show no indicator of their own: speaks up only when something is wrong. */
export function BrokenLineNote() {
  const state = useLiveState();
  const [path] = useLocation();
  useEffect(() => {
    document.documentElement.dataset.live = state;
  }, [state]);
  if (state === 'live' || state === 'connecting' || path === '/') return null;
  return (
    <Badge
      tone={state === 'stale' ? 'disabled' : 'resting'}
      icon={<span aria-hidden className={classNames('size-1.5 rounded-full', DOTS[state])} />}
    >
      {WORDS[state].word}
    </Badge>
  );
}
