import { classNames } from './class-names.ts';

interface SparklineProps {
  /** Oldest first. */
  readonly values: readonly number[];
  /** One for each value, shown on hover: "14:05: 12 requests". */
  readonly titles: readonly string[];
  /** Said in place of the picture. */
  readonly label: string;
  /** `rejected` for what there should be none of; the rest is quiet, but for the minute that runs. */
  readonly tone?: 'quiet' | 'rejected';
}

/** One bar a minute. Nothing at all leaves the base line, so that a quiet quarter of an hour does not look broken. */
export function Sparkline({ values, titles, label, tone = 'quiet' }: SparklineProps) {
  const top = Math.max(...values, 1);
  return (
    <div
      role="img"
      aria-label={label}
      className={classNames('live flex h-7 items-end', values.length > 20 ? 'gap-px' : 'gap-[3px]')}
    >
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
              fillOf(value, tone, place === values.length - 1),
            )}
            style={{ height: `${(value / top) * 100}%` }}
          />
        </span>
      ))}
    </div>
  );
}

function fillOf(value: number, tone: 'quiet' | 'rejected', isNow: boolean): string {
  if (value === 0) return 'bg-line';
  if (tone === 'rejected') return 'bg-rejected-fill';
  return isNow ? 'bg-accent' : 'bg-spark';
}
