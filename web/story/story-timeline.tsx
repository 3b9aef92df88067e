import type { ExchangeRecord } from '../../src/admin/contract.ts';
import { durationText } from '../format/durations.ts';
import { classNames } from '../ui/class-names.ts';
import { type StoryStep, type StoryTone, tellStory } from './story.ts';

const FILLS: Readonly<Record<StoryTone, string>> = {
  neutral: 'bg-line-strong',
  ready: 'bg-ready-fill',
  resting: 'bg-resting-fill',
  exhausted: 'bg-exhausted-fill',
  rejected: 'bg-rejected-fill',
  disabled: 'bg-disabled-fill',
};

/** A request's story, top to bottom; the bars share one axis of time, so that what took long looks long. */
export function StoryTimeline({ exchange }: { readonly exchange: ExchangeRecord }) {
  const steps = tellStory(exchange);
  const wholeMs = Math.max(exchange.durationMs, ...steps.map(({ atMs, lengthMs }) => atMs + lengthMs), 1);
  return (
    <ol aria-label="What happened to the request" className="flex flex-col">
      {steps.map((step, place) => (
        <Step key={step.id} step={step} wholeMs={wholeMs} last={place === steps.length - 1} />
      ))}
    </ol>
  );
}

interface StepProps {
  readonly step: StoryStep;
  readonly wholeMs: number;
  readonly last: boolean;
}

function Step({ step, wholeMs, last }: StepProps) {
  const share = (ms: number) => `${(ms / wholeMs) * 100}%`;
  return (
    <li className="grid grid-cols-[44px_12px_1fr] gap-x-2.5">
      <span className="pt-px text-right text-xs text-faint">{durationText(step.atMs)}</span>
      <span aria-hidden className="flex flex-col items-center">
        <span className={classNames('mt-1.5 size-2 shrink-0 rounded-full', FILLS[step.tone])} />
        {!last && <span className="w-px flex-1 bg-line" />}
      </span>
      <div className={classNames('min-w-0', !last && 'pb-4')}>
        <p className="text-sm font-medium">{step.title}</p>
        {step.lengthMs > 0 && (
          <div aria-hidden className="my-1.5 h-1.5 rounded-full bg-track">
            <div
              className={classNames(
                'h-full min-w-0.5 rounded-full',
                FILLS[step.tone],
                step.kind === 'waited' && 'opacity-60',
              )}
              style={{ marginLeft: share(step.atMs), width: share(step.lengthMs) }}
            />
          </div>
        )}
        {step.details.map((detail) => (
          <p key={detail} className="text-xs break-words text-muted">
            {detail}
          </p>
        ))}
      </div>
    </li>
  );
}
