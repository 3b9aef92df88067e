import { classNames } from './class-names.ts';

interface SparklineProps {
  /** Oldest first. */
  readonly values: readonly number[];
  /** One for each value, shown on hover: "14:05: 12 requests". */
  readonly titles: readonly string[];
  /** Said in place of the picture. */
  readonly label: string;
  readonly tone?: 'accent' | 'resting' | 'ready' | 'rejected';
}

const TONES = {
  accent: 'bg-accent',
  resting: 'bg-resting-fill',
  ready: 'bg-ready-fill',
  rejected: 'bg-rejected-fill',
} as const;

/** One bar a minute. Nothing at all leaves the base line, so that a quiet quarter of an hour does not look broken. */
export function Sparkline({ values, titles, label, tone = 'accent' }: SparklineProps) {
  const top = Math.max(...values, 1);
  return (
    <div role="img" aria-label={label} className="live flex h-8 items-end gap-px sm:gap-0.5">
      {values.map((value, place) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: minutes move through fixed places.
          key={place}
          title={titles[place]}
          className="flex h-full flex-1 items-end"
        >
          <span
            className={classNames(
              'min-h-px w-full rounded-t-[1.5px] transition-[height] duration-300 ease-glide',
              value === 0 ? 'bg-line-strong' : TONES[tone],
            )}
            style={{ height: `${(value / top) * 100}%` }}
          />
        </span>
      ))}
    </div>
  );
}
