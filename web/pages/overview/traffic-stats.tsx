import type { TrafficMinute, TrafficView } from '../../../src/admin/contract.ts';
import { durationText } from '../../format/durations.ts';
import { instantText } from '../../format/instants.ts';
import { counted, numberText, shortNumberText } from '../../format/numbers.ts';
import { Sparkline } from '../../ui/sparkline.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';

interface Stat {
  readonly name: string;
  readonly meaning: string;
  readonly value: (traffic: TrafficView) => string;
  readonly note: (traffic: TrafficView) => string;
  readonly ofMinute: (minute: TrafficMinute) => number;
  readonly sayMinute: (minute: TrafficMinute) => string;
  readonly tone: 'quiet' | 'rejected';
}

const STATS: readonly Stat[] = [
  {
    name: 'Requests',
    meaning: 'Calls that reached rotato.',
    value: ({ requests }) => shortNumberText(requests),
    note: ({ minutes }) => failedNote(minutes),
    ofMinute: ({ requests }) => requests,
    sayMinute: ({ requests }) => counted(requests, 'request'),
    tone: 'quiet',
  },
  {
    name: 'Refusals avoided',
    meaning: 'Calls that were answered after a wait or on another key, where a single key would have been refused.',
    value: ({ refusalsAvoided }) => shortNumberText(refusalsAvoided),
    note: ({ refusalsAvoided }) => (refusalsAvoided === 0 ? 'none was due' : 'answered instead of a 429'),
    ofMinute: ({ refusalsAvoided }) => refusalsAvoided,
    sayMinute: ({ refusalsAvoided }) => counted(refusalsAvoided, 'refusal avoided', 'refusals avoided'),
    tone: 'quiet',
  },
  {
    name: 'Refusals provoked',
    meaning: 'Times a provider answered 429. Each teaches the pool a limit, so there should be few.',
    value: ({ refusalsProvoked }) => shortNumberText(refusalsProvoked),
    note: ({ refusedByUs }) => `${numberText(refusedByUs)} refused by rotato itself`,
    ofMinute: ({ refusalsProvoked }) => refusalsProvoked,
    sayMinute: ({ refusalsProvoked }) => `${counted(refusalsProvoked, '429')} from a provider`,
    tone: 'rejected',
  },
  {
    name: 'Wait, p95',
    meaning: 'How long calls waited for room: 95 of 100 waited no longer than this.',
    value: ({ waitP95Ms }) => durationText(waitP95Ms),
    note: ({ waitP50Ms }) => `half waited ${waitP50Ms === 0 ? 'not at all' : `${durationText(waitP50Ms)} or less`}`,
    ofMinute: ({ waitP95Ms }) => waitP95Ms,
    sayMinute: ({ waitP95Ms }) => `95 % waited ${durationText(waitP95Ms)} or less`,
    tone: 'quiet',
  },
];

function failedNote(minutes: readonly TrafficMinute[]): string {
  const failed = minutes.reduce((sum, minute) => sum + minute.failed, 0);
  return failed === 0 ? 'none failed' : `${numberText(failed)} failed`;
}

export function TrafficStats({ traffic }: { readonly traffic: TrafficView }) {
  return (
    <section aria-label="Traffic" className="grid grid-cols-2 gap-x-6 gap-y-6 lg:grid-cols-4 lg:gap-x-0">
      {STATS.map((stat) => (
        <StatTile key={stat.name} stat={stat} traffic={traffic} />
      ))}
    </section>
  );
}

function StatTile({ stat, traffic }: { readonly stat: Stat; readonly traffic: TrafficView }) {
  const { minutes } = traffic;
  const values = minutes.map(stat.ofMinute);
  return (
    <div className="flex min-w-0 flex-col gap-3 lg:border-l lg:border-line lg:px-6 lg:first:border-l-0 lg:first:pl-0 lg:last:pr-0">
      <div className="flex flex-col">
        <Tooltip content={stat.meaning}>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what it means must be within reach of a keyboard. */}
          <h2 tabIndex={0} className="self-start rounded-sm text-sm text-muted">
            {stat.name}
          </h2>
        </Tooltip>
        <p className="live text-2xl font-semibold tracking-tight">{stat.value(traffic)}</p>
        <p className="truncate text-xs text-faint">{stat.note(traffic)}</p>
      </div>
      <Sparkline
        values={values}
        titles={minutes.map(
          (minute) => `${instantText(minute.at, traffic.until).slice(0, 5)} · ${stat.sayMinute(minute)}`,
        )}
        label={`${stat.name} by minute, over ${counted(minutes.length, 'minute')}; highest ${numberText(Math.max(0, ...values))}`}
        tone={stat.tone}
      />
    </div>
  );
}
