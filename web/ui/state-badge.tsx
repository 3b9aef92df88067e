import { Ban, CircleCheck, CircleOff, CirclePause, CircleX, Hourglass, type LucideIcon, Timer } from 'lucide-react';
import type { KeyState, StateView } from '../../src/admin/contract.ts';
import { Badge } from './badge.tsx';
import { Countdown } from './countdown.tsx';
import { STATE_TONES, STATE_WAYS_BACK, STATE_WORDS } from './key-state.ts';
import { Tooltip } from './tooltip.tsx';

const ICONS: Readonly<Record<KeyState, LucideIcon>> = {
  ready: CircleCheck,
  cooling: Timer,
  exhausted: Hourglass,
  rejected: CircleX,
  unavailable: Ban,
  disabled: CircleOff,
  draining: CirclePause,
};

interface StateBadgeProps {
  readonly state: StateView;
  /** Counts down to its end beside the word; on by default. */
  readonly countdown?: boolean;
}

/** Icon and word, never colour alone; the reason and the way back stand behind a hover or focus. */
export function StateBadge({ state, countdown = true }: StateBadgeProps) {
  const Icon = ICONS[state.state];
  return (
    <Tooltip
      content={
        <span className="flex flex-col gap-0.5">
          {state.reason !== null && <span>{state.reason}</span>}
          <span className="text-muted">{STATE_WAYS_BACK[state.state]}</span>
        </span>
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the reason must be within reach of a keyboard. */}
      <span tabIndex={0} className="live inline-flex rounded-sm" data-state-name={state.state}>
        <Badge tone={STATE_TONES[state.state]} icon={<Icon aria-hidden size={12} strokeWidth={2.25} />}>
          {STATE_WORDS[state.state]}
          {countdown && state.until !== null && state.state !== 'ready' && (
            <span className="font-normal">
              <Countdown until={state.until} />
            </span>
          )}
        </Badge>
      </span>
    </Tooltip>
  );
}
